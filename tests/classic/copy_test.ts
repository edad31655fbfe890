import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { Credentials } from "../../src/auth/credentials.ts";
import { chunksOf, openCopyTo } from "../../src/classic/_copy_streams.ts";
import { requestsOf } from "../../src/classic/_requests.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import type { CopySource } from "../../src/classic/copy.ts";
import {
  ArgumentError,
  DataError,
  PermissionError,
  RateLimitError,
  ResponseError,
} from "../../src/errors/carto_error.ts";
import { clientOf, failure, FakeServer, KEY, nameless } from "./_fake_server.ts";

const INTO = "COPY copy_target (id, name) FROM STDIN WITH (FORMAT csv)";
const OUT = "COPY copy_target TO STDOUT WITH (FORMAT csv)";
const encode = (text: string) => new TextEncoder().encode(text);

function stored(rows: number): object {
  return { time: 0.046, total_rows: rows };
}

/** A server that counts the lines it is sent, as COPY would. */
function counting(header = false): FakeServer {
  return new FakeServer((received: { bytes: Uint8Array; headers: Headers }) => {
    const gzip = received.headers.get("content-encoding") === "gzip";
    const text = new TextDecoder().decode(gzip ? gunzipSync(received.bytes) : received.bytes);
    return Response.json(stored(text.split("\n").length - 1 - (header ? 1 : 0)));
  });
}

/** An answer of COPY TO that comes in these pieces. */
function data(...pieces: (string | Uint8Array)[]): () => Response {
  return () =>
    new Response(
      ReadableStream.from(pieces.map((piece) => typeof piece === "string" ? encode(piece) : piece)),
      { headers: { "content-type": "application/octet-stream" } },
    );
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<{ text: string; error?: unknown }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
    return { text };
  } catch (error) {
    return { text, error };
  }
}

const THREE = "id,name\n1,a\n2,b\n3,c\n";

Deno.test("COPY-001 COPY-003: an upload is one gzip POST of bytes, the statement in the query string", async () => {
  const server = counting(true);
  const query = "COPY t (id, name) FROM STDIN WITH (FORMAT csv, HEADER true)";
  assertEquals(await clientOf(server).copy.from(query, THREE), { totalRows: 3, time: 0.046 });
  const { method, url, headers, bytes } = server.at(0);
  assertEquals([method, url.pathname], ["POST", "/api/v2/sql/copyfrom"]);
  assertEquals([...url.searchParams], [["q", query]]);
  assertEquals([headers.get("content-type"), headers.get("content-encoding")], [
    "application/octet-stream",
    "gzip",
  ]);
  assertEquals(new TextDecoder().decode(gunzipSync(bytes)), THREE);
  assert(headers.get("authorization")?.startsWith("Basic "));
});

Deno.test("COPY-002: without compression there is no content-encoding, and the bytes are sent as they are", async () => {
  const server = counting(true);
  const { totalRows } = await clientOf(server).copy.from(INTO, THREE, { gzip: false });
  assertEquals(totalRows, 3);
  assertEquals([server.at(0).headers.get("content-encoding"), server.at(0).text], [null, THREE]);
});

Deno.test("a server on this machine gets plain bytes unless gzip is asked for", async () => {
  const server = counting();
  await nameless(server).copy.from(INTO, THREE);
  await nameless(server).copy.from(INTO, THREE, { gzip: 6 });
  assertEquals(server.received.map(({ headers }) => headers.get("content-encoding")), [null, "gzip"]);
  assertEquals(server.at(0).url.searchParams.get("api_key"), KEY);
  await assertRejects(
    () => nameless(server).copy.from(INTO, THREE, { gzip: 10 }),
    ArgumentError,
    "levels 1 to 9",
  );
});

Deno.test("COPY-004: a wrong table is told in the server's words", async () => {
  const server = new FakeServer(failure(400, 'relation "any_wrong_table" does not exist'));
  const error = await assertRejects(
    () => clientOf(server).copy.from("COPY any_wrong_table FROM STDIN", "1\n"),
    ResponseError,
    'relation "any_wrong_table" does not exist',
  );
  assertEquals([error.status, error.code], [400, "not-found"]);
});

