/**
 * One job of the bench of tables, in a process of its own so that memory and processor time are the client's alone.
 * Takes a {@linkcode ClientJob} as JSON; the last line that it prints is the {@linkcode ClientReport}.
 */
import { Credentials } from "../../../src/auth/credentials.ts";
import { encodeCopyBinary } from "../../../src/frame/copy_binary.ts";
import { readCarto, readCartoBatches, toCarto } from "../../../src/tables/mod.ts";
import { type Cost, highWater, measure } from "./_measure.ts";
import { makeRows, streamRows } from "./_rows.ts";

/** What is to be done, and where. */
export interface ClientJob {
  readonly job: "encode" | "floor" | "ours" | "stream";
  readonly rows: number;
  /** The account. */
  readonly carto: { readonly baseUrl: string; readonly username: string; readonly apiKey: string };
  /** The rows as the bytes of a binary COPY: `encode` writes them, `floor` sends them. */
  readonly file: string;
  /** Whether `ours` is to write into the standing table, too. */
  readonly isReplacing?: boolean;
}

/** What the parts of a job took. */
export interface ClientReport {
  readonly costs: Readonly<Record<string, Cost>>;
  /** The most memory held, in bytes. */
  readonly highWater: number;
}

/** The names of the tables. */
export const TABLES = { bare: "bench_bare", ours: "bench_ours", rowsOnly: "bench_rows_only" } as const;

/** The columns of the bare table, in the order of the bytes. */
export const BARE_COLUMNS =
  "the_geom geometry(Geometry,4326), name text, kind text, size float8, visits int4, " +
  "open bool, seen timestamptz, id int8";

/** What is read back of the bare table once it has been converted. */
export const DOWNLOAD_SQL =
  `SELECT cartodb_id, the_geom, name, kind, size, visits, open, seen, id FROM public.${TABLES.bare}`;

const PIECE = 256 * 1024;

async function run(
  { job, rows, carto, file, isReplacing = false }: ClientJob,
): Promise<Record<string, Cost>> {
  const options = { credentials: new Credentials(carto), skipQuotaWarning: true };
  switch (job) {
    case "encode": {
      const frame = makeRows(0, rows);
      using output = await Deno.open(file, { write: true, create: true, truncate: true });
      for (const chunk of encodeCopyBinary(frame, frame.columnNames.map((column) => ({ column })))) {
        for (let at = 0; at < chunk.length;) at += await output.write(chunk.subarray(at));
      }
      return {};
    }
    case "floor":
      return await floor(carto, rows, await Deno.readFile(file));
    case "ours": {
      const frame = makeRows(0, rows);
      const rowsOnly = await measure(() => toCarto(frame, TABLES.rowsOnly, { ...options, cartodbfy: false }));
      const upload = await measure(() => toCarto(frame, TABLES.ours, options));
      const download = await measure(async () => {
        checkRows((await readCarto(TABLES.ours, options)).numRows, rows);
      });
      // Last, since whoever reads rows first after they were inserted has to mark them as seen
      const replace = isReplacing
        ? { replace: await measure(() => toCarto(frame, TABLES.ours, { ...options, ifExists: "replace" })) }
        : {};
      return { rowsOnly, upload, ...replace, download };
    }
    case "stream": {
      const settings = { ...options, cartodbfy: false, ifExists: "replace" } as const;
      const upload = await measure(() => toCarto(streamRows(rows), TABLES.rowsOnly, settings));
      const download = await measure(async () => {
        let count = 0;
        for await (const batch of readCartoBatches(TABLES.rowsOnly, options)) count += batch.numRows;
        checkRows(count, rows);
      });
      return { upload, download };
    }
  }
}

/** The same bytes with nothing around them but `fetch`: there, converted, and back. */
async function floor(
  { baseUrl, apiKey }: ClientJob["carto"],
  rows: number,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Record<string, Cost>> {
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await fetch(`${baseUrl}/api/v2/sql${path}`, init);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return response;
  };
  const parameters = (q: string) => new URLSearchParams({ api_key: apiKey, q });
  const copy = await measure(async () => {
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.subarray(at, at += PIECE));
        else controller.close();
      },
    }, { highWaterMark: 0 });
    const q = `COPY ${TABLES.bare} FROM STDIN WITH (FORMAT binary)`;
    const answer = await ask(`/copyfrom?${parameters(q)}`, { method: "POST", body });
    checkRows((await answer.json()).total_rows, rows);
  });
  const convert = await measure(async () => {
    const q = `SELECT CDB_CartodbfyTable('public', '${TABLES.bare}')`;
    await (await ask("", { method: "POST", body: parameters(q) })).text();
  });
  const download = await measure(async () => {
    const q =
      `COPY (SELECT cartodb_id, the_geom, name, kind, size, visits, open, seen, id FROM ${TABLES.bare}) ` +
      "TO STDOUT WITH (FORMAT binary)";
    let size = 0;
    for await (const chunk of (await ask("/copyto", { method: "POST", body: parameters(q) })).body ?? []) {
      size += chunk.length;
    }
    if (size < bytes.length) throw new Error(`Only ${size} of at least ${bytes.length} bytes came back`);
  });
  return { copy, convert, download };
}

function checkRows(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${found} of ${wanted} rows arrived`);
}

if (import.meta.main) {
  const costs = await run(JSON.parse(Deno.args[0] ?? "{}") as ClientJob);
  const report: ClientReport = { costs, highWater: highWater() };
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(report)}\n`));
}
