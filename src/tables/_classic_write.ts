import type { ClassicClient } from "../classic/client.ts";
import { sql } from "../classic/sql_text.ts";
import { ResponseError } from "../errors/mod.ts";
import { copyEncoder } from "./_copy_encoder.ts";
import { CopyParts, type PartProgress } from "./_copy_parts.ts";
import { createStagingSql } from "./_finish_sql.ts";
import type { WriteOutcome, WriteRequest } from "./_platform.ts";
import { type Staging, writeStaged } from "./_staged_write.ts";

/** Writes frames by COPY: all of them or nothing. */
export async function writeFrames(client: ClassicClient, request: WriteRequest): Promise<WriteOutcome> {
  let bytes = 0;
  const outcome = await writeStaged(client, request, request, {
    columns: request.columns,
    async fill(staging) {
      await createStaging(client, request, staging);
      const told = await copyInto(client, request, staging);
      bytes = told.bytes;
      request.onProgress?.({ phase: "finish", ...told });
      return { columns: request.columns, rows: told.rows };
    },
  });
  return { ...outcome, bytes };
}

async function createStaging(
  client: ClassicClient,
  { columns, signal }: WriteRequest,
  staging: Staging,
): Promise<void> {
  const statement = createStagingSql(staging.schema, staging.name, columns, staging.kind === "create");
  await client.sql.query(statement, { signal });
}

/** Sends all rows, in as many requests as their size asks for. */
async function copyInto(
  client: ClassicClient,
  request: WriteRequest,
  staging: Staging,
): Promise<PartProgress> {
  const { columns, batches, maxUploadSize, attempts, gzip, signal, onProgress } = request;
  const encoder = copyEncoder(columns, request.format);
  const parts = new CopyParts(
    encoder,
    batches,
    maxUploadSize,
    (told) => onProgress?.({ phase: "upload", ...told }),
  );
  const names = sql.ids(columns.map(({ name }) => name));
  const statement = `COPY ${staging.sqlName} (${names}) FROM STDIN WITH (${encoder.options})`;
  try {
    while (await parts.next()) {
      const { totalRows } = await client.copy.from(statement, () => parts.body(), {
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
