import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { requestLog } from "../../src/classic/request_log.ts";
import { ArgumentError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer, KEY } from "./_fake_server.ts";

/** What a log of a level tells of a broken and a good attempt, and of a refusal. */
async function linesOf(level: string): Promise<string[]> {
  const lines: string[] = [];
  const server = new FakeServer(
    () => new Response("", { status: 503 }),
    { rows: [] },
    () => Response.json({ error: [`no ${KEY}`] }, { status: 403 }),
  );
  const carto = clientOf(server, { log: requestLog(level as "info", (line) => lines.push(line), () => 0) });
  await carto.sql.query("SELECT secret_column FROM t", { readOnly: true, method: "GET" });
  await assertRejects(() => carto.me.get());
  return lines;
}

Deno.test("UTL-001: a log tells as much as its level says; with debug also time, level, address and attempt", async () => {
  const again = "run the query: server-error (503) after 0 ms, again in 500 ms";
  const good = "run the query: 200 in 0 ms";
  const refused = "read the account: access-denied (403) after 0 ms";
  assertEquals(await linesOf("critical"), []);
  assertEquals(await linesOf("error"), [refused]);
  assertEquals(await linesOf("warning"), [again, refused]);
  assertEquals(await linesOf("INFO"), [again, good, refused]);
  const sql = "https://ana.carto.com/api/v2/sql";
  const time = "1970-01-01T00:00:00.000Z";
  assertEquals(await linesOf("debug"), [
    `${time} - WARNING - ${again} [GET ${sql}, attempt 1]`,
    `${time} - INFO - ${good} [GET ${sql}, attempt 2]`,
    `${time} - ERROR - ${refused} [GET https://ana.carto.com/api/v3/me, attempt 1]`,
  ]);
  assertEquals((await linesOf("notset")).length, 3);
  for (const line of await linesOf("debug")) assert(!line.includes("secret_column") && !line.includes(KEY));
});

Deno.test("UTL-002: a level that is none is refused at once", () => {
  const error = assertThrows(() => requestLog("x" as "info", () => {}), ArgumentError);
  assert(error.message.includes("critical, error, warning, info, debug, notset"));
});
