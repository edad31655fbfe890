import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readRecordings } from "../_tools/_wire/recordings.ts";
import { replay } from "../_tools/_wire/replay.ts";
import { findPostgres, startPostgres } from "../_tools/postgres.ts";
import exceptions from "./wire_exceptions.json" with { type: "json" };

const FOLDER = fromFileUrl(new URL("../fixtures/wire/sql-api-v2", import.meta.url));

/** Replays all recordings; exactly those that are listed may differ. */
async function replayAll(listed: Record<string, string>, database?: string): Promise<void> {
  const recordings = readRecordings(FOLDER);
  assertEquals(recordings.length, 245);
  const different: Record<string, string[]> = {};
  const readme = await Deno.readTextFile(`${FOLDER}/README.md`);
  for await (const { recording, differences } of replay(recordings, { readme, database })) {
    if (differences.length === 0) continue;
    different[recording.name] = differences.map(({ path, expected, got }) =>
      `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`
    );
  }
  const unlisted = Object.entries(different).filter(([name]) => !(name in listed));
  assertEquals(Object.fromEntries(unlisted), {}, "these differ and are not listed in wire_exceptions.json");
  const mended = Object.keys(listed).filter((name) => !(name in different));
  assertEquals(mended, [], "these are equal: take them off wire_exceptions.json");
}

Deno.test("the embedded emulator answers the recorded traffic of the SQL API as the real server did", async () => {
  await replayAll(exceptions.embedded);
});

const bin = await findPostgres();

Deno.test({
  name: "the emulator on a PostgreSQL server answers the recorded traffic as the real server did" +
    (bin === undefined ? " (skipped: PostgreSQL with PostGIS is not installed)" : ""),
  ignore: bin === undefined,
  fn: async () => {
    await using server = await startPostgres(bin ?? "");
    await replayAll(exceptions.server, server.url);
  },
});

Deno.test("every exception of the wire test names a recording and gives a reason", () => {
  const names = new Set(readRecordings(FOLDER).map(({ name }) => name));
  for (const list of Object.values<Record<string, string>>(exceptions)) {
    for (const [name, reason] of Object.entries(list)) {
      assertEquals(names.has(name), true, `there is no recording "${name}"`);
      assertEquals(reason.length > 20, true, `the reason for "${name}" says too little`);
    }
  }
});
