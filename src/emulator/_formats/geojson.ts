import type { RowField } from "../_db/protocol.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { JsonRowWriter, RowReader, writeComma } from "./json_rows.ts";
import { writeNull } from "./json_values.ts";
import type { Outcome, RowFormat } from "./row_format.ts";

/** The column that holds the geometry of a feature. */
const GEOMETRY = "the_geom";
/** The column with the same geometry for maps, which no feature shows. */
const MAP_GEOMETRY = "the_geom_webmercator";

/** Puts the geometry as GeoJSON in place of the geometry column. */
export function geojsonSql(sql: string, decimalPlaces: number): string {
  return `SELECT *, ST_AsGeoJSON(${GEOMETRY}, ${decimalPlaces}) AS ${GEOMETRY} FROM (${sql}) AS features`;
}

/** A feature collection; the other columns are the properties. */
export class GeojsonFormat implements RowFormat {
  readonly #callback: string | undefined;
  readonly #skipped: ReadonlySet<string>;
  #geometry = -1;
  #reader = new RowReader(0);
  #properties: JsonRowWriter | undefined;
  #isFirst = true;

  /** Builds the format; with a `callback` the document is the argument of a call. */
  constructor(callback: string | undefined, skipped: ReadonlySet<string>) {
    this.#callback = callback;
    this.#skipped = skipped;
  }

  begin(out: ByteWriter): void {
    if (this.#callback !== undefined) out.text(`${this.#callback}(`);
    out.text('{"type": "FeatureCollection", "features": [');
  }

  columns(fields: readonly RowField[]): void {
    this.#geometry = this.#skipped.has(GEOMETRY)
      ? -1
      : fields.findLastIndex((field) => field.name === GEOMETRY);
    this.#reader = new RowReader(fields.length);
    this.#properties = new JsonRowWriter(fields, new Set([...this.#skipped, GEOMETRY, MAP_GEOMETRY]));
  }

  row(out: ByteWriter, payload: Uint8Array): void {
    if (!this.#isFirst) writeComma(out);
    this.#isFirst = false;
    out.text('{"type":"Feature","geometry":');
    this.#reader.read(payload);
    const end = this.#reader.ends[this.#geometry] ?? -1;
    if (end < 0) writeNull(out);
    else out.slice(payload, this.#reader.starts[this.#geometry] ?? 0, end);
    out.text(',"properties":');
    this.#properties?.write(out, payload);
    out.text("}");
  }

  end(out: ByteWriter, outcome: Outcome): void {
    out.text("]");
    if (outcome.error !== undefined) out.text(`,"error":${JSON.stringify([outcome.error.message])}`);
    out.text(this.#callback === undefined ? "}" : "})");
  }
}
