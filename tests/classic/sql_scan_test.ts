import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  countStatements,
  isClosedSql,
  isSqlQuery,
  scanSql,
  topLevelWords,
  trimSql,
} from "../../src/classic/_sql_scan.ts";

import { sqlFragment, subquery } from "../../src/classic/_sql_input.ts";
import { ArgumentError } from "../../src/errors/carto_error.ts";

const CASES = new URL("../fixtures/cases/", import.meta.url);

Deno.test("quoted-semicolon.sql: only the closing semicolons go, and it is one statement", async () => {
  const text = await Deno.readTextFile(new URL("quoted-semicolon.sql", CASES));
  assertEquals(countStatements(text), 1);
  const trimmed = trimSql(text);
  assert(trimmed.endsWith("AND a & 1 = 1"), trimmed);
  assertEquals(trimmed, text.slice(0, trimmed.length));
  assert(isSqlQuery(text));
  // Usable as a sub-query: nothing is left that would end the statement or swallow a parenthesis.
  assertEquals(countStatements(`SELECT * FROM (${trimmed}) AS _q LIMIT 0`), 1);
});

Deno.test("long-query.sql: 20,000 characters are one closed statement and stay as they are", async () => {
  const text = await Deno.readTextFile(new URL("long-query.sql", CASES));
  assertEquals(trimSql(text), text.trim());
  assertEquals(countStatements(text), 1);
});

const counts: [string, number][] = [
  ["", 0],
  [" ; ;; -- nothing", 0],
  ["SELECT 1", 1],
  ["SELECT 1;", 1],
  ["SELECT 1; SELECT 2", 2],
  ["SELECT ';'; SELECT 2;", 2],
  ["SELECT 'it''s; fine'", 1],
  [`SELECT "a;""b;" FROM t`, 1],
  [String.raw`SELECT E'it\'; x'; SELECT 2`, 2],
  // A plain text does not know the backslash, so this one ends before the semicolon.
  [String.raw`SELECT 'a\'; SELECT 2`, 2],
  [String.raw`SELECT e'a'` + "\n" + String.raw`'b\'; c'; SELECT 2`, 2],
  ["SELECT $$ ; $$; SELECT $a$ ; $$ ; $a$", 2],
  ["SELECT a$b$ FROM t; SELECT $1", 2],
  ["SELECT 1 -- ; not here\n; SELECT 2", 2],
  ["SELECT 1 /* ; /* nested ; */ ; */; SELECT 2", 2],
  ["SELECT 5 - -- ; \n 3", 1],
  ["CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)", 1],
  [
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT 2",
    2,
  ],
  ["BEGIN; INSERT INTO t VALUES (1); COMMIT;", 3],
  ["DO $x$ BEGIN PERFORM 1; END $x$; SELECT 1", 2],
  ["SELECT U&'d\\0061t;a', b'01', x'1F;'", 1],
];
for (const [text, expected] of counts) {
  Deno.test(`countStatements(${JSON.stringify(text)}) is ${expected}`, () => {
    assertEquals(countStatements(text), expected);
  });
}

const queries: [string, boolean][] = [
  ["SELECT 1", true],
  [" with x as (select 1) select * from x", true],
  ["select\n1", true],
  ["SELECT*FROM t", true],
  ["/* why */ SELECT 1", true],
  ["-- why\nSELECT 1", true],
  ["(SELECT 1) UNION (SELECT 2)", true],
  ["SELECT", false],
  ["selection", false],
  ["with", false],
  ["INSERT INTO t VALUES (1)", false],
  ["public.select_me", false],
  ['"select" x', false],
  ["", false],
];
for (const [text, expected] of queries) {
  Deno.test(`isSqlQuery(${JSON.stringify(text)}) is ${expected}`, () => {
    assertEquals(isSqlQuery(text), expected);
  });
}

Deno.test("UTL-007: what begins with SELECT or WITH is a query", () => {
  assertEquals(["SELECT 1", " with x as (select 1) select * from x", "select\n1"].map(isSqlQuery), [
    true,
    true,
    true,
  ]);
});

Deno.test("trimSql takes comments and semicolons from both ends", () => {
  assertEquals(trimSql("/* a */ SELECT 1 -- all of them"), "SELECT 1");
  assertEquals(trimSql("  SELECT 'x -- y' ; -- end ;"), "SELECT 'x -- y'");
  assertEquals(trimSql("-- only a comment"), "");
});

Deno.test("isClosedSql sees an open quote, dollar quote or comment", () => {
  for (const text of ["SELECT 'a", 'SELECT "a', "SELECT $a$ x $$", "SELECT /* /* */", "SELECT E'a\\'"]) {
    assertEquals(isClosedSql(text), false, text);
  }
  for (const text of ["SELECT 'a'", "SELECT $a$ x $$ $a$", "SELECT /* /* */ */ 1", "-- '"]) {
    assertEquals(isClosedSql(text), true, text);
  }
});

Deno.test("scanSql tells kinds and places", () => {
  const text = `SELECT "a b", 1.5e3, $2, 'x' -- c`;
  const seen = [...scanSql(text)].map((token) => [token.kind, text.slice(token.start, token.end)]);
  assertEquals(seen, [
    ["word", "SELECT"],
    ["identifier", '"a b"'],
    ["punctuation", ","],
    ["number", "1.5e3"],
    ["punctuation", ","],
    ["parameter", "$2"],
    ["punctuation", ","],
    ["string", "'x'"],
    ["comment", "-- c"],
  ]);
});

Deno.test("topLevelWords leaves out what stands in parentheses", () => {
  assertEquals(topLevelWords("COPY (SELECT a FROM t) TO STDOUT WITH (FORMAT csv)"), [
    "copy",
    "to",
    "stdout",
    "with",
  ]);
});

Deno.test("subquery gives a query that can stand in another, and refuses what cannot", () => {
  assertEquals(subquery("SELECT 1 -- all of them"), "(SELECT 1)");
  assertEquals(
    subquery(" WITH a AS (SELECT ';') SELECT * FROM a ;; "),
    "(WITH a AS (SELECT ';') SELECT * FROM a)",
  );
  for (
    const text of [
      "SELECT 1; SELECT 2",
      "INSERT INTO t VALUES (1)",
      "cafes",
      "SELECT 'a",
      "SELECT 1 /* x",
      "",
    ]
  ) {
    assertThrows(() => subquery(text), ArgumentError);
  }
});

Deno.test("sqlFragment gives a piece of SQL that stays one piece", () => {
  assertEquals(sqlFragment(" a = ';' AND (b) ", "condition"), "a = ';' AND (b)");
  for (const text of ["a; b", "a -- b", "a /* b", "(a", "a)", ") OR (true"]) {
    assertThrows(() => sqlFragment(text, "condition"), ArgumentError, "condition");
  }
});
