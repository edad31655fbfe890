// Every recorded exchange of the real SQL API whose request this client can make: the client makes
// it, is given the recorded answer, and must come to the outcome that a user expects.
import { assert, assertEquals } from "@std/assert";
import type { BatchJobQuery } from "../../src/classic/batch_jobs.ts";
import type { ClassicClient } from "../../src/classic/client.ts";
import type { QueryOptions, SqlFormat } from "../../src/classic/sql.ts";
import { isCartoError, type ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer, type Received } from "./_fake_server.ts";

type Json = Record<string, unknown>;

interface Recording {
  readonly title: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: Json | [string, string][];
    readonly body: string | { base64: string } | null;
  };
  readonly response: {
    readonly status: number | null;
    readonly headers: Record<string, string>;
    readonly body: unknown;
    readonly body_text?: string;
  };
}

const FOLDER = new URL("../fixtures/wire/sql-api-v2/", import.meta.url);

/** Recordings that are not played, by the way the client works. */
const NOT_PLAYED: Record<string, string> = {
  "009": "a multipart form is never sent",
  "010": "plain text is never sent",
  "011": "malformed JSON is never sent",
  "013": "PUT is never sent",
  "014": "HEAD is never sent",
  "015": "a request without a query is never sent",
  "018": "a repeated parameter is never sent",
  "019": "a query that is no text is never sent",
  "079": "JSONP is never asked for",
  "080": "JSONP is never asked for",
  "081": "the format is never put into the path",
  "082": "no such path is ever sent",
  "101": "OPTIONS is never sent",
  "102": "OPTIONS is never sent",
  "103": "the version is never asked for",
  "104": "the version is never asked for",
  "105": "the health is never asked for",
  "106": "the work in progress is never asked for",
  "119": "JSONP is never asked for",
  "137": "the recording holds only the beginning of the file",
  "138": "the recording holds only the beginning of the file",
  "139": "the recording holds only the beginning of the file",
  "141": "a repeated parameter is never sent",
  "143": "a long query never travels in the URL",
  "145": "the body of a query is never compressed",
  "155": "COPY is always made the first word",
  "156": "COPY is never sent without a statement",
  "158": "the statement is never put into the body of an upload",
  "171": "the header about compression always tells the truth",
  "172": "the header about compression always tells the truth",
  "173": "the recording only describes the body",
  "175": "an upload is always a POST",
  "177": "a multipart form is never sent",
  "190": "COPY is never sent without a statement",
  "215": "the parameter is always called query",
  "217": "a job is never made of nothing",
  "222": "the recording only describes the body",
  "229": "there is no such endpoint",
  "230": "there is no such endpoint",
  "234": "the work in progress is never asked for",
};

/** What the client refuses before it sends anything. */
const REFUSED: Record<string, string> = {
  "016": "an empty query",
  "025": "a page without a size",
  "026": "a negative page",
  "028": "a size that is no number",
  "032": "an unknown order",
  "157": "an upload that is no COPY",
  "189": "a download that is no COPY",
  "193": "a download that would wait for data for ever",
  "218": "a job of nothing",
  "220": "a job that holds something else than SQL",
  "221": "a job that holds something else than SQL",
};

/** Numbers that the server has rounded are not passed on as if they were whole. */
const ROUNDED: Record<string, { row: number; column: string }> = {
  "035": { row: 1, column: "t_int8" },
  "038": { row: 1, column: "lossy" },
};

/** The meaning of each recorded failure. */
const CODES: Record<string, string> = {
  "003": "invalid-request",
  "030": "invalid-query",
  "031": "invalid-query",
  "052": "not-found",
  "061": "not-found",
  "065": "invalid-query",
  "066": "not-found",
  "067": "invalid-query",
  "068": "access-denied",
  "069": "access-denied",
  "070": "access-denied",
  "071": "invalid-query",
  "072": "invalid-query",
  "073": "statement-timeout",
  "074": "invalid-query",
  "075": "access-denied",
  "076": "access-denied",
  "077": "access-denied",
  "078": "invalid-request",
  "088": "access-denied",
  "089": "unauthorized",
  "092": "unauthorized",
  "095": "access-denied",
  "096": "access-denied",
  "097": "not-found",
  "112": "invalid-query",
  "116": "invalid-query",
  "117": "invalid-query",
  "118": "invalid-query",
  "128": "not-found",
  "129": "invalid-query",
  "131": "statement-timeout",
  "140": "invalid-request",
  "159": "invalid-query",
  "160": "invalid-query",
  "161": "invalid-query",
  "162": "invalid-query",
  "163": "invalid-query",
  "164": "invalid-query",
  "165": "not-found",
  "166": "invalid-request",
  "167": "invalid-request",
  "168": "access-denied",
  "170": "unauthorized",
  "174": "quota-exceeded",
  "176": "invalid-query",
  "187": "access-denied",
  "188": "invalid-query",
  "191": "invalid-query",
  "192": "incomplete-response",
  "223": "access-denied",
  "224": "access-denied",
  "225": "unauthorized",
  "226": "not-found",
  "227": "access-denied",
  "228": "not-found",
  "238": "invalid-request",
  "239": "quota-exceeded",
  "242": "rate-limited",
  "244": "rate-limited",
  "245": "unauthorized",
};

