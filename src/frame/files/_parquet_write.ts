import type { SchemaElement } from "../../_deps/hyparquet.ts";
import { ArgumentError } from "../../errors/carto_error.ts";
import { ByteWriter, cellWriter } from "../_cells.ts";
import { bitAt, type ColumnData, isGeometryType, isValid, oneSrid, plainBytes } from "../_data.ts";
import { type Column, dataOf } from "../column.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import {
  isoWkb,
  noBounds,
  strideOf,
  typeOfWord,
  viewOf,
  visitRuns,
  widen,
  wordAt,
} from "../geometry/_ewkb.ts";
import type { ColumnType, Field } from "../types.ts";
import { TYPES_ENTRY } from "./_parquet_read.ts";
import { projJsonOf } from "./_projjson.ts";

/** How Parquet is written. */
export interface ParquetOptions {
  readonly compression?: "none" | "snappy" | "gzip" | "zstd" | undefined;
}

const CODECS = { none: "UNCOMPRESSED", snappy: "SNAPPY", gzip: "GZIP", zstd: "ZSTD" } as const;

/** Frames as GeoParquet 1.1, a row group each. */
export async function* writeParquet(
  frames: AsyncIterable<GeoDataFrame>,
  options: ParquetOptions,
  named: string,
): AsyncGenerator<Uint8Array, undefined> {
  const { ByteWriter: Bytes, ParquetWriter } = await import("../../_deps/hyparquet_writer.ts");
  const codec = CODECS[options.compression ?? "snappy"];
  if (codec === undefined) {
    throw new ArgumentError(`Cannot compress with "${options.compression}"`, {
      argument: "compression",
      hint: "Known are none, snappy, gzip and zstd",
    });
  }
  const zlib = codec === "GZIP" || codec === "ZSTD" ? await import("node:zlib") : undefined;
  const compressors = zlib === undefined ? {} : {
    GZIP: (input: Uint8Array) => new Uint8Array(zlib.gzipSync(input, { level: 4 })),
    ZSTD: (input: Uint8Array) => new Uint8Array(zlib.zstdCompressSync(input)),
  };
  let writer: InstanceType<typeof ParquetWriter> | undefined;
  const bytes = new Bytes(65_536);
  const takeBytes = (): Uint8Array => {
    const taken = bytes.getBytes().slice();
    bytes.index = 0;
    return taken;
  };
  const geo = new Map<string, GeometrySummary>();
  let first: GeoDataFrame | undefined;
  let rows = 0;
  for await (const frame of frames) {
    if (writer === undefined) {
      for (const { field } of frame.columns) {
        if (isGeometryType(field.type)) geo.set(field.name, new GeometrySummary(field, named));
      }
      writer = new ParquetWriter({
        writer: bytes,
        schema: schemaOf(frame.schema),
        codec,
        compressors,
        createdBy: "cartoframes for Deno",
      });
      first = frame;
    }
    if (frame.numRows === 0) continue;
    for (const [name, summary] of geo) summary.settle(frame.column(name), rows);
    rows += frame.numRows;
    const columnData = frame.columns.map((column) => ({
      name: column.name,
      data: valuesOf(column, geo.get(column.name)) as never,
      // Bytes are compared as bytes by nobody
      statistics: !/^(?:bytea|geometry|geography|jsonb?)$|\[\]$/.test(column.type),
    }));
    writer.write({ columnData, rowGroupSize: frame.numRows });
    yield takeBytes();
  }
  if (writer === undefined || first === undefined) return;
  writer.kvMetadata = [
    ...(geo.size === 0 ? [] : [{ key: "geo", value: geoMetadata(geo, first.geometryColumn) }]),
    {
      key: TYPES_ENTRY,
      value: JSON.stringify(Object.fromEntries(first.schema.map(({ name, type }) => [name, type]))),
    },
  ];
  writer.finish();
  yield takeBytes();
}

/** The description of a coordinate system; null where none is known, undefined for longitude and latitude. */
function projOrNull(srid: number | undefined, named: string): object | null | undefined {
  return srid === undefined || srid <= 0 ? null : projJsonOf(srid, named);
}

function schemaOf(fields: readonly Field[]): SchemaElement[] {
  return [
    { name: "schema", num_children: fields.length },
    ...fields.map(({ name, type }): SchemaElement => ({
      name,
      repetition_type: "OPTIONAL",
      ...elementOf(type),
    })),
  ];
}

function elementOf(type: ColumnType): Omit<SchemaElement, "name" | "repetition_type"> {
  switch (type) {
    case "bool":
      return { type: "BOOLEAN" };
    case "int2":
      return { type: "INT32", converted_type: "INT_16" };
    case "int4":
      return { type: "INT32" };
    case "int8":
      return { type: "INT64" };
    case "float4":
      return { type: "FLOAT" };
    case "float8":
      return { type: "DOUBLE" };
    case "date":
      return { type: "INT32", converted_type: "DATE" };
    case "time":
      return { type: "INT64", logical_type: { type: "TIME", isAdjustedToUTC: false, unit: "MICROS" } };
    case "timestamp":
      return { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" } };
    case "timestamptz":
      return {
        type: "INT64",
        converted_type: "TIMESTAMP_MICROS",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
      };
    case "uuid":
      return { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } };
    case "bytea":
    case "geometry":
    case "geography":
      return { type: "BYTE_ARRAY" };
    case "json":
    case "jsonb":
      // With the older annotation the library would write the text as a JSON string of JSON
      return { type: "BYTE_ARRAY", logical_type: { type: "JSON" } };
    default:
      return { type: "BYTE_ARRAY", converted_type: "UTF8" };
  }
}

