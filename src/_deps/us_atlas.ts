// The outlines of the United States' counties (Census Bureau, public domain). ISC, no permissions; loaded only when the
// emulator's Data Observatory is asked.
export { default } from "npm:us-atlas@3.0.1/counties-10m.json" with { type: "json" };
