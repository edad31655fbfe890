import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { isCartoError } from "../../src/errors/carto_error.ts";
import { CopyCsvDecoder, encodeCopyBinary, encodeCopyCsv, GeoDataFrame } from "../../src/frame/mod.ts";
import { readCarto, readCartoBatches } from "../../src/tables/mod.ts";
import { type BodyEnd, RawServer } from "./_raw_server.ts";

const FRAME = GeoDataFrame.fromRows(Array.from({ length: 300 }, (_, index) => ({
  cartodb_id: index + 1,
  name: index % 3 === 0 ? null : `Größe ☃ 🎈 ${index}`,
  note: index % 5 === 0 ? "" : `a "quoted"\nvalue, of ${index} lines\\.`,
  value: index / 7,
})));
const COLUMNS = FRAME.columnNames.map((column) => ({ column }));
const BINARY = join(encodeCopyBinary(FRAME, COLUMNS));
const CSV = join(encodeCopyCsv(FRAME, COLUMNS, { delimiter: "," }));
const ENDS: readonly BodyEnd[] = ["chunks cut", "chunks ended", "closed", "length"];
const GLUED = new TextEncoder().encode('{"error":["division by zero"]}');

function join(chunks: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...chunks].flatMap((chunk) => [...chunk]));
}

/** Every twentieth of a body, its edges, and whatever places are odd in it. */
function cutsOf(body: Uint8Array, more: readonly number[] = []): number[] {
  const twentieths = Array.from({ length: 20 }, (_, part) => Math.floor(body.length * part / 20));
  const edges = [1, 11, 18, 19, 20, 21, body.length - 3, body.length - 2, body.length - 1];
  const inCharacter = body.findIndex((byte) => byte >= 0xf0) + 2;
  return [...new Set([...twentieths, ...edges, inCharacter, ...more])].sort((a, b) => a - b);
}

/** Where rows of the binary body end. */
function binaryRowEnds(): number[] {
  return [1, 2, 150, 299, 300].map((rows) => join(encodeCopyBinary(FRAME.head(rows), COLUMNS)).length - 2);
}

/** Where rows of the CSV body end, the last one left out. */
function csvRowEnds(): number[] {
  let end = 0;
  return Array.from({ length: FRAME.numRows - 1 }, (_, row) => {
    end += join(encodeCopyCsv(FRAME.slice(row, row + 1), COLUMNS, { delimiter: "," })).length;
    return end;
  });
}

/** A server whose COPY is this body. */
interface Wire {
  body: Uint8Array;
  length: number;
  end: BodyEnd;
  headers: string[];
}

function serverOf(wire: Wire): RawServer {
  const fields = {
    cartodb_id: { type: "number", pgtype: "int4" },
    name: { type: "string", pgtype: "text" },
    note: { type: "string", pgtype: "text" },
    value: { type: "number", pgtype: "float8" },
  };
  const described = new TextEncoder().encode(JSON.stringify({ rows: [], fields, total_rows: 0, time: 0 }));
  return new RawServer((path) =>
    path.includes("copyto") ? wire : {
      headers: ["content-type: application/json"],
      body: described,
      length: described.length,
      end: "length",
    }
  );
}

function credentialsFor(server: RawServer): Credentials {
  return new Credentials({ username: "ana", apiKey: "1234", baseUrl: server.url });
}

const transport = { sleep: () => Promise.resolve() };

Deno.test("a binary download that is cut anywhere, in any way, gzip or not, is an error and never a shorter table", async () => {
  const wire: Wire = { body: BINARY, length: BINARY.length, end: "closed", headers: [] };
  await using server = serverOf(wire);
  const read = () => readCarto("t", { credentials: credentialsFor(server), transport, retryTimes: 1 });
  let cuts = 0;
  for (const gzip of [false, true]) {
    const whole = gzip ? new Uint8Array(gzipSync(BINARY)) : BINARY;
    wire.length = whole.length;
    wire.headers = gzip ? ["content-encoding: gzip"] : [];
    for (const end of ENDS) {
      wire.end = end;
      wire.body = whole;
      if (end !== "chunks cut") assert((await read()).equals(FRAME), `whole, ${end}`);
      for (const cut of cutsOf(whole, gzip ? [] : binaryRowEnds())) {
        wire.body = whole.subarray(0, cut);
        const error = await outcome(read);
        if (error === undefined) {
          throw new Error(`A cut at ${cut} of ${whole.length} passed (${end}, ${gzip})`);
        }
        assert(
          isCartoError(error) && ["network", "incomplete-response"].includes(error.code),
          `${cut} ${end} ${gzip}: ${error}`,
        );
        cuts++;
      }
    }
  }
  assert(cuts >= 200, `${cuts} cuts`);
});