/** A column's values as the library takes them. */
function valuesOf(column: Column, summary: GeometrySummary | undefined): unknown {
  const data = dataOf(column);
  if (summary !== undefined) return geometryValues(data, summary);
  switch (data.kind) {
    case "number":
    case "int64":
      return data.nullCount === 0 ? data.values : nullable(data, (row) => data.values[row]);
    case "bool":
      return nullable(data, (row) => bitAt(data.bits, row));
    case "dictionary":
      return textValues(column, data);
    default:
      return column.type === "bytea"
        ? bytesValues(data)
        : isJson(column)
        ? jsonValues(column, data)
        : textValues(column, data);
  }
}

function isJson({ type }: Column): boolean {
  return type === "json" || type === "jsonb";
}

function nullable(data: ColumnData, value: (row: number) => unknown): unknown[] {
  const result: unknown[] = new Array(data.length);
  for (let row = 0; row < data.length; row++) result[row] = isValid(data.validity, row) ? value(row) : null;
  return result;
}

function bytesValues(data: ColumnData): unknown[] {
  const { offsets, bytes } = plainBytes(data);
  return nullable(data, (row) => bytes.subarray(offsets[row], offsets[row + 1]));
}

function textValues(column: Column, data: ColumnData): unknown[] {
  if (isJson(column)) return jsonValues(column, data);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const decode = (bytes: Uint8Array, from: number, to: number) => decoder.decode(bytes.subarray(from, to));
  if (data.kind === "dictionary") {
    const { offsets, bytes } = data.dictionary;
    const texts = Array.from(
      { length: offsets.length - 1 },
      (_, i) => decode(bytes, offsets[i] as number, offsets[i + 1] as number),
    );
    return nullable(data, (row) => texts[data.codes[row] as number]);
  }
  const { offsets, bytes } = plainBytes(data);
  return nullable(data, (row) => decode(bytes, offsets[row] as number, offsets[row + 1] as number));
}

function jsonValues(column: Column, data: ColumnData): unknown[] {
  const out = new ByteWriter(256);
  const write = cellWriter(column.field, data, {});
  return nullable(data, (row) => {
    out.at = 0;
    write(out, row);
    return out.bytes.slice(0, out.at);
  });
}

function geometryValues(data: ColumnData, summary: GeometrySummary): unknown[] {
  const plain = plainBytes(data.kind === "point" ? { ...data, srid: 0 } : data);
  const { offsets, bytes } = plain;
  return nullable(data, (row) => {
    const ewkb = bytes.subarray(offsets[row], offsets[row + 1]);
    summary.see(ewkb);
    return data.kind === "point" ? ewkb : isoWkb(ewkb);
  });
}

/** What the metadata tells of all geometries of a column. */
class GeometrySummary {
  readonly #type: ColumnType;
  readonly #named: string;
  #srid: number | undefined;
  #crs: object | null | undefined;
  readonly #types = new Set<number>();
  readonly #bounds = noBounds();

  constructor({ type, srid }: Field, named: string) {
    this.#type = type;
    this.#named = named;
    this.#crs = projOrNull(srid, named);
  }

  /** Takes the coordinate system from the first geometries, and refuses others. */
  settle(column: Column, rowsBefore: number): void {
    const srid = oneSrid(dataOf(column), column.field, this.#srid, rowsBefore);
    if (srid === this.#srid) return;
    this.#srid = srid;
    this.#crs = projOrNull(srid, this.#named);
  }

  see(ewkb: Uint8Array): void {
    const view = viewOf(ewkb);
    const word = wordAt(view, 0);
    this.#types.add(word & ~0x2000_0000);
    const step = 8 * strideOf(word);
    visitRuns(view, 0, (at, count) => widen(this.#bounds, view, at, count, step));
  }

  toJSON(): object {
    const names = new Set([...this.#types].map((word) => `${typeOfWord(word).name}${word < 0 ? " Z" : ""}`));
    return {
      encoding: "WKB",
      geometry_types: [...names].sort(),
      ...(this.#crs === undefined ? {} : { crs: this.#crs }),
      ...(this.#type === "geography" ? { edges: "spherical" } : {}),
      ...(this.#bounds[0] > this.#bounds[2] ? {} : { bbox: this.#bounds }),
    };
  }
}

function geoMetadata(columns: ReadonlyMap<string, GeometrySummary>, primary: string | undefined): string {
  return JSON.stringify({
    version: "1.1.0",
    primary_column: primary ?? [...columns.keys()][0],
    columns: Object.fromEntries(columns),
  });
}