Deno.test("COPY-005 COPY-006: 1000 lines from a file arrive", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, Array.from({ length: 1000 }, (_, i) => `${i},name ${i}\n`).join(""));
    assertEquals((await clientOf(counting()).copy.fromFile(INTO, path)).totalRows, 1000);
    await Deno.writeTextFile(path, THREE);
    assertEquals((await clientOf(counting(true)).copy.fromFile(INTO, path)).totalRows, 3);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("COPY-007: geometry as EWKT text passes through untouched", async () => {
  const server = counting();
  const rows = "SRID=4326;POINT(-126 54),North West,89\nSRID=4326;POINT(-96 34),South East,99\n";
  await clientOf(server).copy.from(INTO, rows, { gzip: false });
  assertEquals(server.at(0).text, rows);
});

Deno.test("every kind of source is sent whole, also from one buffer that is filled again and again", async () => {
  const buffer = new Uint8Array(4);
  function* reused() {
    for (let i = 1; i <= 300; i++) {
      encode(`${String(i).padStart(3, "0")}\n`).forEach((byte, at) => buffer[at] = byte);
      yield buffer;
    }
  }
  async function* later() {
    for (const chunk of reused()) {
      await Promise.resolve();
      yield chunk;
    }
  }
  /** Whose `slice` is no copy. */
  function* nodeBuffers() {
    const node = Buffer.alloc(4);
    for (const chunk of reused()) {
      node.set(chunk);
      yield node;
    }
  }
  const whole = Array.from({ length: 300 }, (_, i) => `${String(i + 1).padStart(3, "0")}\n`).join("");
  const sources: Record<string, CopySource> = {
    text: whole,
    bytes: encode(whole),
    array: [encode(whole.slice(0, 10)), new Uint8Array(), encode(whole.slice(10))],
    generator: reused(),
    "Node's buffers": nodeBuffers(),
    "async generator": later(),
    stream: new Response(whole).body ?? "",
    function: () => reused(),
    "async function": () => Promise.resolve(later()),
  };
  for (const [name, source] of Object.entries(sources)) {
    const server = counting();
    // A source that can be read once is used for plain bytes only.
    const gzip = name === "function";
    await clientOf(server).copy.from(INTO, source, { gzip });
    const { bytes } = server.at(0);
    assertEquals(new TextDecoder().decode(gzip ? gunzipSync(bytes) : bytes), whole, name);
  }
});

Deno.test("the memory of what has been sent is given back at once, that of the caller's own data never", async () => {
  const own = [encode("1,a\n"), encode("2,b\n")];
  const sent: Uint8Array[] = [];
  for await (const piece of chunksOf(own, () => {})) sent.push(piece);
  assertEquals(sent.map(({ length }) => length), [0, 0]);
  assertEquals(own, [encode("1,a\n"), encode("2,b\n")]);
});

Deno.test("a fetch that was put in the place of Deno's may gather what it is given", async () => {
  const denoFetch = globalThis.fetch;
  let body = "";
  try {
    globalThis.fetch = async (_url, init) => {
      body = await new Response(init?.body).text();
      return Response.json({ total_rows: 2, time: 0 });
    };
    const client = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }));
    await client.copy.from(INTO, [encode("1,a\n"), encode("2,b\n")], { gzip: false });
  } finally {
    globalThis.fetch = denoFetch;
  }
  assertEquals(body, "1,a\n2,b\n");
});

Deno.test("data that are no bytes are refused", async () => {
  for (const wrong of [1, null, { a: 1 }, ["text"], [[1, 2]]]) {
    await assertRejects(
      () => clientOf(counting()).copy.from(INTO, wrong as unknown as CopySource),
      ArgumentError,
      "Cannot copy",
    );
  }
});

Deno.test("progress tells the bytes before compression", async () => {
  const seen: number[] = [];
  await clientOf(counting()).copy.from(INTO, [encode("1,a\n"), encode("2,bb\n")], {
    onProgress: ({ bytes }) => seen.push(bytes),
  });
  assertEquals(seen, [4, 9]);
});

const BUSY = failure(429, "You are over platform's limits", { context: "limit", detail: "rate-limit" }, {
  "retry-after": "31",
});

Deno.test("HTTP-030: a busy server is asked again after its waiting time, with the data made anew", async () => {
  const server = new FakeServer(BUSY, stored(1));
  let made = 0;
  const source = () => {
    made++;
    return [encode("1,a\n")];
  };
  assertEquals((await clientOf(server).copy.from(INTO, source, { gzip: false })).totalRows, 1);
  assertEquals([made, server.waits, server.at(1).text], [2, [31_000], "1,a\n"]);
});

