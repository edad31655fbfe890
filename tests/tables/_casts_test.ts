import { assertEquals } from "@std/assert";
import { castTo } from "../../src/tables/_finish_sql.ts";

/** A column of a standing table. */
function column(type: string, sqlType: string | undefined) {
  return { name: "x", type, sqlType, notNull: false, hasDefault: false, isGenerated: false, views: [] };
}

const CASES: readonly [
  from: string,
  to: string,
  sqlType: string,
  expression: string | undefined,
  misfit?: string,
][] = [
  ["int4", "int4", "integer", '"x"'],
  ["int4", "int8", "bigint", '"x"::bigint'],
  ["int8", "int4", "integer", '"x"::integer', '("x"::integer)::bigint IS DISTINCT FROM "x"'],
  ["float8", "int4", "integer", '"x"::integer', '("x"::integer)::double precision IS DISTINCT FROM "x"'],
  [
    "float8",
    "numeric",
    "numeric",
    '"x"::text::numeric',
    '("x"::text::numeric)::double precision IS DISTINCT FROM "x"',
  ],
  [
    "numeric",
    "float8",
    "double precision",
    '"x"::double precision',
    '("x"::double precision)::text::numeric IS DISTINCT FROM "x"',
  ],
  ["numeric", "numeric", "numeric(8,2)", '"x"', '("x"::numeric(8,2))::numeric IS DISTINCT FROM "x"'],
  ["timestamp", "date", "date", '"x"::date', '("x"::date)::timestamp IS DISTINCT FROM "x"'],
  ["date", "timestamp", "timestamp without time zone", '"x"::timestamp without time zone'],
  ["timestamptz", "timestamp", "timestamp without time zone", undefined],
  ["timestamp", "timestamptz", "timestamp with time zone", undefined],
  [
    "text",
    "varchar",
    "character varying(20)",
    '"x"',
    '("x"::character varying(20))::text IS DISTINCT FROM "x"',
  ],
  ["text", "int4", "integer", '"x"::integer'],
  ["text", "numeric", "numeric(8,2)", '"x"::numeric(8,2)', '"x"::numeric IS DISTINCT FROM "x"::numeric(8,2)'],
  ["json", "jsonb", "jsonb", '"x"::jsonb'],
  ["bool", "int4", "integer", undefined],
  ["int4", "bool", "boolean", undefined],
  ["geometry", "text", "text", undefined],
  ["geometry", "geometry", "geometry(Point,4326)", '"x"'],
  ["_int4", "_int8", "bigint[]", '"x"::bigint[]'],
  ["_text", "_int4", "integer[]", undefined],
];

for (const [from, to, sqlType, expression, misfit] of CASES) {
  Deno.test(`values of ${from} in a column of ${sqlType}: ${expression ?? "refused"}`, () => {
    const cast = castTo('"x"', from, column(to, sqlType));
    assertEquals(cast?.expression, expression);
    assertEquals(cast?.misfit, misfit);
  });
}

Deno.test("values that the column changes without a loss of rows are told", () => {
  assertEquals(
    castTo('"x"', "int4", column("text", "text"))?.warning,
    'Column "x" of the table is text: the values were written as text',
  );
  assertEquals(
    castTo('"x"', "float8", column("float4", "real"))?.warning,
    'Column "x" of the table holds 32-bit floats: the values were rounded',
  );
});
