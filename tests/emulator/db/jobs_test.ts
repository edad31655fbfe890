import { assert, assertEquals, assertThrows } from "@std/assert";
import { openEngine } from "../../../src/emulator/_db/open.ts";
import { ApiError, type Jobs } from "../../../src/emulator/_handler.ts";
import { createJobs } from "../../../src/emulator/_jobs.ts";
import { ACCOUNT, failure, sql, value } from "./_engines.ts";
import { ACCOUNTS, context, LIMITED, request } from "./_requests.ts";

/** A job's document, read by tests. */
// deno-lint-ignore no-explicit-any -- documents of every shape
type Document = any;

async function create(jobs: Jobs, query: unknown, account = ACCOUNTS[0]): Promise<Document> {
  if (account === undefined) throw new Error("no account");
  const response = await jobs.create(request({ method: "POST", account, parameters: { query } }));
  assertEquals(response.status, 201);
  return await response.json();
}

async function get(jobs: Jobs, id: string): Promise<Document> {
  return await (await jobs.get(request({ path: id }))).json();
}

async function finished(jobs: Jobs, id: string): Promise<Document> {
  for (;;) {
    const job = await get(jobs, id);
    if (job.status !== "pending" && job.status !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What does not change from run to run. */
function steady(job: Document): Document {
  return JSON.parse(JSON.stringify(job, (name, member) => {
    if (name === "job_id") return "id";
    return name.endsWith("_at") ? "date" : member;
  }));
}

Deno.test("batch jobs", async (t) => {
  const engine = await openEngine({ accounts: [ACCOUNT, LIMITED] });
  const jobs = createJobs(context(engine));
  try {
    await t.step("one statement: pending, then done, dates in ISO form", async () => {
      const job = await create(jobs, "CREATE TABLE made_by_job AS SELECT 1 AS i");
      assertEquals(Object.keys(job), ["user", "query", "job_id", "created_at", "updated_at", "status"]);
      assertEquals([job.user, job.status], ["demo", "pending"]);
      assert(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(job.created_at));
      const done = await finished(jobs, job.job_id);
      assertEquals(Object.keys(done), ["user", "status", "query", "created_at", "updated_at", "job_id"]);
      assertEquals([done.status, done.query], ["done", "CREATE TABLE made_by_job AS SELECT 1 AS i"]);
      assertEquals(await value(engine, "SELECT i FROM made_by_job"), "1");
    });

    await t.step("one that fails tells why", async () => {
      const job = await create(jobs, "SELECT * FROM nope");
      const failed = await finished(jobs, job.job_id);
      assertEquals([failed.status, failed.failed_reason], ["failed", 'relation "nope" does not exist']);
    });

    await t.step("a list stops at the first failure, and the rest stays pending", async () => {
      const job = await create(jobs, ["SELECT 1", "SELECT * FROM nope", "SELECT 3"]);
      assertEquals(job.query[0], { query: "SELECT 1", status: "pending" });
      assertEquals((await finished(jobs, job.job_id)).query, [
        { query: "SELECT 1", status: "done" },
        { query: "SELECT * FROM nope", status: "failed", failed_reason: 'relation "nope" does not exist' },
        { query: "SELECT 3", status: "pending" },
      ]);
    });

    await t.step("fallbacks of success", async () => {
      const query = {
        query: [{ query: "SELECT 1", onsuccess: "SELECT 11", onerror: "SELECT 12" }, { query: "SELECT 2" }],
        onsuccess: "SELECT 100",
      };
      const job = await create(jobs, query);
      assertEquals(job.fallback_status, "pending");
      assertEquals(steady(await finished(jobs, job.job_id)).query.query, [
        { ...query.query[0], status: "done", fallback_status: "done", started_at: "date", ended_at: "date" },
        { query: "SELECT 2", status: "done", started_at: "date", ended_at: "date" },
      ]);
    });

    await t.step("fallbacks of failure: the rest is skipped, the job's own runs", async () => {
      await sql(engine, "CREATE TABLE notes (note text)");
      const job = await create(jobs, {
        query: [
          {
            query: "SELECT 'it''s' FROM nope",
            onerror: "INSERT INTO notes VALUES ('<%= job_id %> <%= error_message %>')",
          },
          { query: "INSERT INTO notes VALUES ('never')", onsuccess: "SELECT 1" },
        ],
        onerror: "INSERT INTO notes VALUES ('whole')",
      });
      const failed = steady(await finished(jobs, job.job_id));
      assertEquals([failed.status, failed.failed_reason], ["failed", undefined]);
      assertEquals(failed.query.query[0].failed_reason, 'relation "nope" does not exist');
      assertEquals([failed.query.query[1].status, failed.query.query[1].fallback_status], [
        "skipped",
        "skipped",
      ]);
      while ((await get(jobs, job.job_id)).fallback_status !== "done") {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assertEquals(
        (await sql(engine, "SELECT note FROM notes ORDER BY 1")).rows.flat().sort(),
        [
          `${job.job_id} relation "nope" does not exist`,
          "whole",
        ].sort(),
      );
    });

    await t.step("an error message with quotes fits into a literal", async () => {
      const job = await create(jobs, {
        query: [{ query: "SELECT 'x'::int", onerror: "INSERT INTO notes VALUES ('<%= error_message %>')" }],
      });
      await finished(jobs, job.job_id);
      assertEquals(
        await failure(sql(engine, "SELECT 'x'::int")),
        '22P02 invalid input syntax for type integer: "x"',
      );
      const other = await create(jobs, {
        query: [{
          query: "DO $$ BEGIN RAISE EXCEPTION 'it''s'; END $$",
          onerror: "INSERT INTO notes VALUES ('<%= error_message %>')",
        }],
      });
      assertEquals((await finished(jobs, other.job_id)).query.query[0].fallback_status, "done");
      assertEquals(await value(engine, "SELECT count(*) FROM notes WHERE note = 'it''s'"), "1");
    });

    await t.step("what is not a job", async () => {
      const refused = (query: unknown) =>
        assertThrows(() => void jobs.create(request({ parameters: { query } })), ApiError).message;
      assertEquals(refused(undefined), "You must indicate a valid SQL");
      assertEquals(refused(""), "You must indicate a valid SQL");
      for (
        const query of [["SELECT 1", 2], { foo: 1 }, 7, { query: [{}] }, {
          query: [{ query: "SELECT 1", onerror: 1 }],
        }]
      ) {
        assertEquals(refused(query), "there is no job class for the provided query");
      }
      const nothing = await create(jobs, []);
      assertEquals((await get(jobs, nothing.job_id)).status, "pending");
    });

    await t.step(
      "one at a time for each account; those that wait and the one that runs can be cancelled",
      async () => {
        const first = await create(jobs, "SELECT pg_sleep(60)");
        const second = await create(jobs, "INSERT INTO notes VALUES ('too late')");
        while ((await get(jobs, first.job_id)).status !== "running") {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        assertEquals(jobs.inProgress(), { demo: [first.job_id] });
        assertEquals((await get(jobs, second.job_id)).status, "pending");
        for (const id of [second.job_id, first.job_id]) {
          const cancelled = await (await jobs.cancel(request({ path: id }))).json();
          assertEquals(cancelled.status, "cancelled");
          const again = assertThrows(() => void jobs.cancel(request({ path: id })), ApiError);
          assertEquals([again.status, again.message], [400, "Cannot set status from cancelled to cancelled"]);
        }
        assertEquals(await value(engine, "SELECT count(*) FROM notes WHERE note = 'too late'"), "0");
        assertEquals((await get(jobs, first.job_id)).status, "cancelled");
        assertEquals(jobs.inProgress(), {});
      },
    );

    await t.step("a job of another account, or of nobody, is not found", async () => {
      const job = await create(jobs, "SELECT 1");
      await finished(jobs, job.job_id);
      const limited = ACCOUNTS[1];
      if (limited === undefined) throw new Error("no account");
      for (const asked of [request({ path: job.job_id, account: limited }), request({ path: "x" })]) {
        const error = assertThrows(() => void jobs.get(asked), ApiError);
        assertEquals([error.status, error.message], [400, `Job with id ${asked.segments[0]} not found`]);
      }
    });

    await t.step("64 may wait, the 65th is refused, and closing ends all", async () => {
      const limited = ACCOUNTS[1];
      await create(jobs, "SELECT pg_sleep(60)", limited);
      for (let count = 0; count < 64; count++) await create(jobs, "SELECT 1", limited);
      const error = assertThrows(
        () => void jobs.create(request({ parameters: { query: "SELECT 1" }, account: limited ?? fail() })),
        ApiError,
      );
      assertEquals(error.message, "Failed to create job. Max number of jobs (64) queued reached");
      await jobs.close();
      assertEquals(jobs.inProgress(), {});
    });
  } finally {
    await jobs.close();
    await engine.close();
  }
});

function fail(): never {
  throw new Error("no account");
}
