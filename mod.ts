/**
 * CARTO from Deno: credentials, tables read and written whole, frames of typed columns, and errors that
 * say what to do next. Importing it reads nothing and asks for nothing.
 *
 * Run as a program it is the command line: `deno run ... mod.ts whoami --creds creds.json`.
 *
 * @example Local data, with no account
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes";
 *
 * const cafes = GeoDataFrame.fromRows([{ name: "Hawai", lng: -3.699732, lat: 40.423012 }])
 *   .setGeometryFromXY("lng", "lat", { drop: true });
 * if (cafes.toGeoJSON().features[0]?.geometry?.type !== "Point") throw new Error("no point");
 * ```
 *
 * @example A table up and back
 * ```ts ignore
 * import { readCarto, setDefaultCredentials, toCarto } from "@cartoframes/cartoframes";
 *
 * await setDefaultCredentials("creds.json");
 * await toCarto(cafes, "cafes");
 * const back = await readCarto("cafes");
 * ```
 *
 * @module
 */
// The files themselves where that is few lines: each `mod.ts` in between is one more file to load.
export * from "./src/auth/credentials.ts";
export type * from "./src/auth/credentials_options.ts";
export * from "./src/auth/default_credentials.ts";
export * from "./src/errors/carto_error.ts";
// Not all of `./frame`: a program that reads and writes tables does not wait for codecs that it never calls.
export type * from "./src/frame/types.ts";
export { Column, type ColumnValues } from "./src/frame/column.ts";
export { type FrameOptions, GeoDataFrame, type SetGeometryOptions } from "./src/frame/geo_data_frame.ts";
export type { ColumnInput, ColumnsInput } from "./src/frame/rows.ts";
export type { FromRowsOptions, OnBadValue } from "./src/frame/rows.ts";
export type { FromCsvOptions } from "./src/frame/csv.ts";
export type { FromGeoJsonOptions } from "./src/frame/geojson.ts";
export type { BatchInput, FrameInput } from "./src/frame/from_any.ts";
export type { ArrowOptions } from "./src/frame/arrow.ts";
export type { ToCsvOptions } from "./src/frame/csv.ts";
export type { FeatureCollection, ToGeoJsonOptions } from "./src/frame/geojson.ts";
export type { ColumnSummary } from "./src/frame/_show.ts";
export type * from "./src/frame/geometry/geo_json_types.ts";
export type * from "./src/frame/geometry/geometry_types.ts";
export { Geometry } from "./src/frame/geometry/geometry.ts";
export * from "./src/tables/mod.ts";

// No `await` here: it would hold up every program that imports this file.
if (import.meta.main) {
  Promise.all([import("./src/cli/_run.ts"), import("./src/cli/_from_module.ts")])
    .then(([{ runCommandLine }, { loadFromModule }]) => runCommandLine(Deno.args, loadFromModule))
    .then(Deno.exit);
}
