import type { RowField } from "../_db/protocol.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { JsonRowWriter, shownFields, writeComma } from "./json_rows.ts";
import type { Outcome, RowFormat } from "./row_format.ts";
import { describeField, type SpatialTypes } from "./types.ts";

/** The JSON of the query endpoint: rows as objects, then time, fields and what else was told. */
export class JsonFormat implements RowFormat {
  readonly #callback: string | undefined;
  readonly #skipped: ReadonlySet<string>;
  readonly #spatial: SpatialTypes;
  #writer: JsonRowWriter | undefined;
  #isFirst = true;

  /** Builds the format; with a `callback` the document is the argument of a call. */
  constructor(callback: string | undefined, skipped: ReadonlySet<string>, spatial: SpatialTypes) {
    this.#callback = callback;
    this.#skipped = skipped;
    this.#spatial = spatial;
  }

  begin(out: ByteWriter): void {
    if (this.#callback !== undefined) out.text(`${this.#callback}(`);
    out.text('{"rows":[');
  }

  columns(fields: readonly RowField[]): void {
    this.#writer = new JsonRowWriter(fields, this.#skipped);
  }

  row(out: ByteWriter, payload: Uint8Array): void {
    if (!this.#isFirst) writeComma(out);
    this.#isFirst = false;
    this.#writer?.write(out, payload);
  }

  end(out: ByteWriter, outcome: Outcome): void {
    const told = {
      time: outcome.seconds,
      fields: this.#describe(outcome.fields),
      total_rows: outcome.rowCount,
      ...(outcome.error === undefined ? {} : { error: [outcome.error.message] }),
      ...group(outcome, "NOTICE", "notices"),
      ...group(outcome, "WARNING", "warnings"),
      ...group(outcome, "INFO", "infos"),
    };
    out.text(`],${JSON.stringify(told).slice(1)}`);
    if (this.#callback !== undefined) out.text(")");
  }

  #describe(fields: readonly RowField[]): Record<string, unknown> {
    const described: [string, unknown][] = [];
    for (const [name, source] of shownFields(fields, this.#skipped)) {
      const field = fields[source];
      if (field !== undefined) described.push([name, describeField(field, this.#spatial)]);
    }
    return Object.fromEntries(described);
  }
}

function group(outcome: Outcome, severity: string, name: string): Record<string, string[]> {
  const messages = outcome.notices.filter((notice) => notice.severity === severity).map(({ message }) =>
    message
  );
  return messages.length === 0 ? {} : { [name]: messages };
}
