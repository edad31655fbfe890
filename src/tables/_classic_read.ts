import type { ClassicClient } from "../classic/client.ts";
import type { SqlField } from "../classic/sql.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError, isCartoError } from "../errors/mod.ts";
import { CopyBinaryDecoder } from "../frame/copy_binary.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { ColumnType, Field, ScalarType } from "../frame/types.ts";
import type { Call, ReadRequest, Source } from "./_platform.ts";
import { reasonOf, retell } from "./_retell.ts";
import { subquery } from "./_source.ts";

/** The projected copy that CARTO keeps of every geometry; nobody needs it twice. */
const NEVER_READ = "the_geom_webmercator";

/** The columns of a table or query. */
export async function describe(client: ClassicClient, source: Source, call: Call): Promise<Field[]> {
  const fields = await fieldsOf(client, source, call);
  return fields.map(fieldOf);
}

async function fieldsOf(
  client: ClassicClient,
  source: Source,
  { operation, signal }: Call,
): Promise<readonly SqlField[]> {
  try {
    const query = `SELECT * FROM ${subquery(source, "_q")} LIMIT 0`;
    const { fields } = await client.sql.query(query, { signal, readOnly: true });
    return fields.filter(({ name }) => name !== NEVER_READ);
  } catch (error) {
    throw retell(error, operation);
  }
}

/**
 * The rows, by binary COPY: every value as the database has it, and a stream that says where it ends, so that
 * neither a cut nor an error text at its end can pass for rows.
 */
export async function* read(
  client: ClassicClient,
  request: ReadRequest,
): AsyncGenerator<GeoDataFrame, void, void> {
  const { operation, attempts, signal } = request;
  const fields = await fieldsOf(client, request.source, request);
  if (fields.length === 0) {
    throw new ArgumentError(`Cannot ${operation}: there is no column to read`, { argument: "source" });
  }
  for (let attempt = 1;; attempt++) {
    const reader = new Reader(client, request, fields);
    try {
      // Nothing has been handed out yet, so that a read that fails can be begun again
      const first = await reader.next();
      if (first !== undefined) yield* handOut(reader, first);
      return;
    } catch (error) {
      await reader.cancel();
      if (reader.handedOut || attempt >= attempts || !isPassing(error) || signal?.aborted) {
        throw explain(error, operation);
      }
    }
  }
}

async function* handOut(reader: Reader, first: GeoDataFrame): AsyncGenerator<GeoDataFrame, void, void> {
  try {
    reader.handedOut = true;
    for (let batch: GeoDataFrame | undefined = first; batch !== undefined; batch = await reader.next()) {
      yield batch;
    }
  } finally {
    await reader.cancel();
  }
}

/** One attempt of a download. */
class Reader {
  /** Whether rows have been given to the caller. */
  handedOut = false;
  readonly #client: ClassicClient;
  readonly #request: ReadRequest;
  readonly #statement: string;
  readonly #decoder: CopyBinaryDecoder;
  #chunks: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #ended = false;
  #given = false;
  #rows = 0;
  #bytes = 0;

  constructor(client: ClassicClient, request: ReadRequest, fields: readonly SqlField[]) {
    this.#client = client;
    this.#request = request;
    this.#statement = copyStatement(fields, request);
    this.#decoder = new CopyBinaryDecoder(fields.map((field) => decodedField(field, request)));
  }

  /** The next batch; undefined after the last one, which is there even when it has no rows. */
  async next(): Promise<GeoDataFrame | undefined> {
    if (this.#ended) return undefined;
    const chunks = this.#chunks ??= await this.#open();
    while (true) {
      const { done, value } = await chunks.read();
      if (done) {
        this.#ended = true;
        const last = this.#decoder.finish();
        return last.numRows > 0 || !this.#given ? this.#give(last) : undefined;
      }
      this.#bytes += value.length;
      this.#decoder.push(value);
      const batch = this.#decoder.take(this.#request.batchRows);
      if (batch !== undefined) return this.#give(batch);
    }
  }

  /** Ends the download where it is. */
  async cancel(): Promise<void> {
    this.#ended = true;
    await this.#chunks?.cancel().catch(() => {});
  }

  async #open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const { signal, attempts } = this.#request;
    const stream = await this.#client.copy.to(this.#statement, { signal, retries: attempts - 1 });
    return stream.getReader();
  }

  #give(batch: GeoDataFrame): GeoDataFrame {
    this.#given = true;
    this.#rows += batch.numRows;
    this.#request.onProgress?.({ phase: "read", rows: this.#rows, bytes: this.#bytes });
    return batch;
  }
}

function copyStatement(fields: readonly SqlField[], request: ReadRequest): string {
  const columns = fields.map((field) => {
    const name = sql.id(field.name).text;
    return isAsText(field, request) ? `${name}::text` : name;
  });
  const limit = request.limit === undefined ? "" : ` LIMIT ${request.limit}`;
  return `COPY (SELECT ${columns.join(",")} FROM ${
    subquery(request.source, "_q")
  }${limit}) TO STDOUT WITH (FORMAT binary)`;
}

/** Types whose binary form is decoded; all others travel as the text that PostgreSQL prints. */
const BINARY: ReadonlySet<string> = new Set([
  "bool",
  "int2",
  "int4",
  "int8",
  "float4",
  "float8",
  "text",
  "varchar",
  "bpchar",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "uuid",
  "json",
  "jsonb",
  "bytea",
  "geometry",
  "geography",
]);

/** The scalar types of a frame, by PostgreSQL's short names. */
const SCALARS: ReadonlySet<string> = new Set([
  ...BINARY,
  "numeric",
  "timetz",
  "interval",
].filter((name) => name !== "varchar" && name !== "bpchar"));

/** PostgreSQL's short name of a column's type; `JSON` is how the server spells `json`. */
function pgName({ pgtype, type }: SqlField): string {
  return (pgtype ?? type).toLowerCase();
}

function isAsText(field: SqlField, { decodeGeometry }: ReadRequest): boolean {
  return !BINARY.has(pgName(field)) ||
    (!decodeGeometry && field.name === "the_geom" && field.type === "geometry");
}

/** The column as a frame has it. */
function fieldOf(field: SqlField): Field {
  const { name } = field;
  const server = pgName(field);
  const type = columnType(server);
  if (type === "geometry" || type === "geography") {
    return {
      name,
      type,
      nullable: true,
      srid: field.srid !== undefined && field.srid > 0 ? field.srid : undefined,
    };
  }
  return { name, type, nullable: true, ...(type === "text" && server !== "text" ? { pgType: server } : {}) };
}

function columnType(server: string): ColumnType {
  if (SCALARS.has(server)) return server as ScalarType;
  const element = server.slice(1);
  if (server.startsWith("_") && SCALARS.has(element)) return `${element as ScalarType}[]`;
  return "text";
}

/** The column as it is decoded: geometry as text is text. */
function decodedField(field: SqlField, request: ReadRequest): Field {
  const decoded = fieldOf(field);
  return decoded.type === "geometry" && isAsText(field, request)
    ? { name: field.name, type: "text", nullable: true }
    : decoded;
}

/** Whether a failed download may go well the next time. Errors of the server are told at once. */
function isPassing(error: unknown): boolean {
  return isCartoError(error) && ["network", "timeout", "incomplete-response"].includes(error.code);
}

function explain(error: unknown, operation: string): unknown {
  const isAmbiguous = isCartoError(error) && /^column reference ".*" is ambiguous/.test(reasonOf(error));
  return retell(
    error,
    operation,
    isAmbiguous ? "Two columns have the same name: give them different ones with AS" : undefined,
  );
}
