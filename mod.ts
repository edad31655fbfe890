/**
 * CARTO from Deno: credentials, tables read and written whole, frames of typed columns, and errors that
 * say what to do next. Importing it reads nothing and asks for nothing.
 *
 * Run as a program it is the command line: `deno run … mod.ts whoami --creds creds.json`.
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
export * from "./src/auth/mod.ts";
export * from "./src/errors/mod.ts";
export * from "./src/frame/mod.ts";
export * from "./src/tables/mod.ts";

// No `await` here: it would hold up every program that imports this file.
if (import.meta.main) import("./src/cli/main.ts").then(({ main }) => main(Deno.args)).then(Deno.exit);