Deno.test("HTTP-031 HTTP-032: a busy server is asked as often as was said, and no more", async () => {
  for (const [retries, requests] of [[undefined, 3], [1, 2], [0, 1]] as const) {
    const server = new FakeServer(BUSY);
    await assertRejects(() => clientOf(server).copy.from(INTO, "1,a\n", { retries }), RateLimitError);
    assertEquals(server.received.length, requests);
  }
});

Deno.test("a busy server ends an upload that cannot be made anew", async () => {
  function* once() {
    yield encode("1,a\n");
  }
  const server = new FakeServer(BUSY);
  const error = await assertRejects(() => clientOf(server).copy.from(INTO, once()), RateLimitError);
  assertEquals([error.retryAfter, server.received.length], [31, 1]);
});

Deno.test("an upload is not repeated when the server breaks: rows could be stored twice", async () => {
  const server = new FakeServer(failure(502, "bad gateway"));
  await assertRejects(() => clientOf(server).copy.from(INTO, "1,a\n"), ResponseError);
  assertEquals(server.received.length, 1);
});

Deno.test("a source that fails gives its own error, and is ended", async () => {
  let ended = false;
  function* failing() {
    try {
      yield encode("1,a\n");
      throw new DataError("bad value", { place: { row: 2 } });
    } finally {
      ended = true;
    }
  }
  for (const gzip of [false, true]) {
    ended = false;
    const error = await assertRejects(
      () => clientOf(counting()).copy.from(INTO, () => failing(), { gzip }),
      DataError,
    );
    assertEquals([error.place, ended], [{ row: 2 }, true]);
  }
});

Deno.test("an upload of rows without an end stays small and stops with its signal", async () => {
  const controller = new AbortController();
  let made = 0;
  function* endless() {
    const line = encode("1,a\n".repeat(1000));
    while (true) {
      made++;
      yield line;
    }
  }
  const client = clientOf(new FakeServer(), {
    async fetch(_input, init) {
      const reader = (init?.body as ReadableStream<Uint8Array>).getReader();
      for (let i = 0; i < 5; i++) await reader.read();
      controller.abort(new Error("enough"));
      await reader.cancel();
      throw init?.signal?.reason;
    },
  });
  await assertRejects(
    () => client.copy.from(INTO, endless(), { gzip: false, signal: controller.signal }),
    Error,
    "enough",
  );
  assert(made < 10, String(made));
});

Deno.test("statements of the wrong kind are refused before anything is sent", async () => {
  const server = counting();
  const { copy } = clientOf(server);
  await assertRejects(() => copy.from("SELECT 1", "1\n"), ArgumentError, "COPY … FROM STDIN");
  await assertRejects(() => copy.from(OUT, "1\n"), ArgumentError);
  await assertRejects(() => copy.to("SELECT 1"), ArgumentError, "COPY … TO STDOUT");
  // The server would wait for data that never come.
  await assertRejects(() => copy.to("COPY copy_target FROM STDIN"), ArgumentError);
  assertEquals(server.received.length, 0);
});

Deno.test("COPY is made the first word, as the server wants it", async () => {
  const server = counting();
  await clientOf(server).copy.from("\n /* rows */ COPY t FROM STDIN; -- done", "1\n");
  await clientOf(server).copy.from("copy t from stdin", "1\n");
  assertEquals(server.received.map(({ url }) => url.searchParams.get("q")), [
    "COPY t FROM STDIN",
    "copy t from stdin",
  ]);
});

Deno.test("COPY-008: a download gives the server's bytes", async () => {
  const lines = Array.from({ length: 10 }, (_, i) => `${i + 1}\tSRID=4326;POINT(${i + 1} ${i + 1})\n`);
  const server = new FakeServer(data(...lines));
  const query = "COPY (SELECT i, ST_AsEWKT(g) FROM t) TO STDOUT";
  const { text } = await readAll(await clientOf(server).copy.to(query));
  assertEquals(text, lines.join(""));
  assertEquals(text.split("\n")[0], "1\tSRID=4326;POINT(1 1)");
  const { method, url, form } = server.at(0);
  assertEquals([method, url.pathname, url.search], ["POST", "/api/v2/sql/copyto", ""]);
  assertEquals([...form], [["q", query]]);
});

