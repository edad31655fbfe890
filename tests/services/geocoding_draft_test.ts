/** A table that keeps what is geocoded changes when all rows are done, and not before. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { ArgumentError, CartoError } from "../../src/errors/carto_error.ts";
import { draftName } from "../../src/services/_geocode.ts";
import {
  Credentials,
  type GeocodeOptions,
  Geocoding,
  GeocodingError,
  type ServiceSource,
} from "../../src/services/mod.ts";
import { toCarto } from "../../src/tables/mod.ts";
import { type Break, breakingAt, tablesOf } from "./_breaking.ts";

const address = (id: number) => ({ id, address: `Gran Via ${id}`, city: "Madrid" });
const ROWS = [1, 2, 3].map(address);
const OPTIONS = { street: "address", city: "city", country: { value: "Spain" } };

Deno.test("the draft of a table has a name of its own, however long the table's", async () => {
  assertEquals(await draftName("shops"), "shops_unfinished");
  const [one, other] = await Promise.all(["a", "b"].map((end) => draftName(`${"x".repeat(60)}${end}`)));
  assert(one?.length === 63 && one.endsWith("_unfinished") && one !== other, `${one} ${other}`);
});

Deno.test("a table that keeps what is geocoded is whole, or as it was", async (t) => {
  await using carto = await startEmulator({
    accounts: [
      { username: "ana" },
      { username: "other" },
      { username: "google", services: { geocoding: { monthlyQuota: 25, provider: "google" } } },
    ],
  });
  const credentials = new Credentials(carto.credentials("ana"));
  const client = new ClassicClient(credentials);
  const geocoding = new Geocoding(credentials);
  const used = () => geocoding.usedQuota() as Promise<number>;
  const ids = async (table: string, of = client) =>
    (await of.sql.query(`SELECT id, the_geom IS NULL AS empty FROM ${table} ORDER BY cartodb_id`)).rows
      .map(({ id, empty }) => `${id}${empty === true ? " -" : ""}`).join(", ");
  /** The old table: addresses of before, which no run has geocoded. */
  await toCarto([7, 8].map(address), "former", { credentials });
  const putOld = () =>
    client.sql.query(
      "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM former ORDER BY cartodb_id",
    );
  /** Nothing is spent, and nothing of the account is other than before. */
  const refused = async (source: ServiceSource, options: Partial<GeocodeOptions>) => {
    const before = [await used(), await tablesOf(client)];
    const error = await assertRejects(() => geocoding.geocode(source, { ...OPTIONS, ...options }));
    assertEquals([await used(), await tablesOf(client)], before, String(error));
    return error as ArgumentError;
  };

  await t.step("replace keeps the table's identity and views; append brings only the new rows", async () => {
    await putOld();
    await client.sql.query("CREATE VIEW seen AS SELECT id, the_geom FROM kept");
    const { data } = await geocoding.geocode(ROWS, { ...OPTIONS, tableName: "kept", ifExists: "replace" });
    assertEquals([data.numRows, data.column("the_geom").nullCount], [3, 0]);
    assertEquals((await client.sql.query("SELECT count(the_geom)::int AS n FROM seen")).rows, [{ n: 3 }]);
    await client.sql.query("DROP VIEW seen");

    await putOld();
    const before = await used();
    const more = await geocoding.geocode(ROWS, { ...OPTIONS, tableName: "kept", ifExists: "append" });
    // Rows of the table that nobody asked to geocode cost nothing, as the dry run had said
    assertEquals([more.data.numRows, more.metadata.requiredQuota, await used() - before], [3, 3, 3]);
    assertEquals(await ids("kept"), "7 -, 8 -, 1, 2, 3");
    assertEquals(await tablesOf(client), ["former", "kept"]);
  });

  const breaks: [Break, "replace" | "append"][] = [
    ["abort", "replace"],
    ["lost answer", "replace"],
    ["lost answer", "append"],
  ];
  for (const [how, ifExists] of breaks) {
    const whole = ifExists === "replace" ? "1, 2, 3" : "7 -, 8 -, 1, 2, 3";
    await t.step(
      `${how} at each request of ${ifExists}: the old table or the new one, and no address paid for twice`,
      async () => {
        for (let at = 1;; at++) {
          await putOld();
          const before = await used();
          const { transport, signal, hasBroken } = breakingAt(at, how);
          const options = { ...OPTIONS, tableName: "kept", ifExists, batchRows: 2 };
          const ended = await new Geocoding(credentials, { transport }).geocode(ROWS, { ...options, signal })
            .then(() => "done", (error) => `${error} ${error.hint}`);
          const now = await ids("kept");
          const about = `request ${at}: ${ended}`;
          assert(now === "7 -, 8 -" || now === whole, `${about}: ${now}`);
          const left = (await tablesOf(client)).filter((name) => !["former", "kept"].includes(name));
          assert(left.every((name) => name === "kept_unfinished"), `${about}: ${left}`);
          if (how !== "abort" && left.length > 0) assertMatch(ended, /"kept_unfinished"/);
          if (now === whole) assertEquals(await used() - before, 3, about);
          else {
            await geocoding.geocode(ROWS, options);
            assertEquals([await ids("kept"), await used() - before], [whole, 3], about);
          }
          assertEquals(await tablesOf(client), ["former", "kept"], about);
          if (!hasBroken()) return;
        }
      },
    );
  }

  await t.step(
    "a quota that runs out midway leaves the old table, and the next run pays for the rest",
    async () => {
      const own = new Credentials(carto.credentials("google"));
      const mine = new ClassicClient(own);
      const google = new Geocoding(own);
      const rows = Array.from({ length: 40 }, (_, id) => address(id + 1));
      await toCarto([address(99)], "shops", { credentials: own });
      const options = { ...OPTIONS, tableName: "shops", ifExists: "replace", batchRows: 10 } as const;
      const error = await assertRejects(() => google.geocode(rows, options));
      assert(error instanceof GeocodingError, String(error));
      assertEquals([error.code, error.metadata.successfullyGeocoded, error.table], [
        "quota-exceeded",
        25,
        "shops_unfinished",
      ]);
      assertMatch(String(error.hint), /"shops_unfinished".*"shops" is as it was/);
      assertEquals(error.pendingIds, Array.from({ length: 15 }, (_, index) => 26 + index));
      assertEquals(await ids("shops", mine), "99 -");
      const plan = await google.geocode(rows, { ...options, dryRun: true });
      assertEquals([plan.metadata.requiredQuota, plan.metadata.previouslyGeocoded], [15, 25]);
      const known = await google.geocode(rows.slice(0, 25), options);
      assertEquals([known.metadata.requiredQuota, known.data.column("the_geom").nullCount], [0, 0]);
      assertEquals(await tablesOf(mine), ["shops"]);
    },
  );

  await t.step("a first job that fails leaves the old table, and no draft", async () => {
    await putOld();
    // What the service answers does not fit: a fault that nobody could know before
    await client.sql.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN RAISE EXCEPTION ''no''; END'`);
    const broken = new Geocoding(credentials, {
      transport: {
        fetch: async (input, init) => {
          if (String(input).includes("sql/job") && init?.method === "POST") {
            await client.sql.query(
              "CREATE TRIGGER refuse BEFORE UPDATE ON kept_unfinished EXECUTE FUNCTION refuse()",
            );
          }
          return await fetch(input, init);
        },
      },
    });
    const error = await assertRejects(() =>
      broken.geocode(ROWS, { ...OPTIONS, tableName: "kept", ifExists: "replace" })
    );
    assert(error instanceof GeocodingError, String(error));
    assertEquals([error.code, error.pendingIds.length, error.table], ["job-failed", 3, undefined]);
    assertEquals(await ids("kept"), "7 -, 8 -");
    assertEquals(await tablesOf(client), ["former", "kept"]);
    await client.sql.query("DROP FUNCTION refuse()");
  });

  await t.step("what the table cannot take is refused before anything is spent", async () => {
    await putOld();
    await client.sql.query("CREATE TABLE narrow AS SELECT *, true AS flag FROM former");
    const flagged = ROWS.map((row) => ({ ...row, flag: 1 }));
    const shape = await refused(flagged, { tableName: "narrow", ifExists: "append" });
    assertMatch(shape.message, /column "flag" of the table is boolean, and the data have/);
    for (
      const [change, told] of [
        ["DROP address, ADD address int", /invalid input syntax for type integer.*Convert column "address"/],
        [
          "DROP address, ADD address varchar(9)",
          /3 values do not fit character varying\(9\).*Convert column/,
        ],
        ["DROP address, ADD address text NOT NULL DEFAULT ''", /1 value does not fit text without nulls/],
      ] as const
    ) {
      await client.sql.query(`ALTER TABLE narrow ${change}`);
      const rows = /NOT NULL/.test(change) ? [...ROWS, { ...address(4), address: null }] : ROWS;
      const error = await refused(rows, { tableName: "narrow", ifExists: "append" });
      assertMatch(`${error.message} ${error.hint}`, told);
    }
    assertEquals(
      (await refused(ROWS, { tableName: "kept" }) as unknown as CartoError).code,
      "already-exists",
    );
    await client.sql.query("CREATE VIEW sight AS SELECT * FROM former");
    for (const ifExists of ["replace", "append"] as const) {
      assertMatch((await refused(ROWS, { tableName: "sight", ifExists })).message, /"sight" is a view/);
    }
    // Views that need a column which the new rows do not have
    await client.sql.query(
      "CREATE TABLE needed AS SELECT *, 1 AS extra FROM former; CREATE VIEW needs AS SELECT extra FROM needed",
    );
    const needed = await refused(ROWS, { tableName: "needed", ifExists: "replace" });
    assertMatch(needed.message, /"extra" cannot be dropped.*"needs"/);
    await client.sql.query("CREATE TABLE mine_unfinished AS SELECT * FROM former");
    const mine = await refused(ROWS, { tableName: "mine" });
    assertMatch(`${mine.message} ${mine.hint}`, /"mine_unfinished", which was not made by geocoding.*rename/);
    await client.sql.query("DROP TABLE mine_unfinished");
    // The table of another account
    const other = new Credentials(carto.credentials("other"));
    await toCarto(ROWS, "theirs", { credentials: other });
    for (const ifExists of ["replace", "append"] as const) {
      const error = await refused(ROWS, { tableName: "theirs", ifExists });
      assertEquals([error.code as string, /"theirs" may not be written/.test(error.message)], [
        "access-denied",
        true,
      ]);
    }
    await client.sql.query("DROP VIEW sight; DROP VIEW needs; DROP TABLE needed; DROP TABLE narrow");
  });

  await t.step("columns that cannot take what is found are refused before anything is spent", async () => {
    const cases: [string, Partial<GeocodeOptions>, RegExp][] = [
      ["ALTER the_geom TYPE geometry(MultiPolygon,4326)", {}, /"the_geom" is geometry\(MultiPolygon,4326\)/],
      [
        "ALTER the_geom TYPE geometry(Geometry,3857) USING NULL",
        {},
        /"the_geom" is geometry\(Geometry,3857\)/,
      ],
      ["ALTER the_geom SET NOT NULL", {}, /"the_geom" is .* without nulls/],
      ["ADD carto_geocode_hash varchar(8)", {}, /"carto_geocode_hash" is character varying\(8\)/],
      ["ADD p varchar(4)", { status: { p: "precision" } }, /"p" is character varying\(4\)/],
      ["ADD r numeric(2,2)", { status: { r: "relevance" } }, /"r" is numeric\(2,2\)/],
      ["ADD r int", { status: { r: "relevance" } }, /"r".*int4/],
      ["ALTER id SET NOT NULL", { status: { cartodb_id: "relevance" } }, /"cartodb_id": it has another use/],
      ["ALTER id SET NOT NULL", { status: { address: "precision" } }, /"address": it has another use/],
      ["ALTER id SET NOT NULL", { nullGeomValue: "nonsense" }, /nullGeomValue/],
      ["ALTER id SET NOT NULL", { dryrun: true } as Partial<GeocodeOptions>, /no option "dryrun"/],
    ];
    for (const [change, options, told] of cases) {
      await client.sql.query("CREATE TABLE odd AS SELECT * FROM former");
      await client.sql.query(change.includes("the_geom SET") ? "DELETE FROM odd" : "SELECT 1");
      await client.sql.query(`ALTER TABLE odd ${change}`);
      if (change.includes("the_geom SET")) {
        await client.sql.query(
          `INSERT INTO odd SELECT cartodb_id, CDB_LatLng(0, 0), NULL, id, address, city FROM former`,
        );
      }
      assertMatch((await refused("odd", options)).message, told);
      await client.sql.query("DROP TABLE odd");
    }
  });
});
