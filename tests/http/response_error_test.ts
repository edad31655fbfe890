import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type CartoErrorCode, RateLimitError, ResponseError } from "../../src/errors/carto_error.ts";
import { caseAnswers, Fake, json, spec, toResponse } from "./_fake.ts";

async function errorOf(answer: Response): Promise<ResponseError> {
  return await assertRejects(() => new Fake(answer).transport({ retries: 0 }).json(spec()), ResponseError);
}

Deno.test("case http-error-shapes: ten shapes give ten errors of one type with a readable message", async () => {
  const answers = await caseAnswers("http-error-shapes.json");
  const said: string[] = [];
  const codes: CartoErrorCode[] = [];
  for (const answer of answers) {
    const error = await errorOf(toResponse(answer));
    assertEquals(error.status, answer.status);
    said.push(error.message.replace('Cannot read table "cafes": ', ""));
    codes.push(error.code);
  }
  assertEquals(said, [
    'relation "shopz" does not exist',
    "one plain string",
    "first",
    "imports: name is missing",
    "Forbidden",
    "permission denied for table shops",
    'the server answered with status 404 and a page that says "Not found"',
    "the server answered with status 500 and no message",
    "the server answered with status 400 and no message",
    "the server answered with status 400 and no message",
  ]);
  assertEquals(codes, [
    "not-found",
    "invalid-request",
    "invalid-request",
    "invalid-request",
    "access-denied",
    "unauthorized",
    "not-found",
    "server-error",
    "invalid-request",
    "invalid-request",
  ]);
  assertEquals((await errorOf(toResponse(answers[0] ?? never()))).hint, "check the name");
  assertEquals((await errorOf(toResponse(answers[2] ?? never()))).serverMessages, ["first", "second"]);
});

function never(): never {
  throw new Error("the case has fewer answers");
}

Deno.test("HTTP-016: the database's own words, without list brackets", async () => {
  const error = await errorOf(json(400, { error: ['syntax error at or near "x"'] }));
  assertEquals([error.code, error.status], ["invalid-query", 400]);
  assertEquals(error.message, 'Cannot read table "cafes": syntax error at or near "x"');
});

Deno.test("HTTP-017: 401 and 403 keep the server's reason and differ in code", async () => {
  const unknown = await errorOf(json(401, { error: ["Unauthorized"] }));
  assertEquals(unknown.code, "unauthorized");
  assertStringIncludes(unknown.message, "Unauthorized");
  assertStringIncludes(unknown.hint ?? "", "API key");
  const denied = await errorOf(json(403, { error: ["permission denied for table private_notes"] }));
  assertEquals(denied.code, "access-denied");
  assertStringIncludes(denied.message, "permission denied for table private_notes");
});

Deno.test("HTTP-018: 404 is not-found with the server's text", async () => {
  const error = await errorOf(json(404, { error: ["nf"] }));
  assertEquals([error.code, error.message], ["not-found", 'Cannot read table "cafes": nf']);
});

Deno.test("HTTP-019: 422 keeps its text; a name that is taken is already-exists", async () => {
  const taken = await errorOf(json(422, { errors: "Validation failed: Name has already been taken" }));
  assertEquals([taken.code, taken.status], ["already-exists", 422]);
  assertStringIncludes(taken.message, "Name has already been taken");
  assertEquals(
    (await errorOf(json(422, { errors: { interval: ["is too short"] } }))).code,
    "invalid-request",
  );
});

Deno.test("HTTP-023: 500 and 503 are server errors with the text", async () => {
  for (const status of [500, 503]) {
    const error = await errorOf(new Response("boom", { status }));
    assertEquals([error.code, error.status], ["server-error", status]);
    assertEquals(
      error.message,
      `Cannot read table "cafes": the server answered with status ${status} and said "boom"`,
    );
  }
});

const BY_TEXT: readonly (readonly [string, CartoErrorCode])[] = [
  ['relation "no_such_table" does not exist', "not-found"],
  ["Job with id 00000000-0000-4000-8000-000000000000 not found", "not-found"],
  ['relation "cafes" already exists', "already-exists"],
  ["DB Quota exceeded", "quota-exceeded"],
  ["Failed to create job. Max number of jobs (64) queued reached", "quota-exceeded"],
  ["You must indicate a sql query", "invalid-request"],
  ["Invalid format: parquet", "invalid-request"],
  ["SQL must start with COPY", "invalid-request"],
  ["Cannot set status from done to cancelled", "invalid-request"],
  ['column "nope" does not exist', "invalid-query"],
  ["canceling statement due to statement timeout", "statement-timeout"],
];
Deno.test("errors: what the SQL API answers with 400 for everything is told apart by its text", async () => {
  for (const [text, code] of BY_TEXT) {
    assertEquals((await errorOf(json(400, { error: [text] }))).code, code, text);
  }
});

Deno.test("errors: context, detail, hint and the request's number are fields", async () => {
  const body = { error: ["custom"], context: "c", detail: "the detail", hint: "the hint" };
  const error = await errorOf(json(400, body, { "x-request-id": "r-7" }));
  assertEquals([error.context, error.detail, error.hint, error.requestId], [
    "c",
    "the detail",
    "the hint",
    "r-7",
  ]);
  assertEquals(JSON.parse(JSON.stringify(error)), {
    name: "ResponseError",
    code: "invalid-query",
    message: 'Cannot read table "cafes": custom',
    hint: "the hint",
    status: 400,
    requestId: "r-7",
    context: "c",
    detail: "the detail",
    serverMessages: ["custom"],
  });
});

Deno.test("errors: a page of any size or kind gives a short text without markup", async () => {
  const pages = [
    `<html><script>var a = "<b>";${
      "x".repeat(1000)
    }</script><style>p{}</style><h1>Sorry &lt;b&gt; &amp; wait</h1>`,
    "<html><body>" + "<p>padding</p>".repeat(20_000),
    "<!doctype html><title>No",
    "<html><!-- never closed",
  ];
  for (const page of pages) {
    const error = await errorOf(
      new Response(page, { status: 504, headers: { "content-type": "text/html" } }),
    );
    assertEquals(error.code, "server-error");
    assert(error.message.length < 300, String(error.message.length));
    assert(!/[<>]/.test(error.message), error.message);
  }
  assertStringIncludes((await errorOf(new Response(pages[0], { status: 504 }))).message, '"Sorry b & wait"');
});

Deno.test("errors: the body of an error is read up to a bound only", async () => {
  let sent = 0;
  const endless = new Response(
    new ReadableStream({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new TextEncoder().encode("x".repeat(16_384)));
      },
    }),
    { status: 500 },
  );
  const fake = new Fake(() => endless);
  const error = await assertRejects(() => fake.transport({ retries: 0 }).json(spec()), ResponseError);
  assertEquals(error.status, 500);
  assert(sent <= 8 * 16_384, `${sent} bytes were asked for`);
});

Deno.test("errors: a rate limit without the three headers has only the wait", async () => {
  const error = await errorOf(json(429, { error: ["wait"] }, { "retry-after": "0" }));
  assert(error instanceof RateLimitError);
  assertEquals([error.retryAfter, error.limit, error.remaining, error.reset], [
    0,
    undefined,
    undefined,
    undefined,
  ]);
});