Deno.test("COPY-009: a download into a file, twice with append", async () => {
  const path = await Deno.makeTempFile();
  try {
    const { copy } = clientOf(new FakeServer(data("1,a\n", "2,b\n")));
    assertEquals(await copy.toFile(OUT, path), { bytes: 8 });
    assertEquals(await copy.toFile(OUT, path, { append: true }), { bytes: 8 });
    assertEquals(await Deno.readTextFile(path), "1,a\n2,b\n1,a\n2,b\n");
    await copy.toFile(OUT, path);
    assertEquals(await Deno.readTextFile(path), "1,a\n2,b\n");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("COPY-010: a download is read in pieces, as fast as the reader asks", async () => {
  let made = 0;
  const server = new FakeServer(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          made++;
          controller.enqueue(encode("x".repeat(8191) + "\n"));
        },
      }, { highWaterMark: 0 }),
    )
  );
  const reader = (await clientOf(server).copy.to(OUT)).getReader();
  for (let i = 0; i < 3; i++) assertEquals((await reader.read()).value?.length, 8192);
  await reader.cancel();
  assert(made <= 6, String(made));
});

Deno.test("COPY-011 COPY-012: a refused download is an error with the server's message", async () => {
  const outcomes = [
    [400, 'syntax error at or near "TOO"', "invalid-query"],
    [403, "permission denied for table private_notes", "access-denied"],
    [404, "not found", "not-found"],
    [429, "over the limits", "quota-exceeded"],
  ] as const;
  for (const [status, message, code] of outcomes) {
    const { copy } = clientOf(new FakeServer(failure(status, message, { context: "limit" })));
    const error = await assertRejects(() => copy.to(OUT), ResponseError, message);
    assertEquals([error.status, error.code], [status, code]);
  }
});

Deno.test("COPY-013: a broken server is asked again, then told", async () => {
  const server = new FakeServer(new Response("", { status: 500 }));
  const error = await assertRejects(() => clientOf(server).copy.to(OUT), ResponseError);
  assertEquals([error.status, error.code, server.received.length], [500, "server-error", 3]);
  // One that changes data is not.
  const writing = new FakeServer(new Response("", { status: 500 }));
  await assertRejects(
    () => clientOf(writing).copy.to("COPY (DELETE FROM t RETURNING *) TO STDOUT"),
    ResponseError,
  );
  assertEquals(writing.received.length, 1);
});

const LATE = '\n{"error":["division by zero"]}';

const broken: [string, (string | Uint8Array)[], string, string][] = [
  ["between lines", ["1,a\n2,b\n", LATE], "division by zero", "1,a\n2,b\n\n"],
  ["within a line", ["1,a\n2,", LATE], "division by zero", "1,a\n2,\n"],
  ["in the same piece", ["1,a\n2," + LATE], "division by zero", "1,a\n2,\n"],
  ["byte by byte", [..."1,a\n2," + LATE], "division by zero", "1,a\n2,\n"],
  ["before any row", [LATE], "division by zero", "\n"],
  ["with a hint", ["1\n", '\n{"error":["custom"],"hint":"the hint"}'], "custom", "1\n\n"],
  ["cut within a row", ["1,a\n2,b"], "cut off in the middle of a row", "1,a\n"],
];
for (const [name, pieces, message, passed] of broken) {
  Deno.test(`a download that fails ${name} never ends quietly`, async () => {
    const stream = await clientOf(new FakeServer(data(...pieces))).copy.to(OUT);
    const { text, error } = await readAll(stream);
    assert(error instanceof ResponseError, "no error");
    assertEquals([error.code, error.status], ["incomplete-response", 200]);
    assert(error.message.includes(message), error.message);
    // Nothing of the error text is passed on as data.
    assertEquals(text, passed);
  });
}

Deno.test("the server's hint and a statement time-out are kept", async () => {
  const hint = data("1\n", '\n{"error":["custom"],"hint":"the hint"}');
  const { error } = await readAll(await clientOf(new FakeServer(hint)).copy.to(OUT));
  assertEquals((error as ResponseError).hint, "the hint");
  const slow = data("1\n", '\n{"error":["SQL query timeout error"],"context":"limit","detail":"datasource"}');
  const outcome = await readAll(await clientOf(new FakeServer(slow)).copy.to(OUT));
  assertEquals((outcome.error as ResponseError).code, "statement-timeout");
});

Deno.test("rows that look like an error are data", async () => {
  const rows = '{"error":["division by zero"]}\n1\n';
  assertEquals(await readAll(await clientOf(new FakeServer(data(rows))).copy.to(OUT)), { text: rows });
});

Deno.test("an empty download is whole", async () => {
  assertEquals(await readAll(await clientOf(new FakeServer(data())).copy.to(OUT)), { text: "" });
});

