import type { CoreClient } from "../classic/_core_client.ts";
import { LentPieces } from "../classic/_copy_streams.ts";
import { sql } from "../classic/sql_text.ts";
import { CartoError, isCartoError, ResponseError } from "../errors/carto_error.ts";
import {
  type Cast,
  convertedColumns,
  createStagingSql,
  isProjecting,
  qualified,
  shortNames,
  type StagingColumn,
} from "./_finish_sql.ts";
import { copyEncoder, CopyParts, type PartProgress, type StatementEncoder } from "./_copy_parts.ts";
import type { WriteOutcome, WriteRequest } from "./_platform.ts";
import { type Staging, writeStaged } from "./_staged_write.ts";

/** Writes frames by COPY: all of them or nothing. */
export async function writeFrames(client: CoreClient, request: WriteRequest): Promise<WriteOutcome> {
  let bytes = 0;
  const encoder = copyEncoder(request.columns, request.format);
  const outcome = await writeStaged(client, request, request, {
    columns: request.columns,
    async fill(staging) {
      const order = orderColumn(request, staging);
      const { kind, canProject } = staging;
      const isReady = kind === "create" && request.cartodbfy && canProject;
      const stored = isReady ? convertedColumns(request.columns) : request.columns;
      const short = shortNames(request.columns.map(({ name }) => name));
      const shortened = stored.map((column) => ({ ...column, name: short.get(column.name) ?? column.name }));
      const isStaged = await createStaging(client, request, staging, shortened, order);
      const table = isStaged ? staging.sqlName : qualified(staging.schema, request.table);
      const copying = copyInto(
        client,
        request,
        encoder,
        table,
        request.columns.map(({ name }) => (isStaged ? short.get(name) : undefined) ?? name),
        isStaged ? undefined : () => refuseParts(request),
      );
      const told = await (isStaged ? copying : copying.catch((error) => refuseToGuess(error, request)));
      bytes = told.bytes;
      request.onProgress?.({ phase: "finish", ...told });
      const isProjected = isProjecting(stored);
      const renames = [...short].map(([name, brief]) => [brief, name] as const);
      return { columns: request.columns, rows: told.rows, order, renames, isProjected, isDone: !isStaged };
    },
  });
  return { ...outcome, bytes };
}

/**
 * Makes the staging table; false where the key may add rows to the target but not make tables. One COPY is all or
 * nothing by itself, so that rows which need no change can go into the target directly.
 */
async function createStaging(
  client: CoreClient,
  { signal }: WriteRequest,
  { schema, name, kind, plan }: Staging,
  columns: readonly StagingColumn[],
  order: string | undefined,
): Promise<boolean> {
  try {
    await client.sql.query(createStagingSql(schema, name, columns, kind === "create", order), { signal });
    return true;
  } catch (error) {
    const isRefused = isCartoError(error) && error.code === "access-denied";
    if (!isRefused || kind !== "append" || !plan?.casts.every(isPlain)) throw error;
    return false;
  }
}

/**
 * The column that numbers the rows as they come. In a new table it becomes the ids, which CARTO's conversion would
 * otherwise give in the order of storage; in front of a standing table it only orders the rows.
 */
function orderColumn({ columns, cartodbfy }: WriteRequest, { kind }: Staging): string | undefined {
  if (kind !== "create") return "_cartoframes_row";
  return cartodbfy && !columns.some(({ name }) => name === "cartodb_id") ? "cartodb_id" : undefined;
}

/** Whether values go into the target's column as they are. */
function isPlain({ expression, misfit, warning }: Cast): boolean {
  return expression.startsWith('"') && expression.endsWith('"') && misfit === undefined &&
    warning === undefined;
}

function refuseParts({ operation }: WriteRequest): never {
  throw new CartoError(
    "access-denied",
    `Cannot ${operation}: rows for more than one request need a staging table`,
    {
      hint: "Use a key that may create tables, or append fewer rows at a time",
    },
  );
}

/** Without a staging table nobody can tell what became of rows whose answer was lost. */
function refuseToGuess(error: unknown, { operation }: WriteRequest): never {
  const isOpen = isCartoError(error) && ["network", "timeout", "server-error"].includes(error.code);
  if (!isOpen) throw error;
  throw new CartoError(
    "incomplete-response",
    `Cannot ${operation}: the answer was lost, and the rows may be there`,
    {
      hint: "Count the rows before you append them again",
      cause: error,
    },
  );
}

/** Sends all rows, in as many requests as their size asks for. */
async function copyInto(
  client: CoreClient,
  request: WriteRequest,
  encoder: StatementEncoder,
  table: string,
  columns: readonly string[],
  onOverflow: (() => never) | undefined,
): Promise<PartProgress> {
  const { batches, maxUploadSize, attempts, gzip, signal, onProgress } = request;
  const tell = (told: PartProgress) => onProgress?.({ phase: "upload", ...told });
  const parts = new CopyParts(encoder, batches, maxUploadSize, tell, onOverflow);
  // Without quotes where they are not needed: many columns make a long address
  const names = columns.map((name) =>
    /^[a-z][a-z0-9]*\d[a-z0-9]*$/.test(name) && name.length < 5 ? name : sql.id(name).text
  );
  const statement = `COPY ${table} (${names.join(",")}) FROM STDIN WITH (${encoder.options})`;
  try {
    while (await parts.next()) {
      const { totalRows } = await client.copy.from(statement, () => new LentPieces(parts.body()), {
        retries: attempts - 1,
        signal,
        gzip,
      });
      if (totalRows !== parts.partRows) throw lostRows(parts.partRows, totalRows);
    }
  } finally {
    await parts.close();
  }
  return parts.total;
}

function lostRows(sent: number, arrived: number): ResponseError {
  return new ResponseError(
    "incomplete-response",
    `Cannot upload the rows: ${sent} were sent and ${arrived} arrived`,
    {
      status: 200,
    },
  );
}
