/** What isolines leave behind, and what they refuse before anything is spent. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { CartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { isolinesSql } from "../../src/services/_isolines_sql.ts";
import { Credentials, Isolines, type IsolinesOptions } from "../../src/services/mod.ts";
import { readCarto, toCarto } from "../../src/tables/mod.ts";
import { type Break, breakingAt, tablesOf } from "./_breaking.ts";

const SHOPS = GeoDataFrame.fromColumns({ name: ["a", "b"], big: [9007199254740993n, 1n] })
  .setGeometryFromXY([-3.7, 2.17], [40.42, 41.38]);

Deno.test("isolines leave nothing behind and refuse early", async (t) => {
  await using carto = await startEmulator({
    accounts: [{ username: "ana" }, { username: "other" }, {
      username: "soft",
      services: { isolines: { monthlyQuota: 1, softLimit: true } },
    }],
  });
  const credentials = new Credentials(carto.credentials("ana"));
  const client = new ClassicClient(credentials);
  const isolines = new Isolines(credentials);
  const own = () => tablesOf(client);
  const used = () => isolines.usedQuota() as Promise<number>;
  /** Nothing is spent, and nothing of the account is other than before. */
  const refused = async (tableName: string, ifExists: "replace" | "append", more: IsolinesOptions = {}) => {
    const before = [await used(), await own()];
    const error = await assertRejects(() =>
      isolines.isodistances(SHOPS, [100, 70_000], { tableName, ifExists, ...more })
    ) as CartoError;
    assertEquals([await used(), await own()], before, String(error));
    return error;
  };

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

  await t.step("a table that does not take the areas is told before anything is spent", async () => {
    const cases: [string, RegExp][] = [
      ["DROP source_id", /the table has no column "source_id"/],
      ["ALTER source_id TYPE bool USING true", /column "source_id" of the table is boolean/],
      ["ALTER the_geom TYPE text USING 'x'", /column "the_geom" of the table is text/],
      ["ADD extra int NOT NULL", /the data lack column "extra"/],
      ["ALTER data_range TYPE int2", /smallint out of range/],
      ["ALTER source_id TYPE int2", /smallint out of range/],
    ];
    await toCarto([{ id: 1, big: 40_000, g: "POINT (0 0)" }, { id: 2, big: 1, g: "POINT (1 1)" }], "places", {
      credentials,
      geomCol: "g",
    });
    for (const [change, told] of cases) {
      await client.sql.query(
        "CREATE TABLE taken AS SELECT 1 AS cartodb_id, 1 AS source_id, 1 AS data_range, NULL::geometry(Geometry,4326) AS " +
          `the_geom; DELETE FROM taken; ALTER TABLE taken ${change}`,
      );
      const before = [await used(), await own()];
      for (const source of ["places", await readCarto("places", { credentials })]) {
        const error = await assertRejects(() =>
          isolines.isodistances(source, [100, 70_000], {
            tableName: "taken",
            ifExists: "append",
            sourceCol: change.startsWith("ALTER source_id TYPE int2") ? "big" : "id",
          })
        ) as CartoError;
        assertMatch(error.message, /^Cannot compute isodistances of /);
        assertMatch(error.message, told);
      }
      assertEquals([await used(), await own()], before, change);
      await client.sql.query("DROP TABLE taken");
    }
  });

  await t.step(
    "views, tables of others, and columns that views need are told before anything is spent",
    async () => {
      await client.sql.query(
        "CREATE TABLE needed AS SELECT 1 AS extra; CREATE VIEW needs AS SELECT extra FROM needed",
      );
      await toCarto(SHOPS, "theirs", { credentials: new Credentials(carto.credentials("other")) });
      for (const ifExists of ["replace", "append"] as const) {
        assertMatch((await refused("needs", ifExists)).message, /"needs" is a view/);
        assertEquals((await refused("theirs", ifExists)).code, "access-denied");
      }
      assertMatch((await refused("needed", "replace")).message, /"extra" cannot be dropped/);
      await client.sql.query("DROP VIEW needs; DROP TABLE needed");
    },
  );

  await t.step(
    "an area that crosses itself does not sink the rings, which are paid for by then",
    async () => {
      const plan = { kind: "isodistance", ranges: [1, 2], options: { exclusive: true } } as const;
      const { text } = isolinesSql(
        "SELECT 1 AS cartodb_id, CDB_LatLng(0, 0) AS the_geom",
        "cartodb_id",
        plan,
      );
      const crossed =
        `(SELECT r AS data_range, ST_GeomFromText(format('MULTIPOLYGON(((0 0, %1$s %1$s, %1$s 0, 0 %1$s, 0 0)),
      ((%2$s 3, 7 3, 7 7, %2$s 7, %2$s 3)))', 5 * r, r), 4326) AS the_geom FROM (VALUES (1), (2)) AS v (r))`;
      const ours = text.replace(
        /"cdb_dataservices_client"\."_cdb_isodistance_exception_safe"\([\s\S]*?\) _iso/,
        `${crossed} _iso`,
      );
      const { rows } = await client.sql.query(
        `SELECT ST_Area(the_geom) > 0 AS some, GeometryType(the_geom) AS type FROM (${ours}) q`,
      );
      assertEquals(rows, [{ some: true, type: "MULTIPOLYGON" }, { some: true, type: "MULTIPOLYGON" }]);
    },
  );

  await t.step("a query longer than a job may be", async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `'some name ${index}'`);
    const query = `SELECT * FROM places WHERE id = 1 OR id::text IN (${names.join(", ")})`;
    assert(query.length > 2 * 16_384);
    const { data } = await isolines.isodistances(query, [100], { sourceCol: "id" });
    assertEquals(data.column("source_id").toArray(), [1]);
    const left = await client.sql.query("SELECT proname FROM pg_proc WHERE proname LIKE 'tmp\\_func%'");
    assertEquals(left.rows, []);
  });

  for (const how of ["abort", "lost answer"] as Break[]) {
    await t.step(`${how} at each request: what was paid for is not lost, or nobody wants it`, async () => {
      const before = await own();
      for (let at = 1;; at++) {
        const spent = await used();
        const { transport, signal, hasBroken } = breakingAt(at, how);
        const ended = await new Isolines(credentials, { transport }).isochrones(SHOPS, [300], { signal })
          .then(() => "done", (error) => `${error} ${error.hint}`);
        const about = `request ${at}: ${ended}`;
        const left = (await own()).filter((name) => !before.includes(name));
        if (how === "abort") assertEquals(left, [], about);
        if (ended !== "done" && how === "lost answer" && await used() > spent) {
          const [, kept = "none"] = /"(_cartoframes_staging_isolines_\w+)"/.exec(ended) ?? [];
          assertEquals(left, [kept], about);
          assertEquals((await readCarto(kept, { credentials })).numRows, 2, about);
          await client.sql.query(`DROP TABLE ${kept}`);
        } else assertEquals(left, [], about);
        if (!hasBroken()) return assertEquals(ended, "done");
      }
    });
  }
});