Deno.test("a very long row passes in constant memory, and its end is still checked", async () => {
  const long = "x".repeat(700_000);
  const whole = await readAll(await clientOf(new FakeServer(data(long, long, long, "\n"))).copy.to(OUT));
  assertEquals([whole.text.length, whole.error], [2_100_001, undefined]);
  const cut = await readAll(await clientOf(new FakeServer(data(long, long, long, LATE))).copy.to(OUT));
  assert((cut.error as ResponseError).message.includes("division by zero"));
});

Deno.test("a binary download ends with its trailer or in an error", async () => {
  const head = Uint8Array.fromBase64("UEdDT1BZCv8NCgAAAAAAAAAAAA==");
  const row = new Uint8Array([0, 1, 0, 0, 0, 4, 0, 0, 0, 1]);
  const end = new Uint8Array([255, 255]);
  const sizeOf = async (...pieces: Uint8Array[]) => {
    const stream = await clientOf(new FakeServer(data(...pieces))).copy.to(
      "COPY t TO STDOUT WITH (FORMAT binary)",
    );
    return (await new Response(stream).bytes()).length;
  };
  assertEquals(await sizeOf(head, row, end), head.length + row.length + 2);
  assertEquals(await sizeOf(head, row, end.subarray(0, 1), end.subarray(1)), head.length + row.length + 2);
  await assertRejects(() => sizeOf(head, row), ResponseError, "cut off");
  await assertRejects(() => sizeOf(head, new Uint8Array([0, 1, 0, 0, 0, 1, 10])), ResponseError, "cut off");
  await assertRejects(() => sizeOf(head, row, encode(LATE)), ResponseError, "division by zero");
});

Deno.test("rows whose bytes are only lent pass whole, wherever they are cut", async () => {
  const lines = Array.from({ length: 4000 }, (_, i) => `${i}|${"x".repeat((i * 37) % 300)}\n`).join("");
  const bytes = new TextEncoder().encode(lines);
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () =>
      new Response(ReadableStream.from((async function* () {
        for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7919) % 90_001) {
          yield bytes.subarray(at, at + size);
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
      })())),
  );
  try {
    const baseUrl = `http://127.0.0.1:${server.addr.port}`;
    const client = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234", baseUrl }));
    const rows = await openCopyTo(requestsOf(client), "COPY t TO STDOUT", { retry: "read", lends: true });
    const decoder = new TextDecoder();
    let text = "";
    for await (const part of rows) text += decoder.decode(part, { stream: true });
    assertEquals(text.length, lines.length);
    assert(text === lines);
  } finally {
    await server.shutdown();
  }
});

Deno.test("a download into a file that fails leaves no part of it", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/out.csv`;
  try {
    const { copy } = clientOf(new FakeServer(data("1,a\n", LATE)));
    await assertRejects(() => copy.toFile(OUT, path), ResponseError, "division by zero");
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    await Deno.writeTextFile(path, "kept\n");
    await assertRejects(() => copy.toFile(OUT, path, { append: true }), ResponseError);
    assertEquals(await Deno.readTextFile(path), "kept\n");
    // Nor does a download touch the old file before it is complete, or a query that is refused.
    await assertRejects(() => copy.toFile(OUT, path), ResponseError, "division by zero");
    const refused = clientOf(new FakeServer(failure(400, "no")));
    await assertRejects(() => refused.copy.toFile(OUT, path), ResponseError);
    assertEquals(await Deno.readTextFile(path), "kept\n");
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["out.csv"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that does not exist is told before anything is sent", async () => {
  const server = counting();
  const error = await assertRejects(
    () => clientOf(server).copy.fromFile(INTO, "no/such/file.csv"),
    DataError,
  );
  assertEquals([error.place.file, server.received.length], ["no/such/file.csv", 0]);
});

Deno.test({
  name: "a file that may not be read or written is told with the flag to add",
  permissions: { read: false, write: false },
  async fn() {
    const server = counting();
    const { copy } = clientOf(server);
    const read = await assertRejects(() => copy.fromFile(INTO, "in.csv"), PermissionError);
    assertEquals(read.flags, ["--allow-read=in.csv"]);
    const write = await assertRejects(() => copy.toFile(OUT, "out.csv"), PermissionError);
    assertEquals(write.flags, ["--allow-write=out.csv"]);
    assertEquals(server.received.length, 0);
  },
});
