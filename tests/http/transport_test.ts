import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  ArgumentError,
  CartoError,
  DataError,
  NetworkError,
  RateLimitError,
  ResponseError,
  TimeoutError,
} from "../../src/errors/carto_error.ts";
import { Transport, userAgent, VERSION } from "../../src/http/transport.ts";
import config from "../../deno.json" with { type: "json" };
import { caseAnswers, Fake, json, spec, streamOf, toResponse } from "./_fake.ts";

const ROWS = { rows: [{ n: 1 }], fields: {}, total_rows: 1 };
const connectionRefused = () =>
  new TypeError("fetch failed", {
    cause: new Error(
      "error sending request for url (https://ana.carto.com/api/v2/sql?q=SELECT%201): client error (Connect): tcp connect error: Connection refused (os error 111)",
    ),
  });

Deno.test("HTTP-004: every request names this module, its version and the runtime", async () => {
  const fake = new Fake(json(200, ROWS));
  await fake.transport().json(spec());
  const sent = new Headers(fake.requests[0]?.init.headers).get("user-agent");
  assertEquals(sent, `cartoframes-deno/${VERSION} (Deno/${Deno.version.deno})`);
  assertEquals(sent, userAgent());
  assertEquals(VERSION, config.version);
});

Deno.test("HTTP-013: a JSON answer is parsed, a mark at its beginning does no harm", async () => {
  const fake = new Fake(json(200, `\uFEFF${JSON.stringify(ROWS)}`));
  assertEquals(await fake.transport().json(spec()).then(({ status, body }) => ({ status, body })), {
    status: 200,
    body: ROWS,
  });
});

Deno.test("transport: an answer without content is null", async () => {
  const fake = new Fake(new Response(null, { status: 204 }));
  assertEquals((await fake.transport().json(spec({ method: "DELETE" }))).body, null);
});

Deno.test("case http-429-then-200: waits what the server says, then gives the row", async () => {
  const answers = (await caseAnswers("http-429-then-200.json")).map(toResponse);
  const fake = new Fake(...answers);
  const { body } = await fake.transport().json(spec());
  assertEquals((body as typeof ROWS).rows, [{ n: 1 }]);
  assertEquals(fake.requests.length, 2);
  assertEquals(fake.waits, [1000]);
});

Deno.test("HTTP-020: with no attempt left a rate limit is an error with what the server told", async () => {
  const answers = (await caseAnswers("http-429-then-200.json")).map(toResponse);
  const fake = new Fake(...answers);
  const error = await assertRejects(() => fake.transport({ retries: 0 }).json(spec()), RateLimitError);
  assertEquals(error.code, "rate-limited");
  assertEquals([error.status, error.retryAfter], [429, 1]);
  assertEquals([error.limit, error.remaining, error.reset], [10, 0, 1]);
  assertEquals(error.message, 'Cannot read table "cafes": too many requests for this account');
  assertEquals(fake.waits, []);
});

Deno.test("HTTP-021 HTTP-022: a 429 that tells no wait is no rate limit", async () => {
  const body = { error: ["You are over platform's limits"], context: "limit", detail: "tiles" };
  const without = new Fake(json(429, body));
  const minusOne = new Fake(json(429, body, { "retry-after": "-1" }));
  for (const fake of [without, minusOne]) {
    const error = await assertRejects(() => fake.transport().json(spec()), ResponseError);
    assert(!(error instanceof RateLimitError));
    assertEquals(error.code, "quota-exceeded");
    assertEquals(fake.requests.length, 1);
  }
});

Deno.test("transport: a statement that ran too long is told from a rate limit, and not tried again", async () => {
  const body = {
    error: [
      "You are over platform's limits: SQL query timeout error. Refactor your query before running again",
    ],
    context: "limit",
    detail: "datasource",
  };
  for (const headers of [{}, { "retry-after": "-1" }, { "retry-after": "1" }] as Record<string, string>[]) {
    const fake = new Fake(json(429, body, headers));
    const error = await assertRejects(() => fake.transport().json(spec()), ResponseError);
    assertEquals([error.code, error.context, error.detail], ["statement-timeout", "limit", "datasource"]);
    assertStringIncludes(error.hint ?? "", "batch job");
    assertEquals(fake.requests.length, 1);
  }
});

