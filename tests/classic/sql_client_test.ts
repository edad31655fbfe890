import { assertEquals, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { SQLClient } from "../../src/classic/sql_client.ts";
import { sql } from "../../src/classic/sql_text.ts";
import { ArgumentError, JobError } from "../../src/errors/carto_error.ts";
import { type Answer, FakeServer } from "./_fake_server.ts";

function clientOf(server: FakeServer): SQLClient {
  return new SQLClient(new Credentials({ username: "ana", apiKey: "1234" }), server.options);
}

const NUMBER = { type: "number", pgtype: "int8" };
const TEXT = { type: "string", pgtype: "text" };
const DONE = { job_id: "j", status: "done", query: "q", user: "ana" };

/** The SQL of the n-th request, be it a query or a job. */
function sent(server: FakeServer, index: number): string {
  const { form, text, url } = server.at(index);
  return url.pathname.endsWith("/job") ? JSON.parse(text).query : form.get("q") ?? "";
}

/** A server that runs one job well, after these answers. */
function jobs(...before: Answer[]): FakeServer {
  return new FakeServer(...before, { ...DONE, status: "pending" }, DONE);
}

const ROWS = {
  rows: [{ n: 1 }],
  fields: { n: { type: "number", pgtype: "int4" } },
  total_rows: 1,
  time: 0.1,
};

Deno.test("SQLC-001: query gives the rows", async () => {
  assertEquals(await clientOf(new FakeServer(ROWS)).query("q"), [{ n: 1 }]);
});

Deno.test("SQLC-002: verbose gives the whole answer", async () => {
  const { rows, totalRows, time } = await clientOf(new FakeServer(ROWS)).query("q", { verbose: true });
  assertEquals([rows, totalRows, time], [[{ n: 1 }], 1, 0.1]);
});

Deno.test("SQLC-003: a query is sent without the white space around it", async () => {
  const server = new FakeServer(ROWS);
  await clientOf(server).query("  q  ");
  assertEquals(sent(server, 0), "q");
});

Deno.test("SQLC-004: execute runs a batch job and gives its document", async () => {
  const server = jobs();
  assertEquals(await clientOf(server).execute("q"), DONE as never);
  assertEquals([server.at(0).method, server.at(1).method, sent(server, 0)], ["POST", "GET", "q"]);
  const failing = new FakeServer({ ...DONE, status: "failed", failed_reason: "no" });
  await assertRejects(() => clientOf(failing).execute("q"), JobError, "no");
});

Deno.test("SQLC-005: distinct gives values with their counts", async () => {
  const server = new FakeServer({
    rows: [{ column_name: "A", count: 1234 }, { column_name: "B", count: 5678 }],
    fields: { column_name: TEXT, count: NUMBER },
    total_rows: 2,
  });
  assertEquals(await clientOf(server).distinct("table_name", "column_name"), [["A", 1234], ["B", 5678]]);
  assertEquals(sent(server, 0), "SELECT column_name, COUNT(*) FROM table_name GROUP BY 1 ORDER BY 2 DESC");
});

Deno.test("distinct of a column that the answer cannot keep apart is refused", async () => {
  const server = new FakeServer({ rows: [{ count: 1 }], fields: { count: NUMBER }, total_rows: 1 });
  await assertRejects(() => clientOf(server).distinct("t", "count"), ArgumentError);
});

Deno.test("SQLC-006: count gives a number", async () => {
  const server = new FakeServer({ rows: [{ count: 12345 }], fields: { count: NUMBER }, total_rows: 1 });
  assertEquals(await clientOf(server).count("table_name"), 12345);
  assertEquals(sent(server, 0), "SELECT COUNT(*) FROM table_name;");
});

Deno.test("SQLC-007: bounds gives west, south and east, north, or null for a table without geometry", async () => {
  const bounds = [[-16.2500006525, 28.0999760122], [2.65424597028, 43.530016092]];
  const fields = { bounds: { type: "number[]", pgtype: "_float8" } };
  const server = new FakeServer({ rows: [{ bounds }], fields, total_rows: 1 });
  assertEquals(await clientOf(server).bounds("table_name"), bounds as never);
  const empty = new FakeServer({ rows: [{ bounds: [[null, null], [null, null]] }], fields, total_rows: 1 });
  assertEquals(await clientOf(empty).bounds("table_name"), null);
});

const SCHEMA = {
  rows: [],
  fields: { column_a: TEXT, column_b: NUMBER, column_c: { type: "geometry", srid: 4326 } },
  total_rows: 0,
};

Deno.test("SQLC-008: schema gives types by column", async () => {
  const server = new FakeServer(SCHEMA);
  assertEquals(await clientOf(server).schema("table_name"), {
    column_a: "string",
    column_b: "number",
    column_c: "geometry",
  });
  assertEquals(sent(server, 0), "SELECT * FROM table_name LIMIT 0;");
});

Deno.test("SQLC-009: describe counts the rows of a text column", async () => {
  const server = new FakeServer(SCHEMA, {
    rows: [{ count: 12345 }],
    fields: { count: NUMBER },
    total_rows: 1,
  });
  const description = await clientOf(server).describe("table_name", "column_a");
  assertEquals([description.type, description.count, description.avg], ["string", 12345, undefined]);
  assertEquals(sent(server, 1), "SELECT COUNT(*) FROM table_name;");
  assertEquals(String(description), "count: 1.23e+04\ntype: string");
});

Deno.test("SQLC-010: describe of a number column has average, least and greatest value, told as 1.23e+04", async () => {
  const numeric = { type: "number", pgtype: "numeric" };
  const server = new FakeServer(SCHEMA, {
    rows: [{ count: 12345, avg: 12345.67, min: 0, max: null }],
    fields: { count: NUMBER, avg: numeric, min: NUMBER, max: NUMBER },
    total_rows: 1,
  });
  const description = await clientOf(server).describe("table_name", "column_b");
  assertEquals([description.avg, description.min, description.max], [12345.67, 0, null]);
  assertEquals(sent(server, 1), "SELECT COUNT(*),AVG(column_b),MIN(column_b),MAX(column_b) FROM table_name;");
  assertEquals(String(description), "count: 1.23e+04\navg: 1.23e+04\nmin: 0.00e+00\nmax: null\ntype: number");
});

Deno.test("describe of a column that is not there names it", async () => {
  await assertRejects(() => clientOf(new FakeServer(SCHEMA)).describe("t", "nope"), ArgumentError, '"nope"');
});

Deno.test("SQLC-011: createTable makes a plain table in one transaction", async () => {
  const server = jobs();
  await clientOf(server).createTable("table_name", { id: "INT", name: "TEXT" }, { cartodbfy: false });
  assertEquals(sent(server, 0), "BEGIN; CREATE TABLE table_name (id INT,name TEXT); COMMIT;");
});

function schemaOf(name: string): object {
  return { rows: [{ current_schema: name }], fields: { current_schema: TEXT }, total_rows: 1 };
}

Deno.test("SQLC-012: createTable replaces, and makes a dataset in the account's schema", async () => {
  const server = jobs(schemaOf("user_name"));
  await clientOf(server).createTable("table_name", { id: "INT", name: "TEXT" }, { ifExists: "replace" });
  assertEquals(sent(server, 0), "SELECT current_schema()");
  assertEquals(
    sent(server, 1),
    "BEGIN; DROP TABLE IF EXISTS table_name; CREATE TABLE table_name (id INT,name TEXT); " +
      "SELECT CDB_CartoDBFyTable('user_name', 'table_name'); COMMIT;",
  );
});

Deno.test("SQLC-013: createTable names the schema public too", async () => {
  const server = jobs(schemaOf("public"));
  await clientOf(server).createTable("table_name", { id: "INT" });
  assertEquals(sent(server, 1).includes("CDB_CartoDBFyTable('public', 'table_name')"), true);
  const qualified = jobs();
  await clientOf(qualified).createTable("other.table_name", { id: "INT" });
  assertEquals(
    sent(qualified, 0),
    "BEGIN; CREATE TABLE other.table_name (id INT); SELECT CDB_CartoDBFyTable('other', 'table_name'); COMMIT;",
  );
});

Deno.test("SQLC-014 SQLC-015: createTable refuses a list of columns, and ifExists other than fail and replace", async () => {
  const server = jobs();
  const client = clientOf(server);
  await assertRejects(
    () => client.createTable("t", ["id"] as never),
    ArgumentError,
    "record of column names",
  );
  await assertRejects(
    () => client.createTable("t", { id: "INT" }, { ifExists: "append" as "fail" }),
    ArgumentError,
    '"fail" or "replace"',
  );
  assertEquals(server.received.length, 0);
});

Deno.test("createTable takes types as PostgreSQL writes them and nothing more", async () => {
  const server = jobs();
  const types = {
    a: "numeric(10,2) NOT NULL DEFAULT 1.5",
    b: "geometry(Point, 4326)",
    c: "text DEFAULT 'a,b'",
  };
  await clientOf(server).createTable("t", types, { cartodbfy: false });
  assertEquals(
    sent(server, 0),
    "BEGIN; CREATE TABLE t (a numeric(10,2) NOT NULL DEFAULT 1.5,b geometry(Point, 4326),c text DEFAULT 'a,b'); COMMIT;",
  );
  for (const type of ["int); DROP TABLE x; --", "int, b int", "int -- x", "int(", "'", ""]) {
    await assertRejects(() => clientOf(server).createTable("t", { a: type }), ArgumentError);
  }
});

Deno.test("SQLC-016: insertTable writes one INSERT of several rows", async () => {
  const server = jobs();
  await clientOf(server).insertTable("table_name", { id: [0, 1], name: ["a", "b"] });
  assertEquals(sent(server, 0), "INSERT INTO table_name (id,name) VALUES (0,'a'),(1,'b');");
});

Deno.test("SQLC-017: values and names are quoted, so that none can be read as SQL", async () => {
  const server = jobs();
  const client = clientOf(server);
  await client.insertTable("Odd Table", { "the name": ["O'Brien", "'); DROP TABLE x; --"] });
  assertEquals(
    sent(server, 0),
    `INSERT INTO "Odd Table" ("the name") VALUES ('O''Brien'),('''); DROP TABLE x; --');`,
  );
  const other = jobs();
  await clientOf(other).updateTable("t", "name", "O'Brien", sql`id = ${1} AND name <> ${"it's; --"}`);
  assertEquals(sent(other, 0), "UPDATE t SET name='O''Brien' WHERE id = 1 AND name <> 'it''s; --';");
});

Deno.test("SQLC-018: columns of different lengths are refused, and so is nothing", async () => {
  const client = clientOf(jobs());
  await assertRejects(() => client.insertTable("t", { a: [1, 2], b: ["x"] }), ArgumentError, '"b" has 1');
  await assertRejects(() => client.insertTable("t", {}), ArgumentError, "no values");
  await assertRejects(() => client.insertTable("t", { a: [] }), ArgumentError, "no values");
});

Deno.test("SQLC-019: updateTable sets one column where a condition holds", async () => {
  const server = jobs();
  await clientOf(server).updateTable("table_name", "name", "b", "id = 0");
  assertEquals(sent(server, 0), "UPDATE table_name SET name='b' WHERE id = 0;");
});

Deno.test("SQLC-020: true is TRUE", async () => {
  const server = jobs();
  await clientOf(server).updateTable("table_name", "open", true, "id = 0");
  assertEquals(sent(server, 0), "UPDATE table_name SET open=TRUE WHERE id = 0;");
});

Deno.test("a condition is one piece of SQL", async () => {
  const server = jobs();
  for (const condition of ["true; DROP TABLE t", "true -- x", "id = 'a", "(id = 1", "id = 1)", ""]) {
    await assertRejects(() => clientOf(server).updateTable("t", "a", 1, condition), ArgumentError);
  }
  assertEquals(server.received.length, 0);
});

Deno.test("SQLC-021: renameTable and dropTable run as batch jobs", async () => {
  const rename = jobs();
  await clientOf(rename).renameTable("table_name", "new_table_name");
  assertEquals(sent(rename, 0), "ALTER TABLE table_name RENAME TO new_table_name;");
  const drop = jobs();
  await clientOf(drop).dropTable("table_name");
  assertEquals(sent(drop, 0), "DROP TABLE IF EXISTS table_name;");
  assertEquals(rename.at(0).url.pathname, "/api/v2/sql/job");
});

Deno.test("a table is named with its schema, or by sql.id where the name has dots", async () => {
  const server = new FakeServer({ rows: [{ count: 1 }], fields: { count: NUMBER }, total_rows: 1 });
  await clientOf(server).count("ana.Cafes");
  await clientOf(server).count(sql.id("ana", "odd.name"));
  assertEquals([sent(server, 0), sent(server, 1)], [
    'SELECT COUNT(*) FROM ana."Cafes";',
    'SELECT COUNT(*) FROM "ana"."odd.name";',
  ]);
  await assertRejects(() => clientOf(server).count("a.b.c"), ArgumentError, "a.b.c");
});
