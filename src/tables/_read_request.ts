import { ArgumentError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { checkAttempts, checkWhole } from "./_arguments.ts";
import type { Platform, ReadRequest } from "./_platform.ts";
import { resolvePlatform } from "./_resolve_platform.ts";
import { parseSource, sourceName } from "./_source.ts";
import type { ReadCartoOptions } from "./read_carto.ts";

/** A read that is ready to be made. */
export interface PreparedRead {
  readonly platform: Platform;
  readonly request: ReadRequest;
  /** What is done with each frame after it has been read. */
  finish(frame: GeoDataFrame): GeoDataFrame;
}

/** Resolves the arguments of a read; nothing is sent. */
export async function readRequest(
  source: unknown,
  options: ReadCartoOptions,
  batchRows: number,
): Promise<PreparedRead> {
  const parsed = parseSource(source, options.schema);
  const { limit, int8 = "bigint", decodeGeom = true } = options;
  if (limit !== undefined) checkWhole(limit, "limit", 0);
  if (int8 !== "bigint" && int8 !== "number") {
    throw new ArgumentError("Cannot use this int8: it must be one of bigint, number", { argument: "int8" });
  }
  const operation = `read ${sourceName(parsed)}`;
  return {
    platform: await resolvePlatform(options),
    request: {
      operation,
      signal: options.signal,
      source: parsed,
      limit,
      attempts: checkAttempts(options.retryTimes),
      decodeGeometry: decodeGeom,
      batchRows: checkWhole(batchRows, "batchRows", 1),
      onProgress: options.onProgress,
    },
    finish(frame) {
      // The conversion looks at every value, so that one that does not fit is told now and not on use
      const numbers = int8 === "number" ? frame.withInt8As("number") : frame;
      return withGeometryForNull(withIndexFirst(numbers, options, operation), options);
    },
  };
}

/** The frame with the index column before the others. */
function withIndexFirst(
  frame: GeoDataFrame,
  { indexColumn }: ReadCartoOptions,
  operation: string,
): GeoDataFrame {
  if (indexColumn === undefined) return frame;
  if (!frame.hasColumn(indexColumn)) {
    throw new ArgumentError(`Cannot ${operation}: there is no column "${indexColumn}" to be the index`, {
      argument: "indexColumn",
      hint: `The columns are ${frame.columnNames.map((name) => `"${name}"`).join(", ")}`,
    });
  }
  return frame.select([indexColumn, ...frame.columnNames.filter((name) => name !== indexColumn)]);
}

/** The frame with another geometry where there is none. */
function withGeometryForNull(frame: GeoDataFrame, { nullGeomValue }: ReadCartoOptions): GeoDataFrame {
  const { geometry, geometryColumn } = frame;
  if (nullGeomValue === undefined || geometry === undefined || geometryColumn === undefined) return frame;
  if (geometry.nullCount === 0) return frame;
  const values = geometry.toArray().map((value) => value ?? nullGeomValue);
  return frame.setGeometry(values, { name: geometryColumn, srid: geometry.field.srid });
}