Deno.test("transport: Retry-After may be a date", async () => {
  const date = new Date(Date.UTC(2026, 0, 1, 0, 0, 7)).toUTCString();
  const fake = new Fake(json(429, {}, { "retry-after": date }), json(200, ROWS));
  await fake.transport().json(spec());
  assertEquals(fake.waits, [7000]);
});

Deno.test("transport: a longer wait than allowed is an error at once, with the wait in it", async () => {
  const fake = new Fake(json(429, { error: ["wait"] }, { "retry-after": "3600" }));
  const error = await assertRejects(() => fake.transport().json(spec()), RateLimitError);
  assertEquals(error.retryAfter, 3600);
  assertStringIncludes(error.hint ?? "", "3600 s");
  assertEquals([fake.requests.length, fake.waits], [1, []]);

  const patient = new Fake(json(429, {}, { "retry-after": "3600" }), json(200, ROWS));
  await patient.transport({ maxRetryAfter: 3600 }).json(spec());
  assertEquals(patient.waits, [3_600_000]);
});

Deno.test("transport: reads are tried again after a transient failure, with growing waits", async () => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    const fake = new Fake(new Response("no", { status }));
    await assertRejects(() => fake.transport({ retries: 6 }).json(spec()), ResponseError);
    assertEquals(fake.requests.length, 7, String(status));
    assertEquals(fake.waits, [500, 1000, 2000, 4000, 8000, 8000]);
  }
});

Deno.test("transport: the waits are spread over their whole length", async () => {
  const fake = new Fake(new Response("no", { status: 503 }), json(200, ROWS));
  await fake.transport({ random: () => 0.25 }).json(spec());
  assertEquals(fake.waits, [125]);
});

Deno.test("transport: what will not be gone is not tried again", async () => {
  for (const status of [400, 401, 403, 404, 409, 422, 501]) {
    const fake = new Fake(json(status, { error: ["no"] }));
    await assertRejects(() => fake.transport().json(spec()), ResponseError);
    assertEquals(fake.requests.length, 1, String(status));
  }
});

Deno.test("transport: a write is repeated only after a refusal that told a wait", async () => {
  const write = spec({ method: "POST", retry: "rate-limit", body: "q=INSERT" });
  const refused = json(429, { error: ["wait"] }, { "retry-after": "2" });
  const limited = new Fake(refused, refused, json(200, ROWS));
  await limited.transport().json(write);
  assertEquals([limited.requests.length, limited.waits], [3, [2000, 2000]]);

  for (
    const answer of [
      new Response("no", { status: 503 }),
      new Response("no", { status: 429 }),
      connectionRefused(),
    ]
  ) {
    const fake = new Fake(answer);
    await assertRejects(() => fake.transport().json(write), CartoError);
    assertEquals(fake.requests.length, 1);
  }
  const never = new Fake(refused);
  await assertRejects(() => never.transport().json({ ...write, retry: "never" }), RateLimitError);
  assertEquals(never.requests.length, 1);
});

Deno.test("transport: a request's own number of retries wins over the client's", async () => {
  const fake = new Fake(new Response("no", { status: 503 }));
  await assertRejects(() => fake.transport({ retries: 5 }).json(spec({ retries: 1 })), ResponseError);
  assertEquals(fake.requests.length, 2);
});

Deno.test("HTTP-025: a connection that fails is tried again, then an error with the host and the reason", async () => {
  const fake = new Fake(connectionRefused());
  const error = await assertRejects(() => fake.transport().json(spec()), NetworkError);
  assertEquals(
    error.message,
    'Cannot read table "cafes": no answer from "ana.carto.com:443": the connection was refused',
  );
  assertEquals(error.host, "ana.carto.com:443");
  assertEquals(fake.requests.length, 3);
  assert(!Deno.inspect(error).includes("SELECT"), Deno.inspect(error));
});

