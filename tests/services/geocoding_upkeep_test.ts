/** What geocoding leaves behind, and what it refuses before anything is spent. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { ArgumentError, CartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import type { CellValue, ColumnType } from "../../src/frame/mod.ts";
import { concatText } from "../../src/services/_address_texts.ts";
import { lockId, TableLock } from "../../src/services/_lock.ts";
import { Credentials, Geocoding, GeocodingError } from "../../src/services/mod.ts";
import { hasTable, readCarto, toCarto, updatePrivacyTable } from "../../src/tables/mod.ts";
import { type Break, breakingAt, tablesOf } from "./_breaking.ts";

const ROWS = [1, 2, 3].map((id) => ({ id, address: `Gran Via ${id}`, city: "Madrid" }));
const OPTIONS = { street: "address", city: "city", country: { value: "Spain" } };

Deno.test("geocoding leaves nothing behind and refuses early", async (t) => {
  await using carto = await startEmulator({
    accounts: [{ username: "ana" }, { username: "poor", services: { geocoding: { monthlyQuota: 2 } } }],
  });
  const credentials = new Credentials(carto.credentials("ana"));
  const client = new ClassicClient(credentials);
  const geocoding = new Geocoding(credentials);
  const used = () => geocoding.usedQuota() as Promise<number>;
  const own = (of = client) => tablesOf(of);

  await t.step("the texts of addresses are those of the database's concat", async () => {
    const values: [ColumnType, CellValue[]][] = [
      ["bool", [true, false, null]],
      ["int4", [0, -7, 2147483647]],
      ["int8", [9007199254740993n, -1n]],
      ["float8", [
        0,
        -0,
        1,
        1.5,
        -2.25,
        0.1,
        1e15,
        123456789012345,
        999999999999999,
        1e-5,
        0.0001,
        1e21,
        1e-300,
        NaN,
      ]],
      ["float8", [Infinity, -Infinity, 5e-324, 1.7976931348623157e308, 123456.789, 2 ** 53]],
      ["float4", [
        0,
        1.5,
        100000,
        999999,
        1e6,
        1234567,
        Math.fround(0.1),
        Math.fround(1e-5),
        Math.fround(3.4e38),
      ]],
      ["numeric", ["1.50", "-0.001", "12345678901234567890.5"]],
      ["text", ["", "Calle 'x'", "ñ <> é", "1.0"]],
      ["date", [Temporal.PlainDate.from("2024-02-29"), Temporal.PlainDate.from("0987-01-02")]],
      [
        "timestamp",
        ["2024-02-29T01:02:03.5", "2024-02-29T00:00:00"].map((v) => Temporal.PlainDateTime.from(v)),
      ],
      ["timestamptz", [Temporal.Instant.from("2024-02-29T01:02:03.000004Z")]],
      ["time", [Temporal.PlainTime.from("01:02:00")]],
    ];
    let state = 11;
    const next = () => (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5 | 0) / 2 ** 31;
    values.push(["float8", Array.from({ length: 60 }, () => next() * 10 ** Math.round(next() * 25))]);
    values.push([
      "float4",
      Array.from({ length: 60 }, () => Math.fround(next() * 10 ** Math.round(next() * 20))),
    ]);
    for (const [type, list] of values) {
      const frame = GeoDataFrame.fromColumns({ v: list }, { types: { v: type } });
      await toCarto(frame, "texts", { credentials, ifExists: "replace" }).catch(async () => {
        await client.sql.query("DROP TABLE texts");
        await toCarto(frame, "texts", { credentials });
      });
      const { rows } = await client.sql.query("SELECT concat(v, '<>') AS c FROM texts ORDER BY cartodb_id");
      assertEquals(rows.map(({ c }) => c), list.map((value) => `${concatText(value, type)}<>`), type);
      await client.sql.query("DROP TABLE texts");
    }
  });

  await t.step("addresses with numbers and booleans are known again", async () => {
    const rows = [{ a: "Gran Via", n: 46, b: true }, { a: "Gran Via", n: 1.5, b: false }];
    const options = { street: "a", city: { value: "Madrid" }, state: "n", country: "b" };
    const { data } = await geocoding.geocode(rows, options);
    assertEquals((await geocoding.geocode(data, { ...options, dryRun: true })).metadata.requiredQuota, 0);
  });

  await t.step("a query without a geometry can be counted", async () => {
    await toCarto(ROWS, "plain", { credentials });
    const { metadata } = await geocoding.geocode("SELECT id, address, city FROM plain", {
      ...OPTIONS,
      dryRun: true,
    });
    assertEquals([metadata.requiredQuota, metadata.recordsWithGeometry], [3, 0]);
  });

  await t.step("views and tables that are none of CARTO's are refused before anything is spent", async () => {
    const before = await used();
    await client.sql.query("CREATE VIEW seen AS SELECT * FROM plain");
    await client.sql.query(
      "CREATE TABLE raw AS SELECT 'Gran Via 1'::text AS address, 'Madrid'::text AS city",
    );
    for (
      const [name, told] of [["seen", /view "seen"/], [
        "raw",
        /no column "cartodb_id" and "the_geom"/,
      ]] as const
    ) {
      const error = await assertRejects(() => geocoding.geocode(name, OPTIONS)) as ArgumentError;
      assertMatch(error.message, told);
      assertMatch(String(error.hint), /tableName/);
    }
    assertEquals(await used(), before);
    const copy = await geocoding.geocode("seen", { ...OPTIONS, tableName: "seen_copy" });
    assertEquals(copy.metadata.successfullyGeocoded, 3);
    await client.sql.query("DROP VIEW seen; DROP TABLE raw; DROP TABLE seen_copy");
  });

  await t.step("a table with an odd name", async () => {
    for (const name of ["Mis Tiendas", 'a"b', "años", "it's"]) {
      await client.sql.query(`CREATE TABLE "${name.replaceAll('"', '""')}" AS SELECT * FROM plain`);
      const { metadata } = await geocoding.geocode(name, OPTIONS);
      assertEquals([name, metadata.successfullyGeocoded], [name, 3]);
      await client.sql.query(`DROP TABLE "${name.replaceAll('"', '""')}"`);
    }
  });

  await t.step("a status column of another type is told", async () => {
    await client.sql.query("CREATE TABLE odd AS SELECT *, 1::int AS kind FROM plain");
    const error = await assertRejects(() =>
      geocoding.geocode("odd", { ...OPTIONS, status: { kind: "precision" } })
    );
    assertMatch(String(error), /"kind".*int4/);
    await client.sql.query("DROP TABLE odd");
  });

  await t.step("a key other than the master key is told so, and nothing is left or changed", async () => {
    await updatePrivacyTable("plain", "public", { credentials });
    const before = [await own(), await used()];
    const anyone = new Geocoding(new Credentials({ ...carto.credentials("ana"), apiKey: "default_public" }));
    const { token } = await client.apiKeys.create({
      name: "writer",
      apis: ["sql"],
      tables: [{ name: "plain", permissions: ["select", "insert", "update", "delete"] }],
      // deno-lint-ignore no-explicit-any
      ...({ schemas: [{ name: "public", permissions: ["create"] }] } as any),
    });
    const writer = new Geocoding(new Credentials({ ...carto.credentials("ana"), apiKey: token }));
    for (const other of [anyone, writer]) {
      for (const source of ["plain", ROWS]) {
        const error = await assertRejects(() => other.geocode(source, OPTIONS)) as CartoError;
        assertEquals(error.code, "access-denied", String(error));
      }
    }
    const error = await assertRejects(() => writer.geocode("plain", OPTIONS)) as CartoError;
    assertMatch(`${error.hint}`, /master key/, String(error));
    assertEquals([await own(), await used()], before);
    assertEquals((await readCarto("plain", { credentials })).hasColumn("carto_geocode_hash"), false);
  });

  await t.step("a quota that does not do leaves no table, and an old cache as it was", async () => {
    const poor = new Credentials(carto.credentials("poor"));
    const mine = new ClassicClient(poor);
    const geocoding = new Geocoding(poor);
    const refuse = async (options: Record<string, unknown>) => {
      const error = await assertRejects(() =>
        geocoding.geocode(ROWS, { ...OPTIONS, ...options })
      ) as CartoError;
      assertEquals(error.code, "quota-exceeded");
    };
    await refuse({ tableName: "kept" });
    await refuse({ tableName: "cache", cached: true });
    assertEquals(await own(mine), []);
    await geocoding.geocode(ROWS.slice(0, 1), { ...OPTIONS, tableName: "cache", cached: true });
    const dry = await geocoding.geocode(ROWS, { ...OPTIONS, tableName: "cache", cached: true, dryRun: true });
    assertEquals([dry.metadata.requiredQuota, dry.metadata.previouslyGeocoded], [2, 1]);
    const more = [...ROWS, { id: 4, address: "Gran Via 4", city: "Madrid" }];
    const error = await assertRejects(() =>
      geocoding.geocode(more, { ...OPTIONS, tableName: "cache", cached: true })
    ) as CartoError;
    assertEquals(error.code, "quota-exceeded");
    assertEquals((await readCarto("cache", { credentials: poor })).numRows, 1);
    assertEquals(await own(mine), ["cache"]);
    // A query's cost with a cache; and a status that the cache kept as something else
    await mine.sql.query(
      "CREATE TABLE src AS SELECT 1 AS id, 'Gran Via 1'::text AS address, 'Madrid'::text AS city",
    );
    const cached = { ...OPTIONS, tableName: "cache", cached: true };
    const query = "SELECT * FROM src";
    assertEquals((await geocoding.geocode(query, { ...cached, dryRun: true })).metadata.requiredQuota, 0);
    const other = await geocoding.geocode(query, { ...cached, status: { gc_status_rel: "*" } });
    assertEquals([other.metadata.requiredQuota, other.data.column("gc_status_rel").type], [0, "jsonb"]);
  });

  for (const how of ["abort", "lost answer"] as Break[]) {
    await t.step(
      `${how} at each request leaves no table, no lock and no job, but for what was paid for`,
      async () => {
        const before = await own();
        for (let at = 1;; at++) {
          const spent = await used();
          const { transport, signal, hasBroken } = breakingAt(at, how);
          const options = { ...OPTIONS, batchRows: 2 };
          const error = await new Geocoding(credentials, { transport }).geocode(ROWS, { ...options, signal })
            .then(() => undefined, (error) => error);
          const about = `request ${at}: ${error} ${error?.hint}`;
          const { rows } = await client.sql.query(
            "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'UPDATE%cdb_bulk%'",
          ).catch(() => ({ rows: [{ n: 0 }] }));
          assertEquals(rows[0]?.n, 0, about);
          const left = (await own()).filter((name) => !before.includes(name));
          if (how === "abort" || error === undefined) assertEquals(left, [], about);
          else if (await used() > spent) {
            // The paid rows are in the error, or in a table that it names
            const data = error instanceof GeocodingError && left.length === 0
              ? error.data
              : await readCarto(String(/"(_cartoframes_staging_geocoding_\w+)"/.exec(about)?.[1]), {
                credentials,
              });
            for (const name of left) await client.sql.query(`DROP TABLE ${name}`);
            await geocoding.geocode(data, OPTIONS);
            assertEquals(await used() - spent, 3, about);
          } else for (const name of left) assertMatch(about, RegExp(name));
          if (!hasBroken()) return assertEquals(error, undefined);
        }
      },
    );
  }

  await t.step("literals and columns of a status longer than a job may be", async () => {
    const status = Object.fromEntries(
      Array.from({ length: 150 }, (_, index) => [`status_${index}_${"x".repeat(40)}`, "relevance" as const]),
    );
    const { data } = await geocoding.geocode(ROWS, {
      ...OPTIONS,
      state: { value: "y".repeat(6000) },
      status,
    });
    assertEquals([data.numColumns > 150, data.column("the_geom").nullCount], [true, 0]);
    const query = `SELECT * FROM plain WHERE id IN (${
      Array.from({ length: 9000 }, (_, id) => id).join(", ")
    })`;
    assert(query.length > 2 * 16_384);
    assertEquals((await geocoding.geocode(query, OPTIONS)).metadata.successfullyGeocoded, 3);
    const left = await client.sql.query("SELECT proname FROM pg_proc WHERE proname LIKE 'tmp\\_func%'");
    assertEquals(left.rows, []);
  });

  await t.step(
    "a lock that lapsed is one run's to take, and is not given back by the run that lost it",
    async () => {
      const name = `_cartoframes_lock_${(await lockId("plain")).toString(16).padStart(16, "0")}`;
      const lost = await TableLock.take(client, "plain", "geocode", undefined);
      await client.sql.query(`UPDATE ${name} SET until = now() - interval '1 minute'`);
      const takes = await Promise.allSettled(
        [1, 2, 3].map(() => TableLock.take(client, "plain", "geocode", undefined)),
      );
      assertEquals(takes.filter(({ status }) => status === "fulfilled").length, 1);
      await lost.release();
      assert(await hasTable(name, { credentials }));
      await assertRejects(() => client.sql.query(lost.renewal()), Error, "lapsed");
      for (const take of takes) if (take.status === "fulfilled") await take.value.release();
      assertEquals(await hasTable(name, { credentials }), false);
    },
  );

  await t.step("a first job that fails is told with all rows pending", async () => {
    await client.sql.query("CREATE TABLE bad AS SELECT *, NULL::text AS carto_geocode_hash FROM plain");
    await client.sql.query("ALTER TABLE bad ADD CHECK (the_geom IS NULL)");
    const error = await assertRejects(() => geocoding.geocode("bad", OPTIONS));
    assert(error instanceof GeocodingError, String(error));
    assertEquals(error.pendingIds.length, 3);
    await client.sql.query("DROP TABLE bad");
  });
});
