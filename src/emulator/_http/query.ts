import type { Engine } from "../_db/engine.ts";
import { arraybufferDocument } from "../_formats/arraybuffer.ts";
import type { RunContext } from "../_formats/collect_rows.ts";
import { csvDocument } from "../_formats/csv.ts";
import { GeojsonFormat, geojsonSql } from "../_formats/geojson.ts";
import { geopackageDocument } from "../_formats/geopackage.ts";
import { JsonFormat } from "../_formats/json.ts";
import { kmlDocument } from "../_formats/kml.ts";
import { shapefileDocument } from "../_formats/shapefile.ts";
import { spatialiteDocument } from "../_formats/spatialite.ts";
import { svgDocument } from "../_formats/svg.ts";
import { topojsonDocument } from "../_formats/topojson.ts";
import type { SpatialTypes } from "../_formats/types.ts";
import type { HandlerRequest } from "../_handler.ts";
import { cacheHeaders, checkAccess, findAffectedTables } from "./affected_tables.ts";
import { BodyStream } from "./body_stream.ts";
import { textOf } from "./parameters.ts";
import {
  contentDisposition,
  type FormatName,
  FORMATS,
  type QueryOptions,
  readQueryOptions,
} from "./query_options.ts";
import { streamRows } from "./stream_rows.ts";

const encoder = new TextEncoder();

/** What the query endpoint needs beside the request. */
export interface QueryContext {
  /** The database. */
  readonly engine: Engine;
  /** PostGIS' types. */
  readonly spatial: SpatialTypes;
  /** Whether system tables are refused to the master key too. */
  readonly isStrict: boolean;
  /** When the request came, in milliseconds. */
  readonly startedAt: number;
  /** Takes headers that go with the answer, be it an error. */
  readonly addHeaders: (headers: Record<string, string>) => void;
  /** Takes the function that a script tag wants called. */
  readonly onCallback: (callback: string | undefined) => void;
}

/**
 * `…/sql`: runs a query and answers in the format asked for.
 *
 * @throws {ApiError} For options that are wrong, and for an error of the database before the first row
 */
export async function answerQuery(request: HandlerRequest, context: QueryContext): Promise<Response> {
  const { engine } = context;
  context.onCallback(textOf(request.parameters, "callback"));
  const options = readQueryOptions(request.parameters);
  const tables = await findAffectedTables(engine, request.account, options.sql);
  checkAccess(tables, request.key, context.isStrict);
  const now = new Date();
  context.addHeaders(await cacheHeaders(request.account, options.sql, tables, options.isPersistent, now));
  const headers = {
    "content-disposition": contentDisposition(options, now),
    "content-type": FORMATS[options.format].contentType,
  };
  const { key, signal } = request;
  const stream = { engine, key, headers, signal, startedAt: context.startedAt };
  const { callback, skipped } = options;
  if (options.format === "json") {
    const format = new JsonFormat(callback, skipped, context.spatial);
    return await streamRows({ ...stream, sql: options.pagedSql, format });
  }
  if (options.format === "geojson") {
    const format = new GeojsonFormat(callback, skipped);
    const sql = geojsonSql(options.pagedSql, options.decimalPlaces);
    return await streamRows({ ...stream, sql, format });
  }
  const document = await makeDocument(options.format, { engine, key, signal }, options, context.spatial, now);
  if (options.format === "arraybuffer") return new Response(document, { headers });
  const body = new BodyStream();
  body.write(typeof document === "string" ? encoder.encode(document) : document);
  body.close();
  return new Response(body.readable, { headers });
}

/** The formats that are complete before anything of them is sent. */
function makeDocument(
  format: Exclude<FormatName, "json" | "geojson">,
  run: RunContext,
  options: QueryOptions,
  spatial: SpatialTypes,
  now: Date,
): Promise<string | Uint8Array<ArrayBuffer>> {
  const { pagedSql: sql, skipped, filename, decimalPlaces } = options;
  switch (format) {
    case "topojson":
      return topojsonDocument(run, sql, skipped, decimalPlaces);
    case "csv":
      return csvDocument(run, sql, skipped);
    case "svg":
      return svgDocument(run, sql, decimalPlaces);
    case "kml":
      return kmlDocument(run, sql, skipped, filename, spatial);
    case "shp":
      return shapefileDocument(run, sql, skipped, filename, spatial, now);
    case "arraybuffer":
      return arraybufferDocument(run, sql, skipped);
    case "gpkg":
      return geopackageDocument(run, sql, skipped, filename, spatial);
    case "spatialite":
      return spatialiteDocument(run, sql, skipped, filename, spatial);
  }
}