Deno.test("transport: a certificate that is not trusted will not be so at the next try", async () => {
  const cause = new Error("client error (Connect): invalid peer certificate: UnknownIssuer");
  const fake = new Fake(new TypeError("fetch failed", { cause }));
  const error = await assertRejects(() => fake.transport().json(spec()), NetworkError);
  assertStringIncludes(error.message, "certificate is not trusted");
  assertStringIncludes(error.hint ?? "", "DENO_TLS_CA_STORE");
  assertEquals(fake.requests.length, 1);
});

Deno.test("case http-502-html: a short readable excerpt; reads are repeated, writes are not", async () => {
  const [answer] = (await caseAnswers("http-502-html.json")).map(toResponse);
  const reads = new Fake(answer as Response);
  const error = await assertRejects(() => reads.transport().json(spec()), ResponseError);
  assertEquals([error.code, error.status], ["server-error", 502]);
  assertStringIncludes(error.message, "Bad gateway 502 padding");
  assert(!/[<>]/.test(error.message), error.message);
  assert(error.message.length < 300, String(error.message.length));
  assertEquals(reads.requests.length, 3);

  const writes = new Fake(answer as Response);
  await assertRejects(
    () => writes.transport().json(spec({ method: "POST", retry: "rate-limit" })),
    ResponseError,
  );
  assertEquals(writes.requests.length, 1);
});

Deno.test("HTTP-024: a good status whose body holds an error is an error, rows or not", async () => {
  const late = { rows: [{ v: 5 }], error: ["division by zero"] };
  const fake = new Fake(json(200, late));
  const error = await assertRejects(() => fake.transport().json(spec()), ResponseError);
  assertEquals([error.code, error.status], ["invalid-query", 200]);
  assertEquals(error.message, 'Cannot read table "cafes": division by zero');
  assertEquals(fake.requests.length, 1);

  for (const nothing of [null, "", [], {}, false]) {
    const good = new Fake(json(200, { rows: [], error: nothing, errors: nothing }));
    assertEquals((await good.transport().json(spec())).status, 200);
  }
  const timedOut = new Fake(json(200, { rows: [], error: ["SQL query timeout error"] }));
  const timeout = await assertRejects(() => timedOut.transport().json(spec()), ResponseError);
  assertEquals(timeout.code, "statement-timeout");
});

Deno.test("transport: JSON that stops early is an incomplete answer, read again and never a short table", async () => {
  const cut = '{"rows":[{"n":1},{"n":2';
  const fake = new Fake(json(200, cut));
  const error = await assertRejects(() => fake.transport().json(spec()), ResponseError);
  assertEquals([error.code, error.status], ["incomplete-response", 200]);
  assertEquals(fake.requests.length, 3);
  assertEquals((await new Fake(json(200, cut), json(200, ROWS)).transport().json(spec())).body, ROWS);

  const empty = new Fake(json(200, ""));
  assertEquals(
    (await assertRejects(() => empty.transport().json(spec()), ResponseError)).code,
    "incomplete-response",
  );
});

Deno.test("transport: an answer that never was JSON is unexpected, with the thing to check", async () => {
  const fake = new Fake(new Response("<html>Log in</html>", { headers: { "content-type": "text/html" } }));
  const error = await assertRejects(() => fake.transport().json(spec()), ResponseError);
  assertEquals(error.code, "unexpected-response");
  assertStringIncludes(error.hint ?? "", "base URL");
  assertEquals(fake.requests.length, 1);
});

