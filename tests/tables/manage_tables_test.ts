import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  AlreadyExistsError,
  ArgumentError,
  CredentialsError,
  isCartoError,
} from "../../src/errors/carto_error.ts";
import {
  copyTable,
  createTableFromQuery,
  deleteTable,
  describeTable,
  getTableNames,
  hasTable,
  listTables,
  renameTable,
  updatePrivacyTable,
} from "../../src/tables/mod.ts";
import { fakeCarto, isLook, json, rows, sqlError, target, withoutRandom } from "./_fake_carto.ts";

const NO_TABLE = 'relation "tbl" does not exist';

Deno.test("TBL-001: a table is there or not", async () => {
  const there = fakeCarto();
  assertEquals(await hasTable("tbl", there), true);
  assertEquals(there.log, ['EXPLAIN SELECT * FROM "tbl"']);
  const missing = fakeCarto(() => sqlError(NO_TABLE));
  assertEquals(await hasTable("tbl", missing), false);
});

Deno.test("TBL-002: a table of another schema is looked for there, with one request", async () => {
  const carto = fakeCarto();
  await hasTable("tbl", { ...carto, schema: "s" });
  assertEquals(carto.log, ['EXPLAIN SELECT * FROM "s"."tbl"']);
});

Deno.test("hasTable: a page that is not found says nothing about the table", async () => {
  const carto = fakeCarto(() => new Response("<html>Not Found</html>", { status: 404 }));
  await assertRejects(() => hasTable("tbl", carto));
});

Deno.test("hasTable takes a query too", async () => {
  const carto = fakeCarto();
  await hasTable("SELECT 1", carto);
  assertEquals(carto.log, ["EXPLAIN SELECT 1"]);
});

Deno.test("hasTable with a wrong key is an error, not false", async () => {
  const carto = fakeCarto(() => sqlError("Unauthorized", 401));
  const error = await assertRejects(
    () => hasTable("tbl", carto),
    Error,
    'Cannot look for table "tbl": Unauthorized',
  );
  assertEquals(isCartoError(error) && error.code, "unauthorized");
});

Deno.test("TBL-005: a table name is a text that is not empty", async () => {
  for (const name of [1, "", undefined, null]) {
    const error = await assertRejects(
      () => hasTable(name as string, fakeCarto()),
      ArgumentError,
      "table name",
    );
    assertEquals(error.argument, "tableName");
  }
});

Deno.test("TBL-006: a table is deleted by one statement, its name quoted", async () => {
  const carto = fakeCarto();
  assertEquals(await deleteTable("tbl", carto), true);
  assertEquals(carto.log, ['DROP TABLE IF EXISTS "tbl"']);
  assertEquals(carto.requests[0]?.method, "POST");
});

Deno.test("TBL-007: deleting a table that is not there says so and is no error", async () => {
  const notices = ['table "tbl" does not exist, skipping'];
  assertEquals(await deleteTable("tbl", fakeCarto(() => rows([], {}, { notices }))), false);
});

Deno.test("a table that a view needs is not deleted, and the way out is told", async () => {
  const carto = fakeCarto(() => sqlError("cannot drop table tbl because other objects depend on it"));
  const error = await assertRejects(() => deleteTable("tbl", carto), Error, 'Cannot delete table "tbl"');
  assertMatch(String(isCartoError(error) && error.hint), /views/);
});

Deno.test("names reach SQL quoted, whatever is in them", async () => {
  const carto = fakeCarto();
  await deleteTable('a"; DROP TABLE b; --', carto);
  assertEquals(carto.log, ['DROP TABLE IF EXISTS "a""; DROP TABLE b; --"']);
});

Deno.test("TBL-008: a table is renamed by one statement", async () => {
  const carto = fakeCarto();
  assertEquals(await renameTable("table_name", "new_table_name", carto), "new_table_name");
  assertEquals(carto.log, ['ALTER TABLE "table_name" RENAME TO "new_table_name"']);
});

Deno.test("TBL-009: the new name is normalised", async () => {
  const carto = fakeCarto();
  assertEquals(await renameTable("tbl", "New Name", carto), "new_name");
  assertEquals(carto.log, ['ALTER TABLE "tbl" RENAME TO "new_name"']);
});

