/** What only real sockets show: bodies that break off, redirects, compression, certificates, refusals amid an upload. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NetworkError, RateLimitError, ResponseError, TimeoutError } from "../../src/errors/carto_error.ts";
import { type RequestSpec, Transport } from "../../src/http/transport.ts";
import { selfSigned } from "./_self_signed.ts";
import { spec } from "./_fake.ts";

const quick = { sleep: () => Promise.resolve(), random: () => 0 };

/** Serves HTTP on loopback for the time of a test. */
async function serving(
  handler: (request: Request) => Response | Promise<Response>,
  run: (url: (path: string) => URL) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen() {},
    onError: () => new Response("x"),
  }, handler);
  try {
    await run((path) => new URL(path, `http://127.0.0.1:${server.addr.port}`));
  } finally {
    await server.shutdown();
  }
}

/** Answers every connection with the same bytes and closes it. */
async function answering(
  bytes: string,
  run: (url: URL, connections: () => number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  let connections = 0;
  const accept = (async () => {
    for await (const connection of listener) {
      connections++;
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(bytes));
      connection.close();
    }
  })();
  try {
    await run(new URL(`http://127.0.0.1:${listener.addr.port}/api/v2/sql?q=SELECT`), () => connections);
  } finally {
    listener.close();
    await accept;
  }
}