Deno.test("transport: a body that breaks off is read again; writes are told of it", async () => {
  const broken = () =>
    new Response(streamOf(['{"rows":['], new TypeError("error reading a body from connection")));
  const fake = new Fake(broken, () => json(200, ROWS));
  assertEquals((await fake.transport().json(spec())).body, ROWS);
  for (const read of ["json", "text", "bytes"] as const) {
    const write = new Fake(broken);
    const error = await assertRejects(
      () => write.transport()[read](spec({ method: "POST", retry: "rate-limit" })),
      ResponseError,
    );
    assertEquals(error.code, "incomplete-response");
    assertStringIncludes(error.message, "cut off after 9 bytes");
    assertEquals(write.requests.length, 1);
  }
});

Deno.test("transport: fewer bytes than announced are an incomplete answer", async () => {
  const fake = new Fake(new Response("a,b\n1,2\n", { headers: { "content-length": "100" } }));
  const error = await assertRejects(() => fake.transport({ retries: 0 }).text(spec()), ResponseError);
  assertEquals(error.code, "incomplete-response");
});

Deno.test("transport: silence before the headers ends an attempt, and reads are tried again", async () => {
  const silent = (_: URL, init: RequestInit) =>
    new Promise<Response>((_, reject) =>
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason))
    );
  const fake = new Fake(silent, () => Promise.resolve(json(200, ROWS)));
  assertEquals((await fake.transport({ timeout: 5 }).json(spec())).body, ROWS);

  const never = new Fake(silent);
  const error = await assertRejects(
    () => never.transport({ timeout: 5, retries: 1 }).json(spec()),
    TimeoutError,
  );
  assertEquals([error.code, error.timeout], ["timeout", 5]);
  assertEquals(error.message, 'Cannot read table "cafes": nothing came for 5 ms');
  assertEquals(never.requests.length, 2);
});

Deno.test("transport: silence within the body ends an attempt too", async () => {
  let cancelled = false;
  const stalls = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"rows":[')),
        cancel: () => void (cancelled = true),
      }),
    );
  const fake = new Fake(stalls);
  const error = await assertRejects(
    () => fake.transport({ timeout: 5, retries: 0 }).json(spec()),
    TimeoutError,
  );
  assertEquals(error.timeout, 5);
  assert(cancelled);
});

Deno.test("transport: the total time bounds all attempts and their waits", async () => {
  const fake = new Fake(new Response("no", { status: 503 }));
  const error = await assertRejects(
    () => fake.transport({ retries: 9, totalTimeout: 4000 }).json(spec()),
    ResponseError,
  );
  assertEquals(error.status, 503);
  assertEquals(fake.waits, [500, 1000, 2000]);

  const silent = new Fake((_, init) =>
    new Promise<Response>((_, reject) =>
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason))
    )
  );
  const timeout = await assertRejects(() => silent.transport({ totalTimeout: 5 }).json(spec()), TimeoutError);
  assertEquals(timeout.message, 'Cannot read table "cafes": not done within 5 ms');
  assertEquals(silent.requests.length, 1);
});

Deno.test("transport: the caller's signal ends a request, and its reason is thrown as it is", async () => {
  const reason = new RangeError("enough");
  const controller = new AbortController();
  const fake = new Fake((_, init) =>
    new Promise<Response>((_, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      controller.abort(reason);
    })
  );
  const thrown = await assertRejects(() => fake.transport().json(spec({ signal: controller.signal })));
  assert(thrown === reason);
  assertEquals(fake.requests.length, 1);
  assertEquals(fake.log.map(({ error }) => error), ["aborted"]);

  const late = await assertRejects(() => fake.transport().json(spec({ signal: controller.signal })));
  assert(late === reason);
  assertEquals(fake.requests.length, 1);
});

Deno.test("transport: the caller's signal ends a wait", async () => {
  const controller = new AbortController();
  const fake = new Fake(json(429, {}, { "retry-after": "30" }));
  const { sleep: _, ...options } = fake.options;
  const request = new Transport({
    ...options,
    log: () => queueMicrotask(() => controller.abort(new RangeError("enough"))),
  }).json(spec({ signal: controller.signal }));
  await assertRejects(() => request, RangeError, "enough");
});