Deno.test("TBL-010 TBL-011: equal names are refused, also when they are equal once normalised", async () => {
  for (const name of ["tbl", "TBL"]) {
    const carto = fakeCarto();
    await assertRejects(() => renameTable("tbl", name, carto), ArgumentError, "the new name is the same");
    assertEquals(carto.log, []);
  }
});

Deno.test("TBL-012: renaming a table that is not there", async () => {
  const carto = fakeCarto(() => sqlError('relation "nope" does not exist'));
  const error = await assertRejects(
    () => renameTable("nope", "other", carto),
    Error,
    'table "nope" does not exist in your CARTO account',
  );
  assertEquals(isCartoError(error) && error.code, "not-found");
});

Deno.test("TBL-013: renaming to a name that is taken", async () => {
  const carto = fakeCarto(() => sqlError('relation "other" already exists'));
  const error = await assertRejects(
    () => renameTable("tbl", "other", carto),
    AlreadyExistsError,
    'table "other" already exists',
  );
  assertMatch(String(error.hint), /newTableName.*replace/);
});

Deno.test("TBL-014: with replace the other table goes in the same statement, once there is one to rename", async () => {
  const carto = fakeCarto();
  await renameTable("tbl", "other", { ...carto, ifExists: "replace" });
  assertEquals(carto.log.length, 1);
  const sql = carto.log[0] ?? "";
  assertMatch(sql, /^DO /);
  const [lock, drop, rename] = ["LOCK TABLE", "DROP TABLE IF EXISTS", "RENAME TO"].map((word) =>
    sql.indexOf(word)
  );
  assert(Number(lock) > 0 && Number(lock) < Number(drop) && Number(drop) < Number(rename));
});

Deno.test("TBL-015: renaming knows no append", async () => {
  const options = { ...fakeCarto(), ifExists: "append" as "fail" };
  await assertRejects(() => renameTable("tbl", "other", options), ArgumentError, "fail, replace");
});

/** A server on which nothing stands under the new name, and staging tables have one column. */
function emptyAccount() {
  return fakeCarto((request) => {
    if (isLook(request)) {
      return target(request.q.includes("_cartoframes_staging_copy") ? { a: "int4" } : undefined);
    }
    if (request.q.startsWith("SELECT count(*)")) {
      return rows([{ n: 3, ids: -1 }], { n: { type: "number", pgtype: "int8" } });
    }
    return undefined;
  });
}

Deno.test("TBL-016: a copy is made beside, then renamed and converted in one statement", async () => {
  const carto = emptyAccount();
  const report = await copyTable("tbl", "copy_t", carto);
  assertEquals(report, { table: "copy_t", rows: 3, warnings: [] });
  const sent = carto.log.map(withoutRandom).filter((text) => !text.startsWith("SELECT"));
  assertEquals(sent.length, 2);
  assertEquals(sent[0], 'CREATE TABLE "public"."_cartoframes_staging_copy_t_*" AS (SELECT * FROM "tbl")');
  assertMatch(
    sent[1] ?? "",
    /^DO .*ALTER TABLE "public"."_cartoframes_staging_copy_t_\*" RENAME TO "copy_t";\nPERFORM CDB_CartodbfyTable\('public', 'copy_t'\);/s,
  );
});

Deno.test("TBL-017: without cartodbfy nothing is converted", async () => {
  const carto = emptyAccount();
  await copyTable("tbl", "copy_t", { ...carto, cartodbfy: false });
  assert(!carto.log.some((text) => text.includes("CDB_CartodbfyTable")));
  assert(carto.log.some((text) => text.includes('RENAME TO "copy_t"')));
});

Deno.test("TBL-018: append adds the rows of the copied table, with new ids", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) {
      return target({
        cartodb_id: { type: "int8", hasDefault: true, notNull: true },
        a: "int4",
        the_geom: "geometry",
        the_geom_webmercator: "geometry",
      });
    }
    if (request.q.startsWith("SELECT count(*)")) return rows([{ n: 3, ids: 3 }]);
    return undefined;
  });
  await copyTable("tbl", "copy_t", { ...carto, ifExists: "append" });
  const last = withoutRandom(carto.log.at(-1) ?? "");
  assert(
    last.includes(
      'INSERT INTO "public"."copy_t" ("a","the_geom") SELECT "a","the_geom" FROM "public"."_cartoframes_staging_copy_t_*";',
    ),
    last,
  );
});

