// Formulas of map projections, loaded only for a file that is to be reprojected. MIT, no permissions.
export { default as proj4 } from "npm:proj4@2.22.0";