Deno.test("transport: the caller's signal ends the reading of a body", async () => {
  const controller = new AbortController();
  const fake = new Fake(() =>
    new Response(
      new ReadableStream({
        pull(stream) {
          stream.enqueue(new Uint8Array(1));
          controller.abort(new RangeError("enough"));
        },
      }),
    )
  );
  await assertRejects(
    () => fake.transport().bytes(spec({ signal: controller.signal })),
    RangeError,
    "enough",
  );
});

Deno.test("stream: parts come as they are sent, retries end with the headers", async () => {
  const fake = new Fake(
    new Response("no", { status: 503 }),
    () => new Response(streamOf(["a,b\n", "1,2\n"])),
  );
  const { body } = await fake.transport().stream(spec());
  assertEquals(await new Response(body).text(), "a,b\n1,2\n");
  assertEquals(fake.requests.length, 2);
});

Deno.test("stream: one that breaks off fails, with what had come passed on", async () => {
  const fake = new Fake(() => new Response(streamOf(["a,b\n"], new TypeError("connection reset"))));
  const { body } = await fake.transport().stream(spec());
  const got: number[] = [];
  const error = await assertRejects(async () => {
    for await (const chunk of body) got.push(chunk.length);
  }, ResponseError);
  assertEquals([error.code, got], ["incomplete-response", [4]]);
  assertEquals(fake.requests.length, 1);
});

Deno.test("stream: a slow reader is no silence, a silent server is", async () => {
  const slow = new Fake(() => new Response(streamOf(["a", "b"])));
  const { body } = await slow.transport({ timeout: 5 }).stream(spec());
  const reader = body.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(new TextDecoder().decode((await reader.read()).value), "b");
  assertEquals((await reader.read()).done, true);

  const silent = new Fake(() => new Response(new ReadableStream()));
  const stalled = await silent.transport({ timeout: 5 }).stream(spec());
  await assertRejects(() => new Response(stalled.body).text(), TimeoutError, "nothing came for 5 ms");
});

Deno.test("stream: the caller's signal ends it with the reason, and a cancel ends the request", async () => {
  const controller = new AbortController();
  const endless = () =>
    new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(8)) }));
  const fake = new Fake(endless);
  const { body } = await fake.transport().stream(spec({ signal: controller.signal }));
  const reader = body.getReader();
  await reader.read();
  controller.abort(new RangeError("enough"));
  await assertRejects(() => reader.read(), RangeError, "enough");

  let cancelled = false;
  const other = new Fake(() => new Response(new ReadableStream({ cancel: () => void (cancelled = true) })));
  await (await other.transport().stream(spec())).body.cancel();
  assert(cancelled);
});

Deno.test("upload: a stream is made anew for each attempt", async () => {
  const bodies: string[] = [];
  const take = async (init: RequestInit) => void bodies.push(await new Response(init.body).text());
  const fake = new Fake(
    async (_, init) => (await take(init), json(429, {}, { "retry-after": "1" })),
    async (_, init) => (await take(init), json(200, ROWS)),
  );
  const body = () => streamOf(["1,2\n", "3,4\n"]);
  await fake.transport().json(spec({ method: "POST", retry: "rate-limit", body }));
  assertEquals(bodies, ["1,2\n3,4\n", "1,2\n3,4\n"]);
});

Deno.test("upload: an error of the source is thrown as it is, and not tried again", async () => {
  const failure = new DataError("not a number", { place: { row: 3 } });
  const fake = new Fake(async (_, init) => json(200, await new Response(init.body).text()));
  const body = () => streamOf(["1\n"], failure);
  const thrown = await assertRejects(() => fake.transport().json(spec({ method: "POST", body })));
  assert(thrown === failure);
  assertEquals(fake.requests.length, 1);
  const early = await assertRejects(() =>
    fake.transport().json(spec({
      method: "POST",
      body: () => {
        throw failure;
      },
    }))
  );
  assert(early === failure);
});

