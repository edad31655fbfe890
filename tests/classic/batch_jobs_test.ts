import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BatchJobProgress } from "../../src/classic/batch_jobs.ts";
import { sql } from "../../src/classic/sql_text.ts";
import {
  ArgumentError,
  JobError,
  NetworkError,
  ResponseError,
  TimeoutError,
} from "../../src/errors/carto_error.ts";
import { type Answer, clientOf, failure, FakeServer, KEY, nameless } from "./_fake_server.ts";

const ID = "27df5e70-8442-45ce-9825-a25530b4db4f";

function job(status: string, more: object = {}): object {
  return {
    user: "ana",
    status,
    query: "SELECT 1",
    created_at: "2026-11-25T02:21:05.046Z",
    updated_at: "2026-11-25T02:21:06.592Z",
    job_id: ID,
    ...more,
  };
}

/** A job that was made already, at a server that then gives these answers. */
async function running(...answers: Answer[]) {
  const server = new FakeServer(job("pending"), ...answers);
  const made = await clientOf(server).batchJobs.create("SELECT 1");
  return { server, made };
}

Deno.test("BATCH-001: a job is made by POST of a JSON document; the key travels in a header, without a user name in the document", async () => {
  const server = new FakeServer(job("pending"));
  const made = await clientOf(server).batchJobs.create("SELECT 1");
  assertEquals([made.id, made.status, made.document.user], [ID, "pending", "ana"]);
  const { method, url, headers, text } = server.at(0);
  assertEquals([method, url.pathname, url.search], ["POST", "/api/v2/sql/job", ""]);
  assertEquals(headers.get("content-type"), "application/json");
  assertEquals(JSON.parse(text), { query: "SELECT 1" });
  assert(headers.get("authorization")?.startsWith("Basic "));
  assert(headers.get("user-agent")?.startsWith("cartoframes-deno/"));

  const other = new FakeServer(job("pending"));
  await nameless(other).batchJobs.create("SELECT 1");
  assertEquals(JSON.parse(other.at(0).text), { query: "SELECT 1", api_key: KEY });
});

Deno.test("BATCH-002: a list of queries is sent as a list", async () => {
  const server = new FakeServer(job("pending"));
  await clientOf(server).batchJobs.create(["a", sql`SELECT ${1}`]);
  assertEquals(JSON.parse(server.at(0).text), { query: ["a", "SELECT 1"] });
});

Deno.test("a plan is sent with its fallbacks", async () => {
  const server = new FakeServer(job("pending"));
  await clientOf(server).batchJobs.create({
    query: [{ query: "SELECT 1", onsuccess: "SELECT 11", onerror: sql`SELECT ${12}` }, { query: "SELECT 2" }],
    onerror: "SELECT '<%= error_message %>'",
  });
  assertEquals(JSON.parse(server.at(0).text), {
    query: {
      query: [{ query: "SELECT 1", onsuccess: "SELECT 11", onerror: "SELECT 12" }, { query: "SELECT 2" }],
      onerror: "SELECT '<%= error_message %>'",
    },
  });
});

Deno.test("a job of nothing is refused: on the server it would stay pending for ever", async () => {
  const server = new FakeServer(job("pending"));
  const { batchJobs } = clientOf(server);
  await assertRejects(() => batchJobs.create([]), ArgumentError, "without a query");
  await assertRejects(() => batchJobs.create({ query: [] }), ArgumentError, "without a query");
  await assertRejects(() => batchJobs.create(" "), ArgumentError);
  await assertRejects(() => batchJobs.create(["SELECT 1", 2 as unknown as string]), ArgumentError);
  assertEquals(server.received.length, 0);
});

Deno.test("BATCH-003: a job is read by GET of its id", async () => {
  const server = new FakeServer(job("running"));
  const found = await clientOf(server).batchJobs.get(ID);
  assertEquals([server.at(0).method, server.at(0).url.pathname], ["GET", `/api/v2/sql/job/${ID}`]);
  assertEquals(found.status, "running");
});

Deno.test("an unknown job is not-found, though the server says 400", async () => {
  const server = new FakeServer(failure(400, `Job with id ${ID} not found`));
  const { batchJobs } = clientOf(server);
  assertEquals((await assertRejects(() => batchJobs.get(ID), ResponseError)).code, "not-found");
  assertEquals((await assertRejects(() => batchJobs.cancel(ID), ResponseError)).code, "not-found");
  await assertRejects(() => batchJobs.get(""), ArgumentError);
});