/** The recorded body as the server sent it. */
function bodyOf({ body, body_text: text }: Recording["response"]): BodyInit | null {
  if (text !== undefined) return text;
  if (typeof body === "string") return body;
  const { base64, length, head, tail } = body as {
    base64?: string;
    length?: number;
    head?: string;
    tail?: string;
  };
  if (base64 !== undefined) return Uint8Array.fromBase64(base64);
  if (length === undefined || head === undefined || tail === undefined) return JSON.stringify(body);
  // The middle of the one long text is rows of "x", so what stands between may be one more of them.
  return head + "x".repeat(length - head.length - tail.length) + tail;
}

/** The parameters of the recorded request, wherever they stood. */
function parametersOf({ query, body }: Recording["request"]): Json {
  const inUrl = Array.isArray(query) ? Object.fromEntries(query) : query;
  if (typeof body !== "string") return inUrl;
  if (body.startsWith("{")) return { ...inUrl, ...JSON.parse(body) };
  return { ...inUrl, ...Object.fromEntries(new URLSearchParams(body)) };
}

/** Does with the client what the recorded request did. */
async function play(recording: Recording, client: ClassicClient): Promise<unknown> {
  const { method, path, body } = recording.request;
  const [, tail = ""] = path.split(/\/api\/v\d\/sql/);
  const parameters = parametersOf(recording.request);
  const q = parameters.q as string;
  if (tail === "/copyfrom") {
    const data = body === null ? "" : typeof body === "string" ? body : Uint8Array.fromBase64(body.base64);
    return await client.copy.from(parameters.q as string, data, { gzip: false });
  }
  if (tail === "/copyto") return await new Response(await client.copy.to(q)).bytes();
  if (tail === "/job") return (await client.batchJobs.create(parameters.query as BatchJobQuery)).document;
  if (tail.startsWith("/job/")) {
    const id = tail.slice("/job/".length);
    return method === "DELETE"
      ? await client.batchJobs.cancel(id)
      : (await client.batchJobs.get(id)).document;
  }
  const number = (value: unknown) => value === undefined ? undefined : Number(value);
  const options: QueryOptions = {
    method: method as "GET" | "POST",
    rowsPerPage: number(parameters.rows_per_page),
    page: number(parameters.page),
    orderBy: parameters.order_by as string,
    sortOrder: parameters.sort_order as "asc",
    skipFields: typeof parameters.skipfields === "string"
      ? parameters.skipfields.split(",")
      : parameters.skipfields as string[],
    decimalPlaces: number(parameters.dp),
    filename: parameters.filename as string,
  };
  const format = String(parameters.format ?? "json").toLowerCase() as SqlFormat;
  return await client.sql.query(q, { ...options, format: format as "geojson" });
}

/** The value as it should be given for its PostgreSQL type. */
function expected(value: unknown, pgtype: string | undefined): unknown {
  if (value === null) return null;
  if (pgtype?.startsWith("_") && Array.isArray(value)) {
    return value.map((item) => expected(item, pgtype.slice(1)));
  }
  switch (pgtype) {
    case "int8":
      return BigInt(value as number);
    case "numeric":
      return String(value);
    case "float4":
    case "float8":
      return Number(value);
    case "bytea":
      return Uint8Array.from((value as { data: number[] }).data);
    default:
      return value;
  }
}