Deno.test("TBL-019: a copy to a name that is taken is refused before anything is made", async () => {
  const carto = fakeCarto((request) => isLook(request) ? target({ a: "int4" }) : undefined);
  const error = await assertRejects(
    () => copyTable("tbl", "copy_t", carto),
    AlreadyExistsError,
    '"public.copy_t" already exists',
  );
  assertMatch(String(error.hint), /replace/);
  assertEquals(carto.log.length, 1);
});

Deno.test("TBL-020: both names of a copy are texts that are not empty", async () => {
  const first = await assertRejects(
    () => copyTable(1234 as never, "x", fakeCarto()),
    ArgumentError,
    "table name",
  );
  assertEquals(first.argument, "tableName");
  const second = await assertRejects(
    () => copyTable("x", 1234 as never, fakeCarto()),
    ArgumentError,
    "new table name",
  );
  assertEquals(second.argument, "newTableName");
});

Deno.test("TBL-021: a table is made from a query", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target(request.q.includes("_staging_n2_") ? { a: "int4" } : undefined);
    return request.q.startsWith("SELECT count(*)") ? rows([{ n: 1, ids: -1 }]) : undefined;
  });
  const report = await createTableFromQuery("SELECT 1 AS a; ", "N2", carto);
  assertEquals(report, { table: "n2", rows: 1, warnings: [] });
  assert(
    carto.log.map(withoutRandom).includes(
      'CREATE TABLE "public"."_cartoframes_staging_n2_*" AS (SELECT 1 AS a)',
    ),
  );
});

Deno.test("TBL-022: what is no query makes no table", async () => {
  for (const query of ["table_name", 1234, "", "SELECT 1; DROP TABLE x"]) {
    await assertRejects(
      () => createTableFromQuery(query as string, "n2", fakeCarto()),
      ArgumentError,
      "Cannot use the query",
    );
  }
});

Deno.test("TBL-023: tables are listed in one column, the last changed first, with those of all pages", async () => {
  const pages = [["t_new"], ["t_old"]];
  const carto = fakeCarto((_, index) =>
    json({ visualizations: pages[index]?.map((name) => ({ id: name, name })), total_entries: 2 })
  );
  const tables = await listTables(carto);
  assertEquals(tables.columnNames, ["tables"]);
  assertEquals([...tables.column("tables")], ["t_new", "t_old"]);
});

Deno.test("TBL-024: an account without tables has a list without rows", async () => {
  const tables = await listTables(fakeCarto(() => json({ visualizations: [], total_entries: 0 })));
  assertEquals([tables.columnNames, tables.numRows], [["tables"], 0]);
});

/** A server that tells the rows, the kinds of geometry and, after some tries, the dataset. */
function described(types: string[], dataset: (attempt: number) => Response) {
  let attempts = 0;
  return fakeCarto(({ path, q }) => {
    if (path.startsWith("api/v1/viz/")) return dataset(++attempts);
    if (q.includes("COUNT(*)")) return rows([{ n: 42 }], { n: { type: "number", pgtype: "int8" } });
    return rows(types.map((geom_type) => ({ geom_type })));
  });
}

const PRIVATE = () => json({ id: "7", name: "tbl", privacy: "PRIVATE" });
const NOT_FOUND = () => json({ errors: "Visualization not found" }, 404);

Deno.test("TBL-025: a table is described by privacy, rows and kind of geometry", async () => {
  const carto = described(["ST_MultiPolygon"], PRIVATE);
  assertEquals(await describeTable("tbl", carto), { privacy: "PRIVATE", numRows: 42, geomType: "polygon" });
  assertEquals(carto.log, [
    'SELECT COUNT(*) AS n FROM (SELECT * FROM "tbl") _query',
    'SELECT DISTINCT ST_GeometryType(the_geom) AS geom_type FROM (SELECT * FROM "tbl") _query WHERE the_geom IS NOT NULL LIMIT 5',
    "GET api/v1/viz/tbl/",
  ]);
});

Deno.test("TBL-026: metadata that are found late count", async () => {
  const carto = described([], (attempt) => attempt < 3 ? NOT_FOUND() : PRIVATE());
  assertEquals((await describeTable("tbl", carto)).privacy, "PRIVATE");
  assertEquals(carto.slept, [1000, 2000]);
});

