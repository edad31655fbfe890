import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readRecordings } from "../_tools/_wire/recordings.ts";
import { replay } from "../_tools/_wire/replay.ts";
import { findPostgres, startPostgres } from "../_tools/postgres.ts";
import { readReadme } from "../_tools/wire.ts";
import sqlExceptions from "./wire_exceptions.json" with { type: "json" };
import mapsExceptions from "./wire_exceptions_maps.json" with { type: "json" };

/** Recorded traffic of one API, and what of it the emulator answers otherwise. */
interface Traffic {
  api: string;
  folder: string;
  count: number;
  exceptions: { embedded: Record<string, string>; server: Record<string, string> };
}

const TRAFFIC: readonly Traffic[] = [
  { api: "SQL API", folder: folder("sql-api-v2"), count: 245, exceptions: sqlExceptions },
  { api: "Maps API", folder: folder("maps-api-v1"), count: 119, exceptions: mapsExceptions },
];

function folder(name: string): string {
  return fromFileUrl(new URL(`../fixtures/wire/${name}`, import.meta.url));
}

/** Replays all recordings; exactly those that are listed may differ. */
async function replayAll(
  { folder, count }: Traffic,
  listed: Record<string, string>,
  database?: string,
): Promise<void> {
  const recordings = readRecordings(folder);
  assertEquals(recordings.length, count);
  const different: Record<string, string[]> = {};
  for await (
    const { recording, differences } of replay(recordings, { readme: readReadme(folder), database })
  ) {
    if (differences.length === 0) continue;
    different[recording.name] = differences.map(({ path, expected, got }) =>
      `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`
    );
  }
  const unlisted = Object.entries(different).filter(([name]) => !(name in listed));
  assertEquals(Object.fromEntries(unlisted), {}, "these differ and are not listed among the exceptions");
  const mended = Object.keys(listed).filter((name) => !(name in different));
  assertEquals(mended, [], "these are equal: take them off the exceptions");
}

const bin = await findPostgres();

for (const traffic of TRAFFIC) {
  Deno.test(`the embedded emulator answers the recorded traffic of the ${traffic.api} as the real server did`, async () => {
    await replayAll(traffic, traffic.exceptions.embedded);
  });

  Deno.test({
    name:
      `the emulator on a PostgreSQL server answers the recorded traffic of the ${traffic.api} as the real one did` +
      (bin === undefined ? " (skipped: PostgreSQL with PostGIS is not installed)" : ""),
    ignore: bin === undefined,
    fn: async () => {
      await using server = await startPostgres(bin ?? "");
      await replayAll(traffic, traffic.exceptions.server, server.url);
    },
  });
}

Deno.test("every exception of the wire tests names a recording and gives a reason", () => {
  for (const { folder, exceptions } of TRAFFIC) {
    const names = new Set(readRecordings(folder).map(({ name }) => name));
    for (const list of Object.values(exceptions)) {
      for (const [name, reason] of Object.entries(list)) {
        assertEquals(names.has(name), true, `there is no recording "${name}"`);
        assertEquals(reason.length > 20, true, `the reason for "${name}" says too little`);
      }
    }
  }
});
