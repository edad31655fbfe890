import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { type ArgumentError, type CartoError, isCartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { countStates } from "../../src/services/_geocode.ts";
import { planGeocoding } from "../../src/services/_geocode_arguments.ts";
import { addColumnsSql, geocodeSql, hashSql } from "../../src/services/_geocode_sql.ts";
import { lockId } from "../../src/services/_lock.ts";
import { Credentials, type GeocodeOptions, Geocoding, GeocodingError } from "../../src/services/mod.ts";
import { deleteTable, hasTable, readCarto, toCarto } from "../../src/tables/mod.ts";

const ADDRESSES = [
  { id: 1, address: "Gran Via 46", city: "Madrid" },
  { id: 2, address: "Ebro 1", city: "Sevilla" },
];

/** A server that must not be asked. */
const SILENT = {
  fetch: () => Promise.reject(new Error("a request was sent")),
};
const ana = new Credentials({ username: "ana", apiKey: "1234" });

const refused = (options: Record<string, unknown>): Promise<ArgumentError> =>
  assertRejects(
    () =>
      new Geocoding(ana, { transport: SILENT }).geocode(
        ADDRESSES,
        { street: "address", ...options } as unknown as GeocodeOptions,
      ),
  ) as Promise<ArgumentError>;

Deno.test("GEO-001: a part of an address takes column or value, no other key", async () => {
  for (const argument of ["city", "state", "country"]) {
    const error = await refused({ [argument]: { columna: "city" } });
    assertEquals(error.argument, argument);
    assertMatch(error.message, /"columna".*valid keys are column and value/);
  }
});

Deno.test("GEO-002 GEO-003 GEO-005: a column that is not there is refused, the street too, and the others are listed", async () => {
  for (const city of [{ column: "ciudad" }, "ciudad", "'city'"]) {
    const error = await refused({ city });
    assertEquals(error.argument, "city");
    assertMatch(String(error.hint), /"id", "address", "city"/);
  }
  assertEquals((await refused({ street: "addres" })).argument, "street");
});

Deno.test("GEO-004: a part has either column or value", async () => {
  for (const city of [{ column: "city", value: "London" }, {}]) {
    assertMatch((await refused({ city })).message, /needs either column or value/);
  }
});

Deno.test("GEO-011 GEO-012: the counts come from the states of the rows", () => {
  const metadata = countStates({
    new_geocoded: 1,
    new_nongeocoded: 2,
    changed_geocoded: 3,
    changed_nongeocoded: 1,
    previously_geocoded: 5,
    previously_nongeocoded: 1,
  }, 90);
  assertEquals(metadata, {
    totalRows: 13,
    requiredQuota: 7,
    availableQuota: 90,
    previouslyGeocoded: 5,
    previouslyFailed: 1,
    recordsWithGeometry: 9,
  });
});

Deno.test("GEO-013 GEO-014 GEO-015: the hash is the one that CARTOframes made, with values quoted", () => {
  const parts = planGeocoding({ street: "address", city: "city", country: { value: "Spain" } }, false).parts;
  assertEquals(hashSql(parts).text, `md5(concat("address", '<>' , "city", '<>' , '', '<>' , 'Spain'))`);
  assertEquals(
    hashSql(parts, "tp").text,
    `md5(concat("tp"."address", '<>' , "tp"."city", '<>' , '', '<>' , 'Spain'))`,
  );
  const irish = planGeocoding({ street: "address", city: { value: "O'Brien" } }, false).parts;
  assertMatch(hashSql(irish).text, /'O''Brien'/);
  assertMatch(geocodeSql("t", { parts: irish, status: [] }, 10).text, /'''O''''Brien'''/);
});

Deno.test("GEO-016: the lock's number is the one that CARTOframes made", async () => {
  assertEquals(await Promise.all(["t", "tbl", "my_table"].map(lockId)), [
    6086791218904029071n,
    2693431572161051439n,
    1252953255452080328n,
  ]);
});

Deno.test("GEO-017 GEO-018 GEO-019 GEO-020: the columns of the status", () => {
  const columns = (status: GeocodeOptions["status"]) =>
    addColumnsSql("t", planGeocoding({ street: "a", status }, false).status).text.replace(
      'ALTER TABLE "t" ',
      "",
    );
  const add = (...parts: string[]) =>
    [...parts, '"carto_geocode_hash" text'].map((part) => `ADD COLUMN IF NOT EXISTS ${part}`).join(",");
  assertEquals(columns(undefined), add('"gc_status_rel" numeric'));
  assertEquals(
    columns({ m: "match_types", p: "precision", all: "*" }),
    add('"m" text', '"p" text', '"all" jsonb'),
  );
  assertEquals(columns("meta"), add('"meta" jsonb'));
  assertEquals(columns(null), add());
});

Deno.test("GEO-021 GEO-022: a status that there is not is refused before anything is sent", async () => {
  for (const status of [{ x: "xyz" }, ["relevance"]]) {
    const error = await refused({ status });
    assertEquals(error.argument, "status");
    assertMatch(error.message, /relevance, precision, match_types, \*/);
  }
});

Deno.test("GEO-034 GEO-038: a cache needs a name, and is not for tables", async () => {
  assertEquals((await refused({ cached: true })).argument, "tableName");
  const geocoding = new Geocoding(ana, { transport: SILENT });
  const error = await assertRejects(() =>
    geocoding.geocode("shops", { street: "address", cached: true, tableName: "cache" })
  ) as ArgumentError;
  assertEquals(error.argument, "cached");
});

Deno.test("GEO-039 GEO-040: provider and quota; undefined where the account has no geocoder", async () => {
  const rows = [{
    service: "hires_geocoder",
    monthly_quota: 100,
    used_quota: 10,
    soft_limit: false,
    provider: "mapbox",
  }];
  const ask = (rows: unknown[]) =>
    new Geocoding(ana, { transport: { fetch: () => Promise.resolve(Response.json({ rows })) } });
  const with_ = ask(rows);
  assertEquals([await with_.provider(), await with_.usedQuota(), await with_.availableQuota()], [
    "mapbox",
    10,
    90,
  ]);
  const without = ask([]);
  assertEquals([await without.provider(), await without.availableQuota()], [undefined, undefined]);
});

/** Each account has a quota of its own, so that the tests do not spend each other's. */
const ACCOUNTS = {
  ana: {},
  poor: { services: { geocoding: { monthlyQuota: 90, provider: "mapbox" } } },
  google: { services: { geocoding: { monthlyQuota: 25, provider: "google" } } },
};

// The identifiers of all its steps, which the list of cases does not see.
Deno.test("GEO-006 GEO-007 GEO-008 GEO-009 GEO-010 GEO-023 GEO-024 GEO-025 GEO-026 GEO-027 GEO-028 GEO-029 GEO-030 GEO-031 GEO-032 GEO-033 GEO-035 GEO-036 GEO-037: geocoding on the emulator", async (t) => {
  await using carto = await startEmulator({
    accounts: Object.entries(ACCOUNTS).map(([username, more]) => ({ username, ...more })),
  });
  const credentials = (name: keyof typeof ACCOUNTS) => new Credentials(carto.credentials(name));
  const account = credentials("ana");
  const geocoding = new Geocoding(account);
  const client = new ClassicClient(account);
  const tableNames = async () =>
    (await client.sql.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user",
    ))
      .rows.map(({ tablename }) => String(tablename));
  const used = () => geocoding.usedQuota() as Promise<number>;
  const options = { street: "address", city: "city", country: { value: "Spain" } };

  await t.step("GEO-006 GEO-007: a dry run counts, spends nothing and leaves nothing behind", async () => {
    const before = await used();
    const { data, metadata } = await geocoding.geocode(ADDRESSES, { ...options, dryRun: true });
    assertEquals([data, metadata.requiredQuota, metadata.totalRows], [null, 2, 2]);
    assertEquals(metadata.availableQuota, 100_000 - before);
    assertEquals(await used(), before);
    assertEquals(await tableNames(), []);
  });

  await t.step(
    "GEO-008 GEO-009 GEO-010 GEO-029: a frame is geocoded, and only what changes costs again",
    async () => {
      const before = await used();
      const first = await geocoding.geocode(ADDRESSES, options);
      assertEquals([first.metadata.requiredQuota, first.metadata.successfullyGeocoded], [2, 2]);
      assertEquals(first.metadata.finalRecordsWithGeometry, 2);
      assertEquals(first.data.column("id").toArray(), [1, 2]);
      assert(!first.data.hasColumn("cartodb_id"));
      const [madrid] = first.data;
      const { coordinates } = (madrid?.the_geom as { toGeoJSON(): { coordinates: number[] } }).toGeoJSON();
      assert(Math.abs((coordinates[0] ?? 0) + 3.7) < 0.05 && Math.abs((coordinates[1] ?? 0) - 40.42) < 0.05);
      assertEquals(Number(madrid?.gc_status_rel), 1);
      assertEquals(await used() - before, 2);

      const again = await geocoding.geocode(first.data, options);
      assertEquals([again.metadata.requiredQuota, again.metadata.previouslyGeocoded], [0, 2]);
      const moved = first.data.withColumn("address", ["Gran Via 46", "Ebro 2"]);
      assertEquals((await geocoding.geocode(moved, { ...options, dryRun: true })).metadata.requiredQuota, 1);
      assertEquals((await geocoding.geocode(moved, options)).metadata.requiredQuota, 1);
      assertEquals(await used() - before, 3);
      assertEquals(await tableNames(), []);
    },
  );

  await t.step("names that are changed on the way up are still found", async () => {
    const { data, metadata } = await geocoding.geocode([{ "Calle Nº": "Gran Via 46, Madrid" }], {
      street: "Calle Nº",
    });
    assertEquals(metadata.successfullyGeocoded, 1);
    assert(data.hasColumn("calle_no") || data.hasColumn("calle_n"), String(data.columnNames));
  });

  await t.step(
    "an address that is not found does not sink the others, and is not paid for twice",
    async () => {
      const rows = [...ADDRESSES, { id: 3, address: "Main 1", city: "Nowhereville" }, {
        id: 4,
        address: "X",
        city: null,
      }];
      await toCarto(rows, "mixed", { credentials: account });
      const { data, metadata } = await geocoding.geocode("mixed", options);
      assertEquals([metadata.successfullyGeocoded, metadata.failedGeocodings], [2, 2]);
      assertEquals([...data].map((row) => row.the_geom === null), [false, false, true, true]);
      const again = await geocoding.geocode("mixed", options);
      assertEquals([again.metadata.requiredQuota, again.metadata.previouslyFailed], [0, 2]);
    },
  );

  await t.step("GEO-025 GEO-026 GEO-030: a table is geocoded in place, or in a copy", async () => {
    await toCarto(ADDRESSES, "places", { credentials: account });
    const copy = await geocoding.geocode("places", { ...options, tableName: "places_2" });
    assert(copy.data.hasColumn("cartodb_id"));
    assertEquals(
      (await readCarto("places", { credentials: account })).hasColumn("carto_geocode_hash"),
      false,
    );
    await assertRejects(
      () => geocoding.geocode("places", { ...options, tableName: "places_2" }),
      Error,
      "places_2",
    );
    await geocoding.geocode("places", options);
    const stored = await readCarto("places", { credentials: account });
    assertEquals(stored.column("the_geom").nullCount, 0);
  });

  await t.step("GEO-027 GEO-028: of a query nothing stays, but a table that was asked for", async () => {
    const query = "SELECT * FROM places WHERE id = 1";
    const { data } = await geocoding.geocode("SELECT id, address, city FROM places WHERE id = 1", options);
    assertEquals(data.numRows, 1);
    const tables = await tableNames();
    assertEquals(tables.filter((name) => name.startsWith("_cartoframes")), []);
    await geocoding.geocode(query, { ...options, tableName: "kept" });
    assert(await hasTable("kept", { credentials: account }));
  });

  await t.step("each kind of status, and values with quotes", async () => {
    const { data } = await geocoding.geocode([{ a: "O'Donnell 1" }], {
      street: "a",
      city: { value: "Madrid" },
      state: { value: "Madrid" },
      status: { m: "match_types", p: "precision", all: "*" },
    });
    const [row] = data;
    assertEquals([row?.m, row?.p], ["address", "interpolated"]);
    assertEquals((row?.all as { relevance: number }).relevance, 1);
    const odd = await geocoding.geocode([{ a: "x" }], {
      street: "a",
      city: { value: "L'Hospitalet $gcparam$ \\'; --" },
    });
    assertEquals(odd.metadata.failedGeocodings, 1);
  });

  await t.step(
    "GEO-023 GEO-024: a quota that does not do is told before anything is spent; Google's is its own",
    async () => {
      const poor = new Geocoding(credentials("poor"));
      const rows = Array.from({ length: 91 }, (_, id) => ({ id, address: `Gran Via ${id}`, city: "Madrid" }));
      const error = await assertRejects(() => poor.geocode(rows, options)) as CartoError;
      assert(isCartoError(error));
      assertEquals(error.code, "quota-exceeded");
      assertMatch(error.message, /91 .* 90 are left/);
      assertEquals(await poor.usedQuota(), 0);
    },
  );

  await t.step(
    "GEO-032: a quota that runs out midway leaves what is done, and tells what is not",
    async () => {
      const google = new Geocoding(credentials("google"));
      const rows = Array.from({ length: 40 }, (_, id) => ({ id, address: `Gran Via ${id}`, city: "Madrid" }));
      await toCarto(rows, "shops", { credentials: credentials("google") });
      const seen: number[] = [];
      const error = await assertRejects(() =>
        google.geocode("shops", { ...options, batchRows: 10, onProgress: ({ done }) => seen.push(done) })
      );
      assert(error instanceof GeocodingError);
      assertEquals([error.code, error.metadata.successfullyGeocoded, seen], ["quota-exceeded", 25, [
        0,
        10,
        20,
      ]]);
      assertEquals(error.pendingIds, Array.from({ length: 15 }, (_, index) => 26 + index));
      assertEquals(error.data.column("the_geom").nullCount, 15);
      assertEquals(JSON.stringify(error).includes("Gran Via"), false);
      const plan = await google.geocode("shops", { ...options, dryRun: true });
      assertEquals([plan.metadata.requiredQuota, plan.metadata.availableQuota], [15, 0]);
    },
  );

  await t.step(
    "GEO-031: a second run at the same time is refused, a lapsed lock is not in the way",
    async () => {
      const runs = await Promise.allSettled(
        [1, 2].map(() => geocoding.geocode("kept", { ...options, city: { value: "Sevilla" } })),
      );
      assertEquals(runs.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
      const refusal = runs.find(({ status }) => status === "rejected") as PromiseRejectedResult;
      assertEquals(refusal.reason.code, "locked");

      const name = `_cartoframes_lock_${(await lockId("kept")).toString(16).padStart(16, "0")}`;
      await client.sql.query(
        `CREATE TABLE ${name} AS SELECT 'x'::text AS token, now() - interval '1 minute' AS until`,
      );
      const { metadata } = await geocoding.geocode("kept", { ...options, city: { value: "Toledo" } });
      assertEquals(metadata.requiredQuota, 1);
      assertEquals(await hasTable(name, { credentials: account }), false);
    },
  );

  await t.step("GEO-035 GEO-036 GEO-037: a cache pays for each address once", async () => {
    const cached = { ...options, cached: true, tableName: "cache" };
    const first = await geocoding.geocode(ADDRESSES, cached);
    assertEquals(first.metadata.requiredQuota, 2);
    const before = await used();
    const more = [...ADDRESSES, { id: 3, address: "Larios 1", city: "Malaga" }];
    const second = await geocoding.geocode(GeoDataFrame.fromRows(more), cached);
    assertEquals([second.metadata.requiredQuota, await used() - before], [1, 1]);
    assertEquals([second.data.numRows, second.data.column("the_geom").nullCount], [3, 0]);
    assert(second.data.hasColumn("cartodb_id"));

    await toCarto(ADDRESSES, "no_cache", { credentials: account });
    const error = await assertRejects(() =>
      geocoding.geocode(ADDRESSES, { ...cached, tableName: "no_cache" })
    );
    assertMatch(String(error), /not made by geocoding/);
  });

  await t.step("GEO-033: 10,000 rows cost 10,000, then 0; 7 changed rows cost 7", async () => {
    const cities = ["Madrid", "Sevilla", "Barcelona", "Valencia"];
    const rows = Array.from(
      { length: 10_000 },
      (_, id) => ({ id, address: `Calle ${id}`, city: cities[id % 4] }),
    );
    await toCarto(rows, "many", { credentials: account });
    const before = await used();
    const first = await geocoding.geocode("many", options);
    assertEquals([first.metadata.requiredQuota, first.metadata.successfullyGeocoded], [10_000, 10_000]);
    const second = await geocoding.geocode("many", options);
    assertEquals(second.metadata.requiredQuota, 0);
    assertEquals(await used() - before, 10_000);
    await client.sql.query("UPDATE many SET address = address || ' bis' WHERE id < 7");
    assertEquals((await geocoding.geocode("many", options)).metadata.requiredQuota, 7);
    assertEquals(await used() - before, 10_007);
    await deleteTable("many", { credentials: account });
  });

  await t.step("an abort between batches ends the run and gives the lock back", async () => {
    await toCarto(ADDRESSES, "aborted", { credentials: account });
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 1 && controller.abort(new Error("enough"));
    await assertRejects(
      () => geocoding.geocode("aborted", { ...options, batchRows: 1, signal: controller.signal, onProgress }),
      Error,
      "enough",
    );
    const { metadata } = await geocoding.geocode("aborted", options);
    assertEquals([metadata.previouslyGeocoded, metadata.requiredQuota], [1, 1]);
  });
});
