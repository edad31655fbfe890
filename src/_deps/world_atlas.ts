// The outlines of the world's countries (Natural Earth, public domain). ISC, no permissions; loaded only when the
// emulator's Data Observatory is asked.
export { default } from "npm:world-atlas@2.0.2/countries-50m.json" with { type: "json" };
