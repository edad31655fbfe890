// What an injected fetch cannot show: how requests and streams behave on a real connection.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { JobError, NetworkError, ResponseError } from "../../src/errors/carto_error.ts";

const KEY = 'k-0000+/=&#% "\\é';
const INTO = "COPY t FROM STDIN";
const line = new TextEncoder().encode("x".repeat(999) + "\n");

/** Serves on this machine while the test runs. */
async function withServer(
  handler: (request: Request) => Response | Promise<Response>,
  test: (client: ClassicClient, port: number) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  const credentials = new Credentials({
    baseUrl: `http://127.0.0.1:${server.addr.port}/user/ana`,
    apiKey: KEY,
  });
  try {
    await test(new ClassicClient(credentials, { retries: 0 }), server.addr.port);
  } finally {
    await server.shutdown();
  }
}

Deno.test("a large upload and download pass a real connection whole, compressed or not", async () => {
  const rows = 20_000;
  await withServer(async (request) => {
    if (request.url.endsWith("/copyto")) {
      let sent = 0;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (sent++ < rows) controller.enqueue(line);
            else controller.close();
          },
        }),
      );
    }
    const gzip = request.headers.get("content-encoding") === "gzip";
    const body = gzip ? request.body?.pipeThrough(new DecompressionStream("gzip")) : request.body;
    let bytes = 0;
    for await (const chunk of body ?? []) bytes += chunk.length;
    return Response.json({ total_rows: bytes / line.length, time: 0.1 });
  }, async ({ copy }) => {
    function* lines() {
      for (let i = 0; i < rows; i++) yield line;
    }
    for (const gzip of [false, true]) {
      assertEquals((await copy.from(INTO, lines, { gzip })).totalRows, rows);
    }
    let bytes = 0;
    for await (const chunk of await copy.to("COPY t TO STDOUT")) bytes += chunk.length;
    assertEquals(bytes, rows * line.length);
  });
});

Deno.test("a refusal in the middle of an upload ends it, and its source", async () => {
  for (const gzip of [false, true]) {
    const ended = Promise.withResolvers<void>();
    await withServer(async (request) => {
      const reader = request.body?.getReader();
      await reader?.read();
      await reader?.cancel();
      return Response.json({ error: ['invalid input syntax for type integer: "x"'] }, { status: 400 });
    }, async ({ copy }) => {
      function* endless() {
        try {
          while (true) yield line;
        } finally {
          ended.resolve();
        }
      }
      const error = await assertRejects(() => copy.from(INTO, endless(), { gzip }));
      // Some servers close the connection before their answer is read.
      assert(error instanceof ResponseError || error instanceof NetworkError, String(error));
      await ended.promise;
    });
  }
});

Deno.test("a signal ends an upload without end", async () => {
  const ended = Promise.withResolvers<void>();
  await withServer(async (request) => {
    try {
      for await (const _ of request.body ?? []) { /* takes all */ }
    } catch {
      // The client has gone.
    }
    return Response.json({ total_rows: 0 });
  }, async ({ copy }) => {
    const controller = new AbortController();
    async function* endless() {
      try {
        for (let i = 0;; i++) {
          if (i === 100) controller.abort(new Error("enough"));
          yield line;
          await new Promise((resolve) => setTimeout(resolve));
        }
      } finally {
        ended.resolve();
      }
    }
    await assertRejects(
      () => copy.from(INTO, endless(), { signal: controller.signal, gzip: true }),
      Error,
      "enough",
    );
    await ended.promise;
  });
});

Deno.test("a download whose connection breaks is an error of the stream", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(10_000));
    const head =
      "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    await connection.write(new TextEncoder().encode(`${head}4\r\n1,a\n\r\n`));
    connection.close();
  })();
  const baseUrl = `http://127.0.0.1:${listener.addr.port}/user/ana`;
  const client = new ClassicClient(new Credentials({ baseUrl, apiKey: KEY }), { retries: 0 });
  // Whole lines only have come, so nothing but the connection tells that more were to follow.
  const error = await assertRejects(
    async () => await new Response(await client.copy.to("COPY t TO STDOUT")).text(),
    ResponseError,
  );
  assertEquals(error.code, "incomplete-response");
  await serving;
  listener.close();
});

Deno.test("no error of any wrapper shows the key, raw or encoded", async () => {
  const echo = (request: Request) =>
    Response.json({
      error: [`${KEY} ${encodeURIComponent(KEY)} ${JSON.stringify(KEY)} ${request.url}`],
      detail: KEY,
      hint: KEY,
    }, { status: 400, headers: { "x-request-id": encodeURIComponent(KEY) } });
  const shown: string[] = [];
  const keep = async (work: () => Promise<unknown>) => {
    const error = await assertRejects(work);
    shown.push(
      Deno.inspect(error, { depth: 10 }),
      JSON.stringify(error),
      String(error),
      String((error as Error).stack),
      Deno.inspect((error as Error).cause),
    );
  };
  const everything = async (client: ClassicClient) => {
    await keep(() => client.sql.query("SELECT 1"));
    await keep(() => client.sql.query("SELECT 1", { method: "GET" }));
    await keep(() => client.sql.query("SELECT 1", { format: "geojson" }));
    await keep(() => client.sql.query("SELECT 1", { format: "csv" }));
    await keep(() => client.sql.text("SELECT 1", { format: "json" }));
    await keep(() => client.sql.download("SELECT 1", { format: "csv" }));
    await keep(() => client.copy.from(INTO, "1\n"));
    await keep(() => client.copy.to("COPY t TO STDOUT"));
    await keep(() => client.batchJobs.create("SELECT 1"));
    await keep(() => client.batchJobs.get("j"));
    await keep(() => client.batchJobs.cancel("j"));
    await keep(() => client.me.get());
    await keep(() => client.datasets.get("x"));
    await keep(() => client.datasets.setPrivacy("x", "public"));
    await keep(() => client.datasets.list().next());
  };
  let port = 0;
  await withServer(echo, async (client, at) => {
    port = at;
    await everything(client);
    // Without a user name the key is a parameter.
    const nameless = new Credentials({ baseUrl: `http://127.0.0.1:${at}`, apiKey: KEY });
    await everything(new ClassicClient(nameless, { retries: 0 }));
  });
  // Nobody listens there any more: the platform's own errors quote the address.
  const gone = new Credentials({ baseUrl: `http://127.0.0.1:${port}`, apiKey: KEY });
  await everything(new ClassicClient(gone, { retries: 0 }));
  const all = shown.join("\n");
  assert(shown.length > 200);
  assert(!/k-0000/.test(all), all.split("\n").find((text) => text.includes("k-0000")));
});

Deno.test("the key in a late error of a download, a row's place and a job's reason is masked", async () => {
  await withServer((request) => {
    if (request.url.endsWith("/copyto")) {
      return new Response(`1\n\n${JSON.stringify({ error: [`bad ${KEY}`] })}`);
    }
    return Response.json({ job_id: "j", status: "failed", failed_reason: `bad ${KEY}` });
  }, async (client) => {
    const late = await assertRejects(
      async () => await new Response(await client.copy.to("COPY t TO STDOUT")).text(),
      ResponseError,
      "bad",
    );
    const job = await client.batchJobs.create("SELECT 1");
    const failed = await assertRejects(() => job.wait(), JobError, "bad");
    assert(
      !/k-0000/.test(
        Deno.inspect(late) + JSON.stringify(late) + Deno.inspect(failed) + JSON.stringify(failed),
      ),
    );
  });
});