/** What a user should get for a good answer. */
function checkGood(outcome: unknown, { response, request }: Recording): void {
  const body = response.body as Json;
  if (request.path.includes("/job/") && request.method === "DELETE") {
    return assertEquals(outcome, body.status);
  }
  if (request.path.endsWith("/copyfrom")) {
    return assertEquals(outcome, { totalRows: body.total_rows, time: body.time });
  }
  if (outcome instanceof Uint8Array) {
    return assertEquals(outcome.toHex(), new Uint8Array(bytesOf(bodyOf(response))).toHex());
  }
  if (!Array.isArray(body.rows)) return assertEquals(outcome, body);
  const fields = body.fields as Record<string, Json>;
  const rows = (body.rows as Json[]).map((row) =>
    Object.fromEntries(
      Object.entries(row).map((
        [name, value],
      ) => [name, expected(value, fields[name]?.pgtype as string | undefined)]),
    )
  );
  const given = outcome as Json;
  assertEquals(given.rows, rows);
  assertEquals(given.fields, Object.entries(fields).map(([name, field]) => ({ ...field, name })));
  assertEquals([given.totalRows, given.time], [body.total_rows, body.time]);
  for (const name of ["notices", "warnings", "infos"]) assertEquals(given[name], body[name] ?? []);
}

function bytesOf(body: BodyInit | null): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body as Uint8Array;
}

/** What a user should be told of a bad answer. */
function checkBad(error: ResponseError, id: string, { response }: Recording): void {
  assertEquals(error.code, CODES[id]);
  assertEquals(error.status, response.status);
  const body = response.body as {
    error?: string[];
    detail?: string;
    hint?: string;
    context?: string;
    tail?: string;
  };
  const [message] = body.error ?? JSON.parse(body.tail?.split("\n").at(-1) ?? "{}").error;
  assert(error.message.includes(message), error.message);
  assertEquals(error.serverMessages, [message]);
  if (body.detail !== undefined) assertEquals(error.detail, body.detail);
  if (body.context !== undefined) assertEquals(error.context, body.context);
  if (body.hint !== undefined) assertEquals(error.hint, body.hint);
}

/** Whether the request is the recorded one, but for the place of the key and of the parameters. */
function checkRequest(received: Received, recording: Recording): void {
  const [, tail] = recording.request.path.split(/\/api\/v\d\//);
  assertEquals(received.url.pathname, `/api/v2/${tail}`);
  const recorded = parametersOf(recording.request);
  const sent: Json = {
    ...Object.fromEntries(received.url.searchParams),
    ...Object.fromEntries(received.form),
  };
  if (recorded.q !== undefined) assertEquals(sent.q, String(recorded.q).trim());
  if (recorded.query !== undefined) {
    assertEquals(JSON.parse(received.text).query, recorded.query as Json);
  }
}

const names = [...Deno.readDirSync(FOLDER)].map((entry) => entry.name).filter((name) =>
  /^\d{3}-.*\.json$/.test(name)
);

for (const name of names.sort()) {
  const id = name.slice(0, 3);
  if (id in NOT_PLAYED) continue;
  Deno.test(`recorded exchange ${name.replace(".json", "")}`, async () => {
    const recording: Recording = JSON.parse(await Deno.readTextFile(new URL(name, FOLDER)));
    const { response } = recording;
    const server = new FakeServer(() => {
      assert(response.status !== null);
      const body = [204, 205].includes(response.status) ? null : bodyOf(response);
      return new Response(body, { status: response.status, headers: response.headers });
    });
    let outcome: unknown;
    let error: unknown;
    try {
      outcome = await play(recording, clientOf(server));
    } catch (caught) {
      error = caught;
    }
    if (id in REFUSED) {
      assert(isCartoError(error), `not refused: ${REFUSED[id]}`);
      assertEquals([error.code, server.received.length], ["invalid-argument", 0]);
      return;
    }
    checkRequest(server.at(0), recording);
    if (id in ROUNDED) {
      assert(isCartoError(error), "a rounded number was passed on");
      assertEquals([error.code, (error as unknown as { place: unknown }).place], [
        "invalid-data",
        ROUNDED[id],
      ]);
    } else if (id in CODES) {
      assert(isCartoError(error), "no error");
      checkBad(error as ResponseError, id, recording);
    } else if (id === "197") {
      // "Cannot set status from done to cancelled": the job has ended, which is what was wanted.
      assertEquals([outcome, error], ["done", undefined]);
    } else {
      assertEquals(error, undefined);
      checkGood(outcome, recording);
    }
  });
}

Deno.test("every recording is there, and each exception is about one that is", () => {
  assertEquals(names.length, 245);
  const ids = new Set(names.map((name) => name.slice(0, 3)));
  for (const id of Object.keys({ ...NOT_PLAYED, ...REFUSED, ...ROUNDED, ...CODES })) assert(ids.has(id), id);
});
