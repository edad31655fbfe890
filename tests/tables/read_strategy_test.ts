import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { ArgumentError, DataError, isCartoError, JobError } from "../../src/errors/carto_error.ts";
import type { GeoDataFrame } from "../../src/frame/mod.ts";
import {
  readCarto,
  readCartoBatches,
  type ReadCartoBatchesOptions,
  type TableProgress,
  toCarto,
} from "../../src/tables/mod.ts";

type Fetch = typeof fetch;

/** What the server answers when a statement took too long: recording 073. */
function tooLong(): Response {
  return Response.json({
    error: [
      "You are over platform's limits: SQL query timeout error. Refactor your query before running again or contact CARTO support for more details.",
    ],
    context: "limit",
    detail: "datasource",
  }, { status: 429 });
}

/** The SQL of a request that carries it in a form. */
function sqlOf(init: RequestInit | undefined): string {
  return typeof init?.body === "string" ? new URLSearchParams(init.body).get("q") ?? "" : "";
}

/** A `fetch` that keeps the SQL it sees, and answers some of it in its own way. */
function spy(
  answer: (sql: string, url: string, init?: RequestInit) => Response | undefined | Promise<Response>,
) {
  const seen: string[] = [];
  const spied: Fetch = async (input, init) => {
    const url = String(input);
    const sql = sqlOf(init);
    seen.push(
      sql !== ""
        ? sql
        : `${init?.method} ${new URL(url).pathname.replace(/.*sql/, "").replace(/[0-9a-f-]{36}/, "*")}`,
    );
    return await answer(sql, url, init) ?? await fetch(input, init);
  };
  return { seen, transport: { fetch: spied } };
}

/** Whether a statement reads what the caller asked for, rather than a table made for it. */
function isDirect(sql: string): boolean {
  return sql.startsWith("COPY (SELECT") && !sql.includes("_cartoframes_staging_");
}

/** The answer of the real server, cut after so many bytes as a broken connection cuts it. */
async function cutAnswer(input: string, init: RequestInit | undefined, bytes: number): Promise<Response> {
  const whole = new Uint8Array(await (await fetch(input, init)).arrayBuffer());
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(whole.subarray(0, bytes));
      },
      pull(controller) {
        controller.error(new TypeError("error reading a body from connection"));
      },
    }),
  );
}

function values(frame: GeoDataFrame, column: string): unknown[] {
  return [...frame.column(column)];
}