Deno.test("upload: a slow source is no silence", async () => {
  const fake = new Fake(async (_, init) => (await new Response(init.body).text(), json(200, ROWS)));
  let parts = 0;
  const body = () =>
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 12));
        if (++parts > 2) controller.close();
        else controller.enqueue(new Uint8Array(1));
      },
    }, { highWaterMark: 0 });
  const request = fake.transport({ timeout: 5, retries: 0 }).json(spec({ method: "POST", body }));
  assertEquals((await request).body, ROWS);
});

Deno.test("redirect: to another host it is refused, and the key stays here", async () => {
  const fake = new Fake(
    new Response(null, { status: 302, headers: { location: "https://evil.example/in?key=1" } }),
  );
  const headers = { authorization: "Basic c2VjcmV0" };
  const error = await assertRejects(() => fake.transport().json(spec({ headers })), ResponseError);
  assertEquals([error.code, error.status], ["unexpected-response", 302]);
  assertEquals(error.message, 'Cannot read table "cafes": the server redirects to "https://evil.example/in"');
  assertEquals(fake.requests.map(({ url }) => url.host), ["ana.carto.com"]);
});

Deno.test("redirect: within the host reads follow it, a few times; writes and other ports do not", async () => {
  const to = (location: string, status = 301) => new Response(null, { status, headers: { location } });
  const fake = new Fake(to("/moved?x=1"), json(200, ROWS));
  assertEquals((await fake.transport().json(spec())).body, ROWS);
  assertEquals(fake.requests[1]?.url.href, "https://ana.carto.com/moved?x=1");

  const loop = new Fake(to("/again"));
  await assertRejects(() => loop.transport().json(spec()), ResponseError, "redirects to");
  assertEquals(loop.requests.length, 6);

  for (
    const other of ["https://ana.carto.com:8443/", "http://ana.carto.com/", "//other.example/", "https://["]
  ) {
    const refused = new Fake(to(other));
    await assertRejects(() => refused.transport().json(spec()), ResponseError, "redirects to");
    assertEquals(refused.requests.length, 1);
  }
  const write = new Fake(to("/moved", 307));
  await assertRejects(
    () => write.transport().json(spec({ method: "POST", body: "q" })),
    ResponseError,
    "redirects to",
  );
});

Deno.test("log: one entry per attempt, without the query string", async () => {
  const fake = new Fake(
    json(503, { error: ["no"] }, { "x-request-id": "r-1" }),
    connectionRefused(),
    json(200, ROWS, { "x-request-id": "r-2" }),
  );
  await fake.transport().json(spec());
  const same = {
    operation: 'read table "cafes"',
    method: "GET",
    url: "https://ana.carto.com/api/v2/sql",
    duration: 0,
  };
  assertEquals(fake.log, [
    { ...same, attempt: 1, status: 503, error: "server-error", retryIn: 500, requestId: "r-1" },
    { ...same, attempt: 2, status: undefined, error: "network", retryIn: 1000, requestId: undefined },
    { ...same, attempt: 3, status: 200, error: undefined, retryIn: undefined, requestId: "r-2" },
  ]);
});

Deno.test("log: one that fails loses no answer", async () => {
  const fake = new Fake(json(200, ROWS));
  const log = () => {
    throw new Error("disk full");
  };
  assertEquals((await fake.transport({ log }).json(spec())).body, ROWS);
});

Deno.test("transport: times and retries that mean nothing are refused by name", () => {
  const wrong = [{ timeout: -1 }, { totalTimeout: NaN }, { retries: 1.5 }, { maxRetryAfter: "60" }, {
    retries: -1,
  }];
  for (const options of wrong) {
    const error = assertThrows(() => new Transport(options as { timeout: number }), ArgumentError);
    assertEquals(error.argument, Object.keys(options)[0]);
  }
});
