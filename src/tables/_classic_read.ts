import type { CoreClient } from "../classic/_core_client.ts";
import type { SqlField } from "../classic/sql.ts";
import { ArgumentError, isCartoError, ResponseError } from "../errors/carto_error.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { fieldOfServer } from "../frame/pg_types.ts";
import type { Field } from "../frame/types.ts";
import { subquery } from "./_arguments.ts";
import { copyRows, isPassing, isTooLong } from "./_download.ts";
import type { Call, ReadRequest, Source } from "./_platform.ts";
import { readByJob } from "./_read_by_job.ts";
import { hasKey, PAGE_ROWS, readPages } from "./_read_pages.ts";
import { reasonOf, retell } from "./_retell.ts";

/** The projected copy that CARTO keeps of every geometry; nobody needs it twice. */
const NEVER_READ = "the_geom_webmercator";

/** The columns of a table or query. */
export async function describe(client: CoreClient, source: Source, call: Call): Promise<Field[]> {
  const fields = await fieldsOf(client, source, call);
  return fields.map((field) => fieldOfServer(field.name, field));
}

async function fieldsOf(
  client: CoreClient,
  source: Source,
  { operation, signal }: Call,
): Promise<readonly SqlField[]> {
  try {
    const query = `SELECT * FROM ${subquery(source, "_q")} LIMIT 0`;
    const { fields } = await client.sql.query(query, { signal, readOnly: true });
    return fields.filter(({ name }) => name !== NEVER_READ);
  } catch (error) {
    // A batch job needs the columns, too
    const hint = isTooLong(error)
      ? "Make a table of it with createTableFromQuery(), and read that"
      : undefined;
    throw retell(error, operation, hint);
  }
}

/**
 * The rows, by binary COPY: every value as the database has it, and a stream that says where it ends, so that
 * neither a cut nor an error text at its end can pass for rows.
 */
export async function* read(
  client: CoreClient,
  request: ReadRequest,
): AsyncGenerator<GeoDataFrame, void, void> {
  const { operation } = request;
  const fields = await fieldsOf(client, request.source, request);
  if (fields.length === 0) {
    throw new ArgumentError(`Cannot ${operation}: there is no column to read`, { argument: "source" });
  }
  const state: ReadState = { isHandedOut: false };
  try {
    yield* readAsTold(client, request, fields, state);
  } catch (error) {
    throw explain(error, request, fields, state);
  }
}

/** How far a read has come. */
interface ReadState {
  /** Whether rows have been given to the caller. */
  isHandedOut: boolean;
}

async function* readAsTold(
  client: CoreClient,
  request: ReadRequest,
  fields: readonly SqlField[],
  state: ReadState,
): AsyncGenerator<GeoDataFrame, void, void> {
  const { strategy, pageRows } = request;
  if (strategy === "job") return yield* noted(readByJob(client, request, fields), state);
  try {
    const batches = pageRows === undefined
      ? copyRows(client, request, fields, (selected) => copyStatement(selected, request))
      : readPages(client, request, fields, pageRows);
    return yield* noted(batches, state);
  } catch (error) {
    if (strategy === "direct" || state.isHandedOut || !isTooLong(error)) throw error;
    yield* noted(readPatiently(client, request, fields, error as ResponseError), state);
  }
}

/** The batches, and a note that there was one. */
async function* noted(
  batches: AsyncGenerator<GeoDataFrame, void, void>,
  state: ReadState,
): AsyncGenerator<GeoDataFrame, void, void> {
  for await (const batch of batches) {
    state.isHandedOut = true;
    yield batch;
  }
}

/** The rows of what took too long to be read at once: of a table page by page, of a query by a batch job. */
async function* readPatiently(
  client: CoreClient,
  request: ReadRequest,
  fields: readonly SqlField[],
  tooLong: ResponseError,
): AsyncGenerator<GeoDataFrame, void, void> {
  const state: ReadState = { isHandedOut: false };
  if (request.source.kind === "table" && request.pageRows === undefined && hasKey(fields)) {
    try {
      return yield* noted(readPages(client, request, fields, PAGE_ROWS), state);
    } catch (error) {
      if (state.isHandedOut || !isTooLong(error)) throw error;
    }
  }
  try {
    yield* noted(readByJob(client, request, fields), state);
  } catch (error) {
    throw isRefused(error) && !state.isHandedOut ? tooLongWithout(tooLong) : error;
  }
}

/** The time-out, for a key that a batch job is refused to. */
function tooLongWithout(error: ResponseError): ResponseError {
  const { code, message, status, requestId, context, detail, serverMessages } = error;
  return new ResponseError(code, message, {
    status,
    requestId,
    context,
    detail,
    serverMessages,
    hint: "Use the master key, which alone may run it as a batch job, or make the query lighter",
    cause: error,
  });
}

function copyStatement(selected: string, { source, limit }: ReadRequest): string {
  const limited = limit === undefined ? "" : ` LIMIT ${limit}`;
  return `COPY (SELECT ${selected} FROM ${subquery(source, "_q")}${limited}) TO STDOUT WITH (FORMAT binary)`;
}

function isRefused(error: unknown): boolean {
  return isCartoError(error) && error.code === "access-denied";
}

/** The error in the caller's words, with the next step where there is one. */
function explain(
  error: unknown,
  request: ReadRequest,
  fields: readonly SqlField[],
  state: ReadState,
): unknown {
  return retell(error, request.operation, hintFor(error, request, fields, state));
}

function hintFor(
  error: unknown,
  { strategy, pageRows }: ReadRequest,
  fields: readonly SqlField[],
  { isHandedOut }: ReadState,
): string | undefined {
  if (!isCartoError(error)) return undefined;
  const canPage = pageRows === undefined && strategy !== "job" && hasKey(fields);
  const pages = `{ pageRows: ${PAGE_ROWS} }`;
  if (/^column reference ".*" is ambiguous/.test(reasonOf(error))) {
    return "Two columns have the same name: give them different ones with AS";
  }
  if (isTooLong(error) && (strategy === "direct" || isHandedOut)) {
    const job = 'Pass { strategy: "job" } with the master key';
    return canPage ? `Pass ${pages} to read page by page, or { strategy: "job" } with the master key` : job;
  }
  if (isRefused(error) && strategy === "job" && reasonOf(error) === "permission denied") {
    return 'Batch jobs need the master key: use it, or pass { strategy: "direct" }';
  }
  if (isPassing(error) && isHandedOut && canPage) {
    return `Read again; with ${pages} a read goes on where it broke off`;
  }
  return undefined;
}
