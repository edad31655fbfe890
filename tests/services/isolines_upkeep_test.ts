/** What isolines leave behind, and what they refuse before anything is spent. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { CartoError } from "../../src/errors/mod.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { Credentials, Isolines } from "../../src/services/mod.ts";
import { toCarto } from "../../src/tables/mod.ts";

const SHOPS = GeoDataFrame.fromColumns({ name: ["a", "b"], big: [9007199254740993n, 1n] })
  .setGeometryFromXY([-3.7, 2.17], [40.42, 41.38]);

Deno.test("isolines leave nothing behind and refuse early", async (t) => {
  await using carto = await startEmulator({
    accounts: [{ username: "ana" }, {
      username: "soft",
      services: { isolines: { monthlyQuota: 1, softLimit: true } },
    }],
  });
  const credentials = new Credentials(carto.credentials("ana"));
  const client = new ClassicClient(credentials);
  const isolines = new Isolines(credentials);
  const own = async () =>
    (await client.sql.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' " +
        "AND pg_get_userbyid(relowner) = current_user ORDER BY 1",
    )).rows.map(({ relname }) => String(relname));

  await t.step("what is no point is refused before anything is spent", async () => {
    const lines = [{ g: "POINT (0 0)" }, { g: "LINESTRING (0 0, 1 1)" }];
    await toCarto(lines, "lines", { credentials, geomCol: "g" });
    for (const source of ["lines", lines]) {
      const error = await assertRejects(() =>
        isolines.isochrones(source, [300], { geomCol: "g" })
      ) as CartoError;
      assertMatch(error.message, /must be points, and there is a LineString/i);
    }
    assertEquals([await isolines.usedQuota(), await own()], [0, ["lines"]]);
  });

  await t.step("a soft limit does not stop the run", async () => {
    const soft = new Isolines(new Credentials(carto.credentials("soft")));
    assertEquals((await soft.isodistances(SHOPS, [100])).data.numRows, 2);
  });

  await t.step("the ids keep their type and value; places of one id keep rings of their own", async () => {
    const { data } = await isolines.isodistances(SHOPS, [100], { sourceCol: "big" });
    assertEquals(data.column("source_id").type, "int8");
    assertEquals(data.column("source_id").toArray(), [9007199254740993n, 1n]);
    const twice = GeoDataFrame.fromColumns({ id: ["x", "x"] }).setGeometryFromXY([0, 10], [0, 0]);
    const rings = await isolines.isodistances(twice, [500, 100], { sourceCol: "id", exclusive: true });
    assertEquals(rings.data.column("lower_data_range").toArray(), [100, 0, 100, 0]);
    assertEquals(rings.data.column("the_geom").nullCount, 0);
  });

  await t.step("a table takes more isolines", async () => {
    await isolines.isodistances(SHOPS, [100], { tableName: "kept" });
    await isolines.isodistances(SHOPS, [200], { tableName: "kept", ifExists: "append" });
    assertEquals((await client.sql.query("SELECT count(*)::int AS n FROM kept")).rows, [{ n: 4 }]);
    await client.sql.query("DROP TABLE kept");
  });

  await t.step("a key other than the master key is told so", async () => {
    const anyone = new Isolines(new Credentials({ ...carto.credentials("ana"), apiKey: "default_public" }));
    const error = await assertRejects(() => anyone.isochrones(SHOPS, [300])) as CartoError;
    assertEquals(error.code, "access-denied");
  });

  await t.step("an abort at each request leaves no table", async () => {
    const before = await own();
    for (let at = 1; at < 60; at++) {
      const controller = new AbortController();
      let requests = 0;
      const fetch = async (input: string | URL | Request, init?: RequestInit) => {
        const answer = await globalThis.fetch(input, init);
        if (++requests === at) controller.abort(new Error("enough"));
        return answer;
      };
      const run = new Isolines(credentials, { transport: { fetch } })
        .isochrones(SHOPS, [300], { signal: controller.signal });
      const ended = await run.then(() => "done", (error) => String(error));
      assertEquals(await own(), before, `request ${at}: ${ended}`);
      if (ended === "done") return;
      assertMatch(ended, /enough/);
    }
    assert(false, "the run did not end");
  });
});
