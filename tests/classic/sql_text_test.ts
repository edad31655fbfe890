import { assertEquals, assertThrows } from "@std/assert";
import { sql, SqlText } from "../../src/classic/sql_text.ts";
import { quoteIdentifierIfNeeded } from "../../src/classic/_quote.ts";
import { ArgumentError } from "../../src/errors/carto_error.ts";

/** The SQL of one value. */
function value(x: unknown): string {
  return sql`${x}`.text;
}

const values: [string, unknown, string][] = [
  ["text", "Hawai", "'Hawai'"],
  ["text with an apostrophe", "O'Brien", "'O''Brien'"],
  ["an attempt to leave the quotes", "'; DROP TABLE cafes; --", "'''; DROP TABLE cafes; --'"],
  ["text with a backslash", String.raw`a\' OR 1=1`, String.raw`E'a\\'' OR 1=1'`],
  ["empty text", "", "''"],
  ["text in four bytes", "café 😀", "'café 😀'"],
  ["whole number", 42, "42"],
  ["negative number", -3, "(-3)"],
  ["zero", 0, "0"],
  ["negative zero", -0, "'-0'::float8"],
  ["fraction", 0.1, "0.1"],
  ["huge number", 1e300, "1e+300"],
  ["NaN", NaN, "'NaN'::float8"],
  ["infinity", Infinity, "'Infinity'::float8"],
  ["negative infinity", -Infinity, "'-Infinity'::float8"],
  ["bigint", 9007199254740993n, "9007199254740993"],
  ["least int8", -(2n ** 63n), "'-9223372036854775808'::int8"],
  ["true", true, "TRUE"],
  ["false", false, "FALSE"],
  ["null", null, "NULL"],
  ["Date", new Date("2020-02-29T12:34:56.789Z"), "'2020-02-29 12:34:56.789+00'::timestamptz"],
  ["Date after 9999", new Date(Date.UTC(12345, 0, 1)), "'12345-01-01 00:00:00.000+00'::timestamptz"],
  ["Date before Christ", new Date(Date.UTC(-43, 2, 15)), "'0044-03-15 00:00:00.000+00 BC'::timestamptz"],
  [
    "Temporal.Instant",
    Temporal.Instant.from("2020-02-29T12:34:56.789123Z"),
    "'2020-02-29T12:34:56.789123Z'::timestamptz",
  ],
  [
    "Temporal.ZonedDateTime",
    Temporal.ZonedDateTime.from("2020-02-29T12:00:00+01:00[Europe/Madrid]"),
    "'2020-02-29T11:00:00Z'::timestamptz",
  ],
  [
    "Temporal.PlainDateTime",
    Temporal.PlainDateTime.from("2020-02-29T12:34:56"),
    "'2020-02-29T12:34:56'::timestamp",
  ],
  ["Temporal.PlainDate", Temporal.PlainDate.from("2020-02-29"), "'2020-02-29'::date"],
  ["Temporal.PlainDate after 9999", Temporal.PlainDate.from("+012345-01-01"), "'12345-01-01'::date"],
  ["Temporal.PlainDate before Christ", Temporal.PlainDate.from("-000043-03-15"), "'0044-03-15 BC'::date"],
  ["Temporal.PlainTime", Temporal.PlainTime.from("12:34:56.5"), "'12:34:56.5'::time"],
  ["Temporal.Duration", Temporal.Duration.from("P1Y2M3DT4H"), "'P1Y2M3DT4H'::interval"],
  ["negative duration", Temporal.Duration.from("-P1DT2.5S"), "'P-1DT-2.5S'::interval"],
  ["bytes", new Uint8Array([0xde, 0xad, 0, 0xef]), String.raw`E'\\xdead00ef'::bytea`],
  ["array of numbers", [1, 2], "ARRAY[1,2]::int4[]"],
  ["array of large numbers", [1, 2 ** 40], "ARRAY[1,1099511627776]::int8[]"],
  ["array of fractions", [1, 2.5], "ARRAY[1,2.5]::float8[]"],
  ["array of bigints", [9007199254740993n, -1n], "ARRAY[9007199254740993,(-1)]::int8[]"],
  ["bigints and fractions", [9007199254740993n, 0.5], "ARRAY[9007199254740993,0.5]::numeric[]"],
  ["array of texts", ["a,b", 'q"x', null], `ARRAY['a,b','q"x',NULL]::text[]`],
  ["array of arrays", [[1, 2], [3, 4]], "ARRAY[[1,2],[3,4]]::int4[]"],
  ["array of dates", [Temporal.PlainDate.from("2020-01-01")], "ARRAY['2020-01-01'::date]::date[]"],
  ["array of objects", [{ a: 1 }], `ARRAY['{"a":1}'::jsonb]::jsonb[]`],
  ["empty array", [], "'{}'"],
  ["array of nulls", [null, null], "'{NULL,NULL}'"],
  [
    "object",
    { a: "it's", b: [1, null], c: 9007199254740993n },
    `'{"a":"it''s","b":[1,null],"c":9007199254740993}'::jsonb`,
  ],
  ["geometry", { toEwkbHex: () => "0101000020E6100000" }, "'0101000020E6100000'::geometry"],
  [
    "GeoJSON geometry",
    { type: "Point", coordinates: [1, 2] },
    `ST_SetSRID(ST_GeomFromGeoJSON('{"type":"Point","coordinates":[1,2]}'), 4326)`,
  ],
  [
    "GeoJSON as JSON",
    sql.json({ type: "Point", coordinates: [1, 2] }),
    `'{"type":"Point","coordinates":[1,2]}'::jsonb`,
  ],
  ["list as JSON", sql.json([1, "a"]), `'[1,"a"]'::jsonb`],
  [
    "array of a stated type",
    sql.array(["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], "uuid"),
    "ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']::uuid[]",
  ],
  ["empty array of a stated type", sql.array([], "int8"), "'{}'::int8[]"],
];
for (const [name, given, expected] of values) {
  Deno.test(`sql quotes ${name}`, () => assertEquals(value(given), expected));
}

const refused: [string, unknown, string][] = [
  ["U+0000", "a\0b", "character 2 is U+0000"],
  ["half a surrogate pair", "a\ud800", "surrogate"],
  ["undefined", undefined, "undefined"],
  ["undefined in an array", [1, undefined], "undefined"],
  ["a function", () => 1, "function"],
  ["a symbol", Symbol("x"), "symbol"],
  ["an invalid date", new Date(NaN), "invalid Date"],
  ["an array of two types", [1, "a"], "int4, text"],
  ["a ragged array", [[1], [2, 3]], "differ in length"],
  ["NaN within JSON", { a: NaN }, "NaN"],
  ["U+0000 within JSON", { a: "x\0" }, "U+0000"],
  ["a Map", new Map(), "class Map"],
];
for (const [name, given, message] of refused) {
  Deno.test(`sql refuses ${name}`, () => {
    assertThrows(() => value(given), ArgumentError, message);
  });
}

Deno.test("a backslash before u0000 in JSON is text, not U+0000", () => {
  assertEquals(value({ a: "\\u0000" }), String.raw`E'{"a":"\\\\u0000"}'::jsonb`);
});

Deno.test("sql.id quotes names, with their schema, and doubles quotes", () => {
  assertEquals(sql.id("cafes").text, '"cafes"');
  assertEquals(sql.id("ana", "My Cafés").text, '"ana"."My Cafés"');
  assertEquals(sql.id('a"; DROP TABLE b; --').text, '"a""; DROP TABLE b; --"');
  assertEquals(sql.id("a.b").text, '"a.b"');
  assertEquals(sql.ids(["a", "B"]).text, '"a","B"');
});

Deno.test("sql.id refuses names that PostgreSQL would change", () => {
  assertThrows(() => sql.id(""), ArgumentError);
  assertThrows(() => sql.id(), ArgumentError);
  assertThrows(() => sql.id("a\0"), ArgumentError);
  assertThrows(() => sql.id("é".repeat(32)), ArgumentError, "64 bytes");
  assertThrows(() => sql.ids([]), ArgumentError);
  assertEquals(sql.id("é".repeat(31)).text, `"${"é".repeat(31)}"`);
});

Deno.test("sql puts pieces of SQL in as they are", () => {
  const where = sql`stars > ${3}`;
  assertEquals(
    sql`SELECT * FROM ${sql.id("cafes")} WHERE ${where}`.text,
    'SELECT * FROM "cafes" WHERE stars > 3',
  );
  assertEquals(
    sql`SELECT ${sql.raw("now()")}, ${sql.join([1, "a", sql.id("b")])}`.text,
    `SELECT now(), 1,'a',"b"`,
  );
  assertEquals(sql.join([sql`a = ${1}`, sql`b = ${2}`], " AND ").text, "a = 1 AND b = 2");
  assertEquals(String(new SqlText("SELECT 1")), "SELECT 1");
});

Deno.test("sql keeps a minus sign from becoming a comment", () => {
  assertEquals(sql`SELECT 5 -${-3}`.text, "SELECT 5 -(-3)");
});

Deno.test("sql refuses a hole within quotes, a comment or a dollar quote", () => {
  const x = "it's";
  for (
    const build of [
      () => sql`SELECT '${x}'`,
      () => sql`SELECT 'a ${x}'`,
      () => sql`SELECT "${x}"`,
      () => sql`SELECT $$${x}$$`,
      () => sql`SELECT 1 -- ${x}`,
      () => sql`SELECT /* ${sql.raw("x")} */ 1`,
    ]
  ) assertThrows(build, ArgumentError, "quotes or a comment");
});

Deno.test("sql refuses a value that touches a word, a quote or another value", () => {
  const x = "a";
  for (
    const build of [
      () => sql`SELECT E${x}`,
      () => sql`SELECT ${x}b`,
      () => sql`SELECT ${x}${x}`,
      () => sql`SELECT 'a'${x}`,
    ]
  ) {
    assertThrows(build, ArgumentError, "touches");
  }
  assertEquals(sql`SELECT ${x}::text,(${x})`.text, "SELECT 'a'::text,('a')");
});

Deno.test("sql.array refuses a type that is more than a type", () => {
  assertThrows(() => sql.array([1], "int4[]); DROP TABLE a; --"), ArgumentError);
});

Deno.test("names are quoted where they would mean something else", () => {
  for (
    const [name, expected] of [
      ["cafes", "cafes"],
      ["Cafes", '"Cafes"'],
      ["order", '"order"'],
      ["2019", '"2019"'],
      ["a b", '"a b"'],
      ["user", '"user"'],
    ] as const
  ) {
    assertEquals(quoteIdentifierIfNeeded(name), expected);
  }
});