const CUT = {
  "a body shorter than announced": 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rows":[',
  "chunks without an end": 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"rows":[\r\n',
};

for (const [name, bytes] of Object.entries(CUT)) {
  Deno.test(`sockets: ${name} is an incomplete answer for every way of reading`, async () => {
    await answering(bytes, async (url, connections) => {
      const transport = new Transport({ ...quick, retries: 1 });
      for (const read of ["json", "text", "bytes"] as const) {
        const before = connections();
        const error = await assertRejects(() => transport[read](spec({ url })), ResponseError);
        assertEquals([error.code, error.status], ["incomplete-response", 200]);
        assert(!Deno.inspect(error).includes("SELECT"), Deno.inspect(error));
        assertEquals(connections() - before, 2);
      }
      for (const read of ["stream", "lend"] as const) {
        const { body } = await transport[read](spec({ url }));
        const error = await assertRejects(() => new Response(body).text(), ResponseError);
        assertEquals(error.code, "incomplete-response");
      }
    });
  });
}

Deno.test("sockets: a connection closed without an answer, and one that is refused, are network errors", async () => {
  await answering("", async (url) => {
    const error = await assertRejects(
      () => new Transport({ ...quick, retries: 0 }).json(spec({ url })),
      NetworkError,
    );
    assertStringIncludes(error.message, `no answer from "${url.host}": `);
  });
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/`);
  listener.close();
  const error = await assertRejects(
    () => new Transport({ ...quick, retries: 0 }).json(spec({ url })),
    NetworkError,
  );
  assertEquals(
    error.message,
    `Cannot read table "cafes": no answer from "${url.host}": the connection was refused`,
  );
});

Deno.test("sockets: parts that are lent come in one buffer, and together they are what was sent", async () => {
  const sent = crypto.getRandomValues(new Uint8Array(60_000));
  const pieces = () =>
    ReadableStream.from((async function* () {
      for (let at = 0; at < sent.length; at += 7001) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield sent.subarray(at, at + 7001);
      }
    })());
  const read = async (body: ReadableStream<Uint8Array>) => {
    const parts: Uint8Array[] = [];
    const copies: number[] = [];
    for await (const part of body) {
      parts.push(part);
      copies.push(...part);
    }
    return { parts, bytes: new Uint8Array(copies) };
  };
  await serving(() => new Response(pieces()), async (url) => {
    const { body } = await new Transport(quick).lend(spec({ url: url("/") }));
    const { parts, bytes } = await read(body);
    assertEquals(bytes, sent);
    assert(parts.length > 1);
    // Each but the last was taken back when the next one was asked for
    assertEquals(parts.slice(0, -1).map((part) => part.length), parts.slice(1).map(() => 0));
  });
  // A `fetch` of the caller's own answers with parts that it has made
  const own = new Transport({ ...quick, fetch: () => Promise.resolve(new Response(pieces())) });
  const { body } = await own.lend(spec());
  assertEquals((await read(body)).bytes, sent);
});

Deno.test("sockets: gzip is undone, whatever the announced length", async () => {
  const text = "id,name\n".repeat(5000);
  const packed = new Uint8Array(
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
  const handler = () =>
    new Response(packed, {
      headers: { "content-encoding": "gzip", "content-length": String(packed.length) },
    });
  await serving(handler, async (url) => {
    assertEquals((await new Transport().text(spec({ url: url("/") }))).body, text);
  });
});

Deno.test("sockets: the key does not follow a redirect to another host", async () => {
  const seen: (string | null)[] = [];
  const other = (request: Request) => {
    seen.push(request.headers.get("authorization"));
    return Response.json({});
  };
  await serving(other, async (elsewhere) => {
    const handler = ({ url }: Request) =>
      url.endsWith("/here") ? Response.json({ here: true }) : Response.redirect(
        url.endsWith("/inside") ? url.replace("/inside", "/here") : elsewhere("/stolen"),
      );
    await serving(handler, async (url) => {
      const headers = { authorization: "Basic YW5hOnNlY3JldA==" };
      const transport = new Transport(quick);
      await assertRejects(
        () => transport.json(spec({ url: url("/away"), headers })),
        ResponseError,
        "redirects to",
      );
      assertEquals((await transport.json(spec({ url: url("/inside"), headers }))).body, { here: true });
    });
  });
  assertEquals(seen, []);
});

Deno.test("sockets: an upload that is refused at once stops, and starts again from its beginning", async () => {
  let attempts = 0;
  let finished = 0;
  const received: number[] = [];
  const handler = async (request: Request) => {
    if (++attempts === 1) {
      return Response.json({ error: ["wait"] }, { status: 429, headers: { "retry-after": "1" } });
    }
    received.push((await request.arrayBuffer()).byteLength);
    return Response.json({ total_rows: 100 });
  };
  // Far more than the buffers of a socket hold, so that the first attempt cannot have sent it all
  const body = () => {
    let parts = 0;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++parts <= 100) return controller.enqueue(new Uint8Array(256 * 1024));
        finished++;
        controller.close();
      },
    }, { highWaterMark: 0 });
  };
  await serving(handler, async (url) => {
    const upload = { method: "POST", url: url("/"), retry: "rate-limit", body } satisfies Partial<
      RequestSpec
    >;
    assertEquals((await new Transport(quick).json(spec(upload))).body, { total_rows: 100 });
    attempts = 0;
    await assertRejects(() => new Transport({ ...quick, retries: 0 }).json(spec(upload)), RateLimitError);
  });
  assertEquals([received, finished], [[100 * 256 * 1024], 1]);
});

Deno.test("sockets: aborting a download closes the connection and leaves nothing behind", async () => {
  let ended: Promise<void> | undefined;
  const handler = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ended = promise;
    return new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1024)),
        cancel: () => resolve(),
      }),
    );
  };
  await serving(handler, async (url) => {
    const controller = new AbortController();
    const { body } = await new Transport(quick).stream(spec({ url: url("/"), signal: controller.signal }));
    const reader = body.getReader();
    await reader.read();
    controller.abort(new RangeError("enough"));
    await assertRejects(() => reader.read(), RangeError, "enough");
    await ended;

    const second = await new Transport(quick).stream(spec({ url: url("/") }));
    await second.body.cancel();
    await ended;
  });
});

Deno.test("sockets: a server that says nothing is given up", async () => {
  const gates: (() => void)[] = [];
  const handler = () => new Promise<Response>((resolve) => gates.push(() => resolve(new Response("late"))));
  await serving(handler, async (url) => {
    const transport = new Transport({ ...quick, timeout: 30, retries: 1 });
    await assertRejects(
      () => transport.json(spec({ url: url("/") })),
      TimeoutError,
      "nothing came for 30 ms",
    );
    assertEquals(gates.length, 2);
    for (const open of gates) open();
  });
});

Deno.test("HTTP-026 HTTP-027: a self-signed server is refused, and works with a `fetch` that trusts it", async () => {
  const { cert, key } = await selfSigned();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", cert, key, onListen() {}, onError: () => new Response("x") },
    () => Response.json({ rows: [] }),
  );
  const url = new URL(`https://localhost:${server.addr.port}/`);
  const error = await assertRejects(() => new Transport(quick).json(spec({ url })), NetworkError);
  assertStringIncludes(error.message, "certificate is not trusted");

  using client = Deno.createHttpClient({ caCerts: [cert] });
  const trusting = new Transport({
    ...quick,
    fetch: (input, init) => fetch(input, { ...init as object, client }),
  });
  assertEquals((await trusting.json(spec({ url }))).body, { rows: [] });
  await server.shutdown();
});
