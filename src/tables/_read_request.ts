import type { RowParser } from "../classic/sql.ts";
import { ArgumentError, DataError } from "../errors/carto_error.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { checkAttempts, checkWhole, parseSource, resolvePlatform, sourceName } from "./_arguments.ts";
import type { Platform, ReadRequest } from "./_platform.ts";
import type { ReadCartoOptions, ReadStrategy } from "./read_carto_options.ts";

/** A read that is ready to be made. */
interface PreparedRead {
  readonly platform: Platform;
  readonly request: ReadRequest;
  /** What is done with each frame after it has been read. */
  finish(frame: GeoDataFrame): GeoDataFrame;
}

/** Resolves the arguments of a read; nothing is sent. */
async function readRequest(
  source: unknown,
  options: ReadCartoOptions,
  { batchRows, isWhole }: Pick<ReadRequest, "batchRows" | "isWhole">,
): Promise<PreparedRead> {
  const parsed = parseSource(source, options.schema);
  const { limit, int8 = "bigint", decodeGeom = true } = options;
  if (limit !== undefined) checkWhole(limit, "limit", 0);
  if (batchRows !== undefined) checkWhole(batchRows, "batchRows", 1);
  if (int8 !== "bigint" && int8 !== "number") {
    throw new ArgumentError("Cannot use this int8: it must be one of bigint, number", { argument: "int8" });
  }
  const strategy = checkStrategy(options);
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
      batchRows,
      isWhole,
      strategy,
      pageRows: options.pageRows,
      onProgress: options.onProgress,
    },
    finish(frame) {
      // The conversion looks at every value, so that one that does not fit is told now and not on use
      const numbers = int8 === "number" ? frame.withInt8As("number") : frame;
      return withGeometryForNull(withIndexFirst(numbers, options, operation), options);
    },
  };
}

/** The way in which the rows are got. */
function checkStrategy({ strategy = "auto", pageRows }: ReadCartoOptions): ReadStrategy {
  if (!["auto", "direct", "job"].includes(strategy)) {
    throw new ArgumentError("Cannot use this strategy: it must be one of auto, direct, job", {
      argument: "strategy",
    });
  }
  if (pageRows === undefined) return strategy;
  checkWhole(pageRows, "pageRows", 1);
  if (strategy !== "job") return strategy;
  throw new ArgumentError("Cannot read in pages what a batch job puts into a table first", {
    argument: "pageRows",
    hint: 'Leave out one of pageRows and { strategy: "job" }',
  });
}

/** Reads the batches, and gives each the form that the caller wants. */
export async function* readBatches<T>(
  source: unknown,
  options: ReadCartoOptions & { rows?: RowParser<T> | undefined },
  how: Pick<ReadRequest, "batchRows" | "isWhole">,
): AsyncGenerator<GeoDataFrame | T[], void, void> {
  const { platform, request, finish } = await readRequest(source, options, how);
  let rows = 0;
  for await (const batch of platform.read(request)) {
    const frame = finish(batch);
    if (options.rows === undefined) yield frame;
    else yield parseRows(frame, options.rows, rows);
    rows += batch.numRows;
  }
}

/** The rows as the caller's parser gives them. */
function parseRows<T>(frame: GeoDataFrame, parser: RowParser<T>, before: number): T[] {
  const parsed: T[] = [];
  for (const row of frame) {
    try {
      parsed.push(parser.parse(row));
    } catch (cause) {
      throw new DataError(
        `The row is not of the type asked for: ${cause instanceof Error ? cause.message : cause}`,
        {
          place: { row: before + parsed.length + 1 },
          cause,
        },
      );
    }
  }
  return parsed;
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