Deno.test("BATCH-005: a job is cancelled by DELETE, which tells its status", async () => {
  const { server, made } = await running(job("cancelled"));
  assertEquals(await made.cancel(), "cancelled");
  assertEquals([server.at(1).method, server.at(1).url.pathname], ["DELETE", `/api/v2/sql/job/${ID}`]);
  assertEquals(made.status, "cancelled");
});

Deno.test("BATCH-006: cancelling a job that is done gives done", async () => {
  const { made } = await running(failure(400, "Cannot set status from done to cancelled"));
  assertEquals(await made.cancel(), "done");
});

Deno.test("BATCH-007: cancelling a cancelled job is an error", async () => {
  const { made } = await running(failure(400, "Cannot set status from cancelled to cancelled"));
  await assertRejects(() => made.cancel(), ResponseError, "Cannot set status from cancelled");
});

Deno.test("BATCH-008: a job is looked at until it is done, and its document given", async () => {
  const { server, made } = await running(job("pending"), job("running"), job("done"));
  const seen: BatchJobProgress[] = [];
  await made.wait({ interval: 2000, onProgress: (progress) => seen.push(progress) });
  assertEquals(server.waits, [2000, 2000]);
  assertEquals(made.document, job("done") as never);
  assertEquals(seen.map(({ status, done, total, elapsed }) => [status, done, total, elapsed]), [
    ["pending", 0, 1, 0],
    ["running", 0, 1, 2000],
    ["done", 1, 1, 4000],
  ]);
});

Deno.test("the looks at a job begin close together and end 2 s apart", async () => {
  const { server, made } = await running(...Array.from({ length: 9 }, () => job("running")), job("done"));
  await made.wait();
  assertEquals(server.waits.map(Math.round), [200, 300, 450, 675, 1013, 1519, 2000, 2000, 2000]);
});

Deno.test("BATCH-009: a failed job is an error with the server's reason", async () => {
  const { made } = await running(job("failed", { failed_reason: 'relation "nope" does not exist' }));
  const error = await assertRejects(() => made.wait(), JobError, 'failed: relation "nope" does not exist');
  assertEquals([error.code, error.jobId, error.status, error.reason], [
    "job-failed",
    ID,
    "failed",
    'relation "nope" does not exist',
  ]);
});

Deno.test("a failed job with fallbacks has its reason at the query that failed", async () => {
  const query = {
    query: [{ query: "a", status: "done" }, { query: "b", status: "failed", failed_reason: "no b" }],
  };
  const { made } = await running(job("failed", { query }));
  const error = await assertRejects(() => made.wait(), JobError, "no b");
  assertEquals(error.reason, "no b");
});

Deno.test("progress of a list counts its queries", async () => {
  const steps = (...statuses: string[]) => ({ query: statuses.map((status) => ({ query: "q", status })) });
  const { made } = await running(
    job("running", steps("done", "running", "pending")),
    job("done", steps("done", "done", "done")),
  );
  const seen: [number, number][] = [];
  await made.wait({ onProgress: ({ done, total }) => seen.push([done, total]) });
  assertEquals(seen, [[1, 3], [3, 3]]);
});

Deno.test("BATCH-010 BATCH-012: a cancelled job is an error of its own, in both spellings", async () => {
  for (const word of ["canceled", "cancelled"]) {
    const { made } = await running(job("running"), job(word));
    const error = await assertRejects(() => made.wait(), JobError, "was cancelled");
    assertEquals([error.code, error.status], ["job-cancelled", "cancelled"]);
  }
});

Deno.test("BATCH-011: a lost job is an error, and so is a word that nobody expected", async () => {
  for (const word of ["unknown", "vanished", "skipped"]) {
    const { made } = await running(job(word));
    const error = await assertRejects(() => made.wait(), JobError, `ended with status "${word}"`);
    assertEquals(error.code, "job-failed");
  }
});

Deno.test("BATCH-013: a request over 16,384 bytes is refused before it is sent, with the way out", async () => {
  const server = new FakeServer(job("pending"));
  const { batchJobs } = clientOf(server);
  const query = (bytes: number) => "x".repeat(bytes - '{"query":""}'.length);
  await batchJobs.create(query(16_384));
  const error = await assertRejects(() => batchJobs.create(query(16_385)), ArgumentError, "16385 bytes");
  assert(error.hint?.includes("function"));
  // The limit counts bytes of JSON, not characters.
  await assertRejects(() => batchJobs.create("é".repeat(8187)), ArgumentError, "16386 bytes");
  assertEquals(server.received.length, 1);
});

Deno.test("BATCH-014: white space around a query is taken away", async () => {
  const server = new FakeServer(job("pending"));
  await clientOf(server).batchJobs.create(" \n SELECT 1 ");
  assertEquals(JSON.parse(server.at(0).text).query, "SELECT 1");
});

