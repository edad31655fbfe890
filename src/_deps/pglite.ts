// PostgreSQL and PostGIS as WebAssembly. The pair is built for each other: other versions do not load together.
export { type Extension, PGlite } from "npm:@electric-sql/pglite@0.5.8";
export { postgis } from "npm:@electric-sql/pglite-postgis@0.2.8";