Deno.test("strategies of reads on the emulator", async (t) => {
  await using carto = await startEmulator({
    accounts: [{
      username: "demo",
      masterKey: "demo_master_key",
      keys: [{ token: "reader_key", role: "reader_role" }],
    }],
  });
  const credentials = new Credentials(carto.credentials("demo"));
  const reader = new Credentials({ ...carto.credentials("demo"), apiKey: "reader_key" });
  const client = new ClassicClient(credentials);
  const leftovers = async () =>
    (await client.sql.query("SELECT relname FROM pg_class WHERE relname LIKE '\\_cartoframes\\_staging%'"))
      .rows;
  const rows = Array.from({ length: 1000 }, (_, index) => ({ n: index, name: `row ${index} ☃` }));
  await toCarto(rows, "long_table", { credentials });
  await client.sql.query("DELETE FROM long_table WHERE cartodb_id % 10 = 3");
  await client.sql.query("GRANT SELECT ON long_table TO reader_role");
  const QUERY =
    "SELECT n, name, n::numeric / 7 AS ratio, ROW(n, name) AS pair FROM long_table ORDER BY n DESC";
  const ids = rows.map(({ n }) => n + 1).filter((id) => id % 10 !== 3);

  await t.step("a query is read by a batch job at once, in its order, and its table is gone", async () => {
    const { seen, transport } = spy(() => undefined);
    const direct = await readCarto(QUERY, { credentials, strategy: "direct" });
    const told: TableProgress[] = [];
    const frame = await readCarto(QUERY, {
      credentials,
      transport,
      strategy: "job",
      onProgress: (progress) => told.push(progress),
    });
    assert(frame.equals(direct), frame.toString());
    assertEquals(new Set(told.map(({ phase }) => phase)), new Set(["query", "read"]));
    assertEquals(told.at(-1)?.rows, 900);
    assertEquals(
      seen.filter((text) => /^(COPY|DROP|POST)/.test(text)).map((text) => text.replace(/_\d{14}_\w{8}/, "*")),
      [
        "POST /job",
        'COPY "public"."_cartoframes_staging_read*" TO STDOUT WITH (FORMAT binary)',
        'DROP TABLE IF EXISTS "public"."_cartoframes_staging_read*"',
      ],
    );
    assertEquals(await leftovers(), []);
    const limited = await readCarto(QUERY, { credentials, strategy: "job", limit: 7, decodeGeom: false });
    assert(limited.equals(direct.head(7)), limited.toString());
  });

  await t.step("a query too long for a job's request is read by a job, too", async () => {
    const long = `SELECT n FROM long_table WHERE n < 5 AND name <> '${"long ".repeat(4000)}' ORDER BY n`;
    assertEquals(values(await readCarto(long, { credentials, strategy: "job" }), "n"), [0, 1, 3, 4]);
    const { rows: functions } = await client.sql.query(
      "SELECT proname FROM pg_proc WHERE proname LIKE 'tmp_func%'",
    );
    assertEquals(functions, []);
  });

  await t.step(
    "auto: a query that takes too long becomes a job; direct: an error with the next step",
    async () => {
      const { transport, seen } = spy((sql) => isDirect(sql) ? tooLong() : undefined);
      const frame = await readCarto(QUERY, { credentials, transport });
      assertEquals([frame.numRows, frame.column("n").get(0)], [900, 999]);
      assert(seen.includes("POST /job"));
      assertEquals(await leftovers(), []);
      const error = await assertRejects(
        () => readCarto(QUERY, { credentials, transport, strategy: "direct" }),
        Error,
      );
      assert(isCartoError(error));
      assertEquals([error.code, error.hint], [
        "statement-timeout",
        'Pass { strategy: "job" } with the master key',
      ]);
      assertMatch(error.message, /^Cannot read the query: /);
    },
  );

  await t.step("auto: a table that takes too long is read page by page, with any key", async () => {
    const { transport, seen } = spy((sql) =>
      isDirect(sql) && !/LIMIT \d+\) TO/.test(sql) ? tooLong() : undefined
    );
    const frame = await readCarto("long_table", { credentials: reader, transport });
    assertEquals(values(frame, "cartodb_id").map(Number), ids);
    assert(!seen.includes("POST /job"));
    const error = await assertRejects(
      () => readCarto("long_table", { credentials: reader, transport, strategy: "direct" }),
      Error,
    );
    assertMatch(String(isCartoError(error) && error.hint), /pageRows: 100000/);
  });

  await t.step("auto: pages that take too long become smaller ones, and in the end a job", async () => {
    const small = spy((sql) =>
      isDirect(sql) && Number(/LIMIT (\d+)\) TO/.exec(sql)?.[1] ?? 1e9) > 20_000 ? tooLong() : undefined
    );
    assertEquals(
      values(await readCarto("long_table", { credentials, ...small }), "cartodb_id").map(Number),
      ids,
    );
    assertEquals(small.seen.filter(isDirect).map((sql) => /LIMIT (\d+)\) TO/.exec(sql)?.[1]), [
      undefined,
      "100001",
      "25001",
      "6251",
    ]);
    const never = spy((sql) => isDirect(sql) ? tooLong() : undefined);
    assertEquals((await readCarto("long_table", { credentials, ...never })).numRows, 900);
    assert(never.seen.includes("POST /job"));
    assertEquals(await leftovers(), []);
  });

  await t.step("a key that may not run jobs is told what to do", async () => {
    const { transport } = spy((sql) => isDirect(sql) ? tooLong() : undefined);
    const auto = await assertRejects(() => readCarto(QUERY, { credentials: reader, transport }), Error);
    assert(isCartoError(auto));
    assertEquals(auto.code, "statement-timeout");
    assertMatch(String(auto.hint), /master key/);
    const job = await assertRejects(() => readCarto(QUERY, { credentials: reader, strategy: "job" }), Error);
    assert(isCartoError(job));
    assertEquals([job.code, job.hint], [
      "access-denied",
      'Batch jobs need the master key: use it, or pass { strategy: "direct" }',
    ]);
    assertEquals(await leftovers(), []);
  });

  await t.step(
    "the time-out told behind the first rows counts as well, but not once rows are handed out",
    async () => {
      const glued = async (sql: string, url: string, init?: RequestInit) => {
        if (!isDirect(sql)) return await fetch(url, init);
        const whole = new Uint8Array(await (await fetch(url, init)).arrayBuffer());
        const text = new Uint8Array(await tooLong().arrayBuffer());
        return new Response(new Blob([whole.subarray(0, whole.length >> 1), text]));
      };
      const { transport } = spy(glued);
      assertEquals((await readCarto(QUERY, { credentials, transport })).numRows, 900);
      let handedOut = 0;
      const error = await assertRejects(async () => {
        for await (const batch of readCartoBatches(QUERY, { credentials, transport, batchRows: 1 })) {
          handedOut += batch.numRows;
        }
      }, Error);
      assert(handedOut > 0 && isCartoError(error), `${error}`);
      assertEquals([error.code, error.hint], [
        "statement-timeout",
        'Pass { strategy: "job" } with the master key',
      ]);
    },
  );

  await t.step("a query that fails in the job fails with its reason, and leaves nothing", async () => {
    const failing = "SELECT 1 / (500 - n) AS v FROM long_table";
    const error = await assertRejects(() => readCarto(failing, { credentials, strategy: "job" }), JobError);
    assertEquals(error.message, "Cannot read the query: division by zero");
    assertEquals(await leftovers(), []);
  });

  await t.step("an abort while the job runs cancels it; one while rows travel drops the table", async () => {
    const sleeping = "SELECT n, pg_sleep(0.05)::text AS t FROM long_table";
    for (const phase of ["query", "read"] as const) {
      const controller = new AbortController();
      const reason = new Error("enough");
      const { seen, transport } = spy(() => undefined);
      const error = await assertRejects(
        () =>
          readCarto(phase === "query" ? sleeping : "SELECT g FROM generate_series(1, 200000) g", {
            credentials,
            transport,
            strategy: "job",
            signal: controller.signal,
            onProgress: (progress) => progress.phase === phase && controller.abort(reason),
          }),
        Error,
      );
      assertEquals(error, reason);
      assertEquals(seen.includes("DELETE /job/*"), phase === "query", seen.join("\n"));
      assertEquals(await leftovers(), []);
    }
  });

  await t.step("an abort while the job is being made waits for its id, and cancels it", async () => {
    const controller = new AbortController();
    const { seen, transport } = spy(async (_sql, url, init) => {
      if (init?.method !== "POST" || !url.includes("/job")) return await fetch(url, init);
      const answer = await fetch(url, init);
      controller.abort(new Error("enough"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return answer;
    });
    await assertRejects(
      () => readCarto(QUERY, { credentials, transport, strategy: "job", signal: controller.signal }),
      Error,
      "enough",
    );
    assert(seen.includes("DELETE /job/*"), seen.join("\n"));
    assertEquals(await leftovers(), []);
  });

  await t.step(
    "leaving the loop drops the table, and a broken download of it is begun again in order",
    async () => {
      for await (const batch of readCartoBatches(QUERY, { credentials, strategy: "job", batchRows: 10 })) {
        assert(batch.numRows >= 10);
        break;
      }
      assertEquals(await leftovers(), []);
      let downloads = 0;
      const { seen, transport } = spy((sql, url, init) =>
        sql.startsWith("COPY") && ++downloads === 1 ? cutAnswer(url, init, 5000) : undefined
      );
      const frame = await readCarto(QUERY, { credentials, transport, strategy: "job" });
      assert(frame.equals(await readCarto(QUERY, { credentials })));
      assertMatch(seen.filter((sql) => sql.startsWith("COPY"))[1] ?? "", /ORDER BY ctid/);
    },
  );

  await t.step("a table that could not be dropped is dropped by the next read", async () => {
    const { transport } = spy((sql) => {
      if (!sql.startsWith("DROP TABLE IF EXISTS")) return undefined;
      throw new TypeError("error sending request: connection closed before message completed");
    });
    assertEquals((await readCarto(QUERY, { credentials, transport, strategy: "job" })).numRows, 900);
    assertEquals((await leftovers()).length, 1);
    assertEquals((await readCarto(QUERY, { credentials, strategy: "job" })).numRows, 900);
    assertEquals(await leftovers(), []);
  });

  await t.step("what a crash left is swept by a later read", async () => {
    await client.sql.query("CREATE TABLE _cartoframes_staging_read_20200101000000_0123abcd (a int)");
    await readCarto(QUERY, { credentials, strategy: "job" });
    assertEquals(await leftovers(), []);
  });

  /** All batches, and how many of them. */
  const gather = async (source: string, options: ReadCartoBatchesOptions) => {
    const batches = await Array.fromAsync(readCartoBatches(source, { credentials, ...options }));
    return { batches, frame: (batches[0] as GeoDataFrame).concat(...batches.slice(1)) };
  };

  await t.step("pages hold each row once, whatever their size", async () => {
    const whole = (await gather("SELECT * FROM long_table ORDER BY cartodb_id", {})).frame;
    for (const pageRows of [1000, 901, 900, 899, 450, 100, 7]) {
      const { seen, transport } = spy(() => undefined);
      const { frame } = await gather("long_table", { transport, pageRows, batchRows: 50 });
      assert(frame.equals(whole), `${pageRows}`);
      assertEquals(seen.filter(isDirect).length, Math.ceil(900 / pageRows), `${pageRows}`);
    }
    for (const limit of [0, 1, 99, 100, 101, 250, 5000]) {
      const { frame } = await gather("long_table", { pageRows: 100, limit });
      assert(frame.equals(whole.head(Math.min(limit, 900))), `limit ${limit}`);
    }
    const half = await gather("SELECT cartodb_id, name FROM long_table WHERE n % 2 = 0", { pageRows: 100 });
    assertEquals(values(half.frame, "cartodb_id").map(Number), ids.filter((id) => id % 2 === 1));
    const none = await gather("SELECT * FROM long_table WHERE false", { pageRows: 100 });
    assertEquals([none.batches.length, none.frame.numRows], [1, 0]);
  });

  await t.step("a page that breaks off goes on with the row after the last one handed out", async () => {
    let downloads = 0;
    const { seen, transport } = spy((sql, url, init) =>
      isDirect(sql) && ++downloads % 2 === 1 ? cutAnswer(url, init, 3000) : undefined
    );
    const { frame } = await gather("long_table", { transport, pageRows: 300, batchRows: 10 });
    assertEquals(values(frame, "cartodb_id").map(Number), ids);
    assert(seen.filter(isDirect).length > 4, `${seen.filter(isDirect).length} downloads`);
    // The same break ends a read by one COPY, with the advice to use pages
    downloads = 0;
    const error = await assertRejects(() => gather("long_table", { transport, batchRows: 10 }), Error);
    assertMatch(String(isCartoError(error) && error.hint), /pageRows/);
    // A whole read begins again, since nothing of it has been handed out
    downloads = 0;
    assertEquals((await readCarto("long_table", { credentials, transport })).numRows, 900);
    // A line that always breaks at once is given up
    const dead = spy((sql, url, init) => isDirect(sql) ? cutAnswer(url, init, 25) : undefined);
    await assertRejects(
      () => gather("long_table", { ...dead, pageRows: 300 }),
      Error,
      'Cannot read table "long_table"',
    );
    assertEquals(dead.seen.filter(isDirect).length, 3);
  });

  await t.step("pages need an id that tells the rows apart", async () => {
    const refused = async (source: string) =>
      await assertRejects(() => gather(source, { pageRows: 100, batchRows: 10 }), Error);
    assert(await refused("SELECT n FROM long_table") instanceof ArgumentError);
    assert(await refused("SELECT name AS cartodb_id FROM long_table") instanceof ArgumentError);
    const nulls = await refused("SELECT NULLIF(cartodb_id, 500) AS cartodb_id FROM long_table");
    assert(nulls instanceof DataError && nulls.message.includes("null in some row"), `${nulls}`);
    for (const twice of [1, 5, 99, 100, 101]) {
      const source =
        `SELECT cartodb_id FROM (SELECT row_number() OVER () AS cartodb_id FROM long_table UNION ALL SELECT ${twice}) x`;
      const error = await refused(source);
      assert(
        error instanceof DataError && error.message.includes(`${twice} is there more than once`),
        `${error}`,
      );
    }
    for (
      const wrong of [{ pageRows: 0 }, { pageRows: 1.5 }, { pageRows: 5, strategy: "job" }, { strategy: "x" }]
    ) {
      await assertRejects(() => gather("long_table", wrong as ReadCartoBatchesOptions), ArgumentError);
    }
  });

  await t.step("a parser's error names the row, also in a later batch or page", async () => {
    const parse = (row: unknown) => {
      const { n } = row as { n: number };
      if (n === 700) throw new TypeError("700 is not wanted");
      return n;
    };
    const place = ids.indexOf(701) + 1;
    for (const more of [{}, { pageRows: 64 }]) {
      const error = await assertRejects(
        () => readCarto("long_table", { credentials, rows: { parse }, ...more }),
        DataError,
        "700 is not wanted",
      );
      if ("pageRows" in more) assertEquals(error.place.row, place);
      assertMatch(error.message, /^row \d+: /);
    }
  });
});