Deno.test("job-polling.json: each sequence of answers has its outcome", async (t) => {
  const text = await Deno.readTextFile(new URL("../fixtures/cases/job-polling.json", import.meta.url));
  const outcomes: Record<string, string> = {
    "ends well": "done",
    "fails": "job-failed",
    "cancelled by someone else": "job-cancelled",
    "word nobody expected": "job-failed",
    "finished before the cancel arrived": "done",
    "one bad poll in the middle": "done",
    "never ends": "timeout",
  };
  for (const { name, statuses, failed_reason, cancelReply } of JSON.parse(text).cases) {
    await t.step(name, async () => {
      const answers: Answer[] = statuses.filter((status: unknown) => !String(status).startsWith("..."))
        .map((status: string | { status: number; body: string }) =>
          typeof status === "string" ? job(status, { failed_reason }) : new Response(status.body, status)
        );
      if (cancelReply !== undefined) answers.unshift(new Response(cancelReply.body, cancelReply));
      const { made } = await running(...answers);
      let outcome: string;
      try {
        outcome = cancelReply === undefined ? (await made.wait()).status : await made.cancel();
      } catch (error) {
        outcome = (error as JobError).code;
        if (failed_reason !== undefined) assertEquals((error as JobError).reason, failed_reason);
      }
      assertEquals(outcome, outcomes[name]);
    });
  }
});

Deno.test("a wait ends at its limit and leaves the job running", async () => {
  const { server, made } = await running(job("running"));
  const error = await assertRejects(() => made.wait({ totalTimeout: 10_000 }), TimeoutError, "running");
  assertEquals(error.timeout, 10_000);
  assert(error.hint?.includes("batchJobs.get"));
  assert(server.received.every((request) => request.method !== "DELETE"));
  assert(server.waits.reduce((sum, wait) => sum + wait, 0) <= 10_000);
});

Deno.test("an abort ends the wait with its reason and cancels the job", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const { server, made } = await running(job("running"), (request: { method: string }) => {
    return Response.json(job(request.method === "DELETE" ? "cancelled" : "running"));
  });
  const waiting = made.wait({
    signal: controller.signal,
    onProgress: ({ elapsed }) => elapsed > 0 && controller.abort(reason),
  });
  assertEquals(await assertRejects(() => waiting), reason);
  assertEquals(server.received.at(-1)?.method, "DELETE");
});

Deno.test("cancelOnAbort: false leaves the job, and a cancellation that fails hides nothing", async () => {
  const reason = new Error("enough");
  for (const cancelOnAbort of [false, true]) {
    const controller = new AbortController();
    const { server, made } = await running((request: { method: string }) => {
      return request.method === "DELETE" ? failure(500, "broken") : Response.json(job("running"));
    });
    const waiting = made.wait({
      signal: controller.signal,
      cancelOnAbort,
      onProgress: () => controller.abort(reason),
    });
    assertEquals(await assertRejects(() => waiting), reason);
    assertEquals(server.received.some((request) => request.method === "DELETE"), cancelOnAbort);
  }
});

Deno.test("a server that is busy or out of reach for a while does not end the wait", async () => {
  const { server, made } = await running(
    job("running"),
    failure(429, "too many", { context: "limit", detail: "rate-limit" }, { "retry-after": "7" }),
    new Response("", { status: 503 }),
    () => Promise.reject(new TypeError("fetch failed")),
    job("done"),
  );
  assertEquals((await made.wait()).status, "done");
  assertEquals(server.waits[1], 7000);
});

Deno.test("a server that cannot be reached for two minutes ends the wait", async () => {
  const { server, made } = await running(() =>
    Promise.reject(new TypeError("fetch failed: connection refused"))
  );
  await assertRejects(() => made.wait(), NetworkError);
  const waited = server.waits.reduce((sum, wait) => sum + wait, 0);
  assert(waited >= 120_000 && waited < 125_000, String(waited));
});

Deno.test("a refusal ends the wait at once", async () => {
  const { server, made } = await running(failure(403, "permission denied"));
  const error = await assertRejects(() => made.wait(), ResponseError);
  assertEquals([error.code, server.received.length], ["access-denied", 2]);
});

Deno.test("refresh looks once", async () => {
  const { server, made } = await running(job("running"));
  assertEquals((await made.refresh()).status, "running");
  assertEquals(server.received.length, 2);
});

Deno.test("making a job is not tried again when the server breaks: it could run twice", async () => {
  const server = new FakeServer(failure(502, "bad gateway"));
  await assertRejects(() => clientOf(server).batchJobs.create("INSERT INTO t VALUES (1)"), ResponseError);
  assertEquals(server.received.length, 1);
});