Deno.test("TBL-027: without metadata the privacy is empty", async () => {
  const missing = described([], NOT_FOUND);
  assertEquals((await describeTable("tbl", missing)).privacy, "");
  assertEquals(missing.slept, [1000, 2000, 4000, 8000]);
  assertEquals((await describeTable("tbl", described([], () => sqlError("no", 403)))).privacy, "");
});

Deno.test("TBL-028: without geometries there is no kind of geometry", async () => {
  assertEquals((await describeTable("tbl", described([], PRIVATE))).geomType, null);
});

Deno.test("geometry collections are of none of the kinds, and a table may have no geometry column", async () => {
  assertEquals((await describeTable("tbl", described(["ST_GeometryCollection"], PRIVATE))).geomType, null);
  const plain = fakeCarto(({ path, q }) => {
    if (path.startsWith("api/v1/viz/")) return PRIVATE();
    return q.includes("COUNT(*)") ? rows([{ n: 0 }]) : sqlError('column "the_geom" does not exist');
  });
  assertEquals((await describeTable("tbl", plain)).geomType, null);
});

Deno.test("describing a table that is not there fails at once", async () => {
  const carto = fakeCarto(() => sqlError(NO_TABLE));
  const error = await assertRejects(
    () => describeTable("tbl", carto),
    Error,
    `Cannot describe table "tbl": ${NO_TABLE}`,
  );
  assertEquals(isCartoError(error) && error.code, "not-found");
  assertEquals(carto.log.length, 1);
});

Deno.test("TBL-030: the privacy is read, then written", async () => {
  const carto = fakeCarto(PRIVATE);
  await updatePrivacyTable("tbl", "public", carto);
  assertEquals(carto.log, ["GET api/v1/viz/tbl/", "PUT api/v1/viz/7/"]);
  const body = JSON.parse(new TextDecoder().decode(carto.requests[1]?.body));
  assertEquals([body.id, body.privacy], ["7", "PUBLIC"]);
});

Deno.test("TBL-031: a privacy that is so already is not written", async () => {
  const carto = fakeCarto(PRIVATE);
  await updatePrivacyTable("tbl", "private", carto);
  assertEquals(carto.log, ["GET api/v1/viz/tbl/"]);
});

Deno.test("TBL-032: a privacy that does not exist is refused, and the right ones are told", async () => {
  const carto = fakeCarto();
  await assertRejects(
    () => updatePrivacyTable("tbl", "secret" as "link", carto),
    ArgumentError,
    "PRIVATE, PUBLIC, LINK",
  );
  assertEquals(carto.log, []);
});

Deno.test("TBL-033: metadata are waited for 15 seconds, then there is an error", async () => {
  const carto = fakeCarto(NOT_FOUND);
  const error = await assertRejects(
    () => updatePrivacyTable("tbl", "link", carto),
    Error,
    'Cannot update the privacy of table "tbl"',
  );
  assertMatch(String(isCartoError(error) && error.hint), /try again in a few seconds/);
  assertEquals(carto.slept, [1000, 2000, 4000, 8000]);
});

Deno.test("TBL-034: metadata that are found late can be changed", async () => {
  const carto = fakeCarto((_, index) => index === 0 ? NOT_FOUND() : PRIVATE());
  await updatePrivacyTable("tbl", "public", carto);
  assertEquals(carto.log, ["GET api/v1/viz/tbl/", "GET api/v1/viz/tbl/", "PUT api/v1/viz/7/"]);
});

Deno.test("TBL-035: the tables of a query, without their schemas", async () => {
  const carto = fakeCarto(() => rows([{ tables: ["public.t1", "t2", 'joe."My ""t"', "public.t1"] }]));
  assertEquals(await getTableNames("SELECT * FROM t1, t2", carto), ["t1", "t2", 'My "t']);
  assertEquals(carto.log, ["SELECT CDB_QueryTablesText('SELECT * FROM t1, t2') AS tables"]);
});

Deno.test("TBL-036: a query without tables has none", async () => {
  assertEquals(await getTableNames("SELECT 1", fakeCarto(() => rows([{ tables: null }]))), []);
});

Deno.test("without credentials every function says how to give some", async () => {
  for (
    const call of [
      () => hasTable("t"),
      () => deleteTable("t"),
      () => listTables(),
      () => describeTable("t"),
      () => copyTable("t", "u"),
    ]
  ) {
    const error = await assertRejects(call, CredentialsError);
    assertMatch(String(error.hint), /setDefaultCredentials/);
  }
});
