// Outlines that share borders made features again. ISC, no permissions; loaded only when the emulator's Data Observatory is
// asked.
export { feature } from "npm:topojson-client@3.1.0";
