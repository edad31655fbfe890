// Whether two geometries meet. MIT, no permissions; loaded only when datasets are looked for by an area.
export { booleanIntersects } from "npm:@turf/boolean-intersects@7.4.0";