Deno.test("batches before a cut are followed by an error", async () => {
  const wire: Wire = { body: BINARY, length: BINARY.length, end: "closed", headers: [] };
  await using server = serverOf(wire);
  const credentials = credentialsFor(server);
  for (const cut of [BINARY.length >> 1, ...binaryRowEnds(), BINARY.length - 1]) {
    wire.body = BINARY.subarray(0, cut);
    let rows = 0;
    const error = await assertRejects(async () => {
      for await (const batch of readCartoBatches("t", { credentials, transport, batchRows: 1 })) {
        assert(
          batch.equals(FRAME.slice(rows, rows + batch.numRows)),
          `batch after row ${rows}, cut at ${cut}`,
        );
        rows += batch.numRows;
      }
    }, Error);
    assert(isCartoError(error) && error.code === "incomplete-response", `${cut}: ${error}`);
  }
});

Deno.test("an error glued to the binary rows is told, wherever it stands, and no row is made of its text", async () => {
  const wire: Wire = { body: BINARY, length: 0, end: "chunks ended", headers: [] };
  await using server = serverOf(wire);
  const credentials = credentialsFor(server);
  for (const cut of cutsOf(BINARY, [...binaryRowEnds(), BINARY.length]).filter((at) => at > 0)) {
    wire.body = join([BINARY.subarray(0, cut), GLUED]);
    let rows = 0;
    const error = await assertRejects(async () => {
      for await (const batch of readCartoBatches("t", { credentials, transport, batchRows: 1 })) {
        assert(
          batch.equals(FRAME.slice(rows, rows + batch.numRows)),
          `batch after row ${rows}, cut at ${cut}`,
        );
        rows += batch.numRows;
      }
    }, Error);
    assert(isCartoError(error) && error.code === "incomplete-response", `${cut}: ${error}`);
    assert(error.message.includes("division by zero"), `${cut}: ${error.message}`);
  }
});

/** Reads the body as the CSV of a COPY. */
async function readCsv(server: RawServer): Promise<GeoDataFrame> {
  const client = new ClassicClient(credentialsFor(server), { ...transport, retries: 0 });
  const stream = await client.copy.to("COPY t TO STDOUT WITH (FORMAT csv, NULL '__null')");
  const decoder = new CopyCsvDecoder(FRAME.schema, { header: false });
  for await (const chunk of stream) decoder.push(chunk);
  return decoder.finish();
}

Deno.test("a CSV download that is cut is an error; only where a row ends must HTTP tell, so tables are read in binary", async () => {
  const wire: Wire = { body: CSV, length: CSV.length, end: "closed", headers: [] };
  await using server = serverOf(wire);
  const rowEnds = new Set([0, ...csvRowEnds()]);
  const inQuotes = new TextDecoder().decode(CSV).indexOf('""');
  for (const gzip of [false, true]) {
    const whole = gzip ? new Uint8Array(gzipSync(CSV)) : CSV;
    wire.length = whole.length;
    wire.headers = gzip ? ["content-encoding: gzip"] : [];
    for (const end of ENDS) {
      wire.end = end;
      wire.body = whole;
      if (end !== "chunks cut") assert((await readCsv(server)).equals(FRAME), `whole, ${end}`);
      for (
        const cut of cutsOf(
          whole,
          gzip ? [] : [...[...rowEnds].slice(0, 4), ...[...rowEnds].slice(-3), inQuotes, inQuotes + 1],
        )
      ) {
        wire.body = whole.subarray(0, cut);
        const error = await outcome(() => readCsv(server));
        // Here nothing in the bytes, nor around them, tells that there should be more
        const isSilent = !gzip && rowEnds.has(cut) && (end === "closed" || end === "chunks ended");
        assertEquals(
          error === undefined,
          isSilent,
          `${cut} of ${whole.length}, ${end}, gzip ${gzip}: ${error}`,
        );
      }
    }
  }
});

async function outcome(task: () => Promise<unknown>): Promise<unknown> {
  try {
    await task();
    return undefined;
  } catch (error) {
    return error;
  }
}
