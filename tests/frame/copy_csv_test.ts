import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError, ResponseError } from "../../src/errors/carto_error.ts";
import {
  type ColumnType,
  CopyCsvDecoder,
  encodeCopyCsv,
  type EncodeCopyCsvOptions,
  type Field,
  GeoDataFrame,
  Geometry,
} from "../../src/frame/mod.ts";
import { recorded } from "./_fixtures.ts";

function encode(frame: GeoDataFrame, options: EncodeCopyCsvOptions = {}): string {
  const fields = frame.columnNames.map((column) => ({ column }));
  let text = "";
  for (const chunk of encodeCopyCsv(frame, fields, options)) text += new TextDecoder().decode(chunk);
  return text;
}

/** One value as one field. */
function field(value: unknown, type?: ColumnType): string {
  const types = type === undefined ? {} : { types: { v: type } };
  return encode(GeoDataFrame.fromRows([{ v: value }], types)).slice(0, -1);
}

const FIELDS: readonly (readonly [id: string, given: unknown, field: string, type?: ColumnType])[] = [
  ["ENC-001", "Hello", "Hello"],
  ["ENC-002", "Hello 'world'", "Hello 'world'"],
  ["ENC-003", 'Hello "world"', '"Hello ""world"""'],
  ["ENC-004", "Hello | world", '"Hello | world"'],
  ["ENC-005", "Hello \n world", '"Hello \n world"'],
  ["ENC-006", '"', '""""'],
  ["ENC-007", '""', '""""""'],
  ["ENC-008", "|", '"|"'],
  ["ENC-009", '"|"', '"""|"""'],
  ["ENC-010", "a,b", "a,b"],
  ["ENC-011", "a\\b", "a\\b"],
  ["ENC-012", "a\tb", "a\tb"],
  ["ENC-013", "a\r\nb", '"a\r\nb"'],
  ["ENC-014", "", ""],
  ["ENC-015", " ", " "],
  ["ENC-016", "NULL", "NULL"],
  ["ENC-017", "\\N", "\\N"],
  ["ENC-018", "ñ", "ñ"],
  ["ENC-019", "日本", "日本"],
  ["ENC-020", "\\.", '"\\."'],
  ["ENC-021", "a\rb", '"a\rb"'],
  ["ENC-022", "__null", '"__null"'],
  ["ENC-026", null, "__null"],
  ["ENC-028", Infinity, "Infinity"],
  ["ENC-029", -Infinity, "-Infinity"],
  ["ENC-030", true, "t"],
  ["ENC-031", false, "f"],
  ["ENC-032", 0, "0"],
  ["ENC-033", -5, "-5"],
  ["ENC-034", 9223372036854775808n, "9223372036854775808"],
  ["ENC-036", 0.1, "0.1"],
  ["ENC-037", 1e21, "1e+21"],
  ["ENC-038", 1e-7, "1e-07"],
  ["ENC-039", -0, "-0"],
  ["ENC-040", Math.fround(0.1), "0.1", "float4"],
  ["ENC-041", null, "__null", "timestamptz"],
  ["ENC-042", undefined, "__null", "int4"],
  ["ENC-043", Temporal.PlainDate.from("2020-01-02"), "2020-01-02"],
  ["ENC-044", Temporal.PlainDateTime.from("2020-01-02T03:04:05"), "2020-01-02 03:04:05"],
  ["ENC-045", Temporal.PlainDateTime.from("2020-01-02T03:04:05.6789"), "2020-01-02 03:04:05.678900"],
  ["ENC-046", Temporal.Instant.from("2020-01-02T00:00:00Z"), "2020-01-02 00:00:00+00:00"],
  ["ENC-048", Temporal.PlainTime.from("01:02:03"), "01:02:03"],
  ["ENC-049", Temporal.Duration.from({ days: 1 }), "P1D"],
  ["ENC-050", "1.50", "1.50", "numeric"],
  ["ENC-051", [1, 2], "[1,2]"],
  ["ENC-053", { a: 1 }, '"{""a"":1}"'],
];

for (const [id, given, then, type] of FIELDS) {
  Deno.test(`${id}: one value becomes the field ${JSON.stringify(then)}`, () =>
    assertEquals(field(given, type), then));
}

Deno.test("ENC-027: NaN is a number; where it stands for nothing it is written as null on request", () => {
  assertEquals(field(NaN), "NaN");
  const frame = GeoDataFrame.fromColumns({ v: [1.5, NaN, null] });
  assertEquals(encode(frame), "1.5\nNaN\n__null\n");
  assertEquals(encode(frame, { nanAsNull: true }), "1.5\n__null\n__null\n");
});

Deno.test("ENC-047: a time in Madrid is the same instant in UTC", () => {
  const madrid = Temporal.ZonedDateTime.from("2020-01-02T03:04:05+01:00[Europe/Madrid]");
  assertEquals(field(madrid), "2020-01-02 02:04:05+00:00");
});

Deno.test("ENC-051 ENC-052 ENC-053: lists are JSON, or arrays of PostgreSQL where the type says so", () => {
  assertEquals(field(["a", "b"]), '"[""a"",""b""]"');
  assertEquals(field([1, 2, null], "int4[]"), "{1,2,NULL}");
  assertEquals(
    field(["a", "b, c", 'd"e', "NULL", null], "text[]"),
    '"{a,""b, c"",""d\\""e"",""NULL"",NULL}"',
  );
  assertEquals(field([[1, 2], [3, 4]], "int8[]"), "{{1,2},{3,4}}");
});

Deno.test("ENC-054: a row of everything", () => {
  const frame = GeoDataFrame.fromRows([{
    a: 1.5,
    b: "x",
    c: true,
    d: Temporal.PlainDateTime.from("2020-01-01"),
    e: Geometry.fromWkt("POINT(0 0)"),
  }]);
  assertEquals(
    encode(frame),
    "1.5|x|t|2020-01-01 00:00:00|0101000020E610000000000000000000000000000000000000\n",
  );
});

Deno.test("ENC-055: whatever is missing is null", () => {
  const types = { types: { d: "timestamp", e: "geometry" } } as const;
  const frame = GeoDataFrame.fromRows([{ a: 2, b: null, c: false, d: null, e: null }], types);
  assertEquals(encode(frame), "2|__null|f|__null|__null\n");
});

Deno.test("ENC-056: in a text column, null is null and the text NaN stays text", () => {
  assertEquals(encode(GeoDataFrame.fromColumns({ v: ["x", null, "NaN"] })), "x\n__null\nNaN\n");
});

Deno.test("ENC-057: rows are taken by their place, so that labels may repeat", () => {
  const rows = [{ label: 7, v: "a" }, { label: 7, v: "b" }];
  assertEquals(encode(GeoDataFrame.fromRows(rows)), "7|a\n7|b\n");
});

Deno.test("a geometry keeps the SRID that it has, and gets the field's where it has none", () => {
  const frame = GeoDataFrame.fromRows([{ geom: Geometry.fromWkt("SRID=3857;POINT(0 0)") }]);
  assertEquals(encode(frame), "0101000020110F000000000000000000000000000000000000\n");
  const bare = GeoDataFrame.fromRows([{ geom: Geometry.fromWkt("LINESTRING(0 0, 1 1)") }]);
  const [chunk] = encodeCopyCsv(bare, [{ column: "geom", srid: 3857 }]);
  assert(new TextDecoder().decode(chunk).startsWith("0102000020110F0000"));
});

Deno.test("text with U+0000 is refused with its place, since PostgreSQL cannot store it", () => {
  const frame = GeoDataFrame.fromColumns({ note: ["fine", "a\0b"] });
  assertThrows(() => encode(frame), DataError, 'row 2, column "note": The text holds the character U+0000');
});

Deno.test("each chunk ends with a row and is a buffer of its own", () => {
  const frame = GeoDataFrame.fromColumns({ v: Array.from({ length: 1000 }, (_, i) => `value ${i}`) });
  const chunks = [...encodeCopyCsv(frame, [{ column: "v" }], { chunkSize: 1000 })];
  assert(chunks.length > 5);
  assert(chunks.every((chunk) => chunk.at(-1) === 10));
  assertEquals(new Set(chunks.map(({ buffer }) => buffer)).size, chunks.length);
});

const encoder = new TextEncoder();

function decode(
  type: ColumnType,
  text: string,
  options: { nullMarker?: string; delimiter?: string } = {},
): unknown[] {
  const decoder = new CopyCsvDecoder([{ name: "c", type, nullable: true }], { header: false, ...options });
  decoder.push(encoder.encode(text));
  return decoder.finish().column("c").toArray();
}

const READ: readonly (readonly [id: string, type: ColumnType, text: string, then: unknown[]])[] = [
  ["READ-001", "int4", "1\n2\n", [1, 2]],
  ["READ-002", "int4", "1\n__null\n", [1, null]],
  ["READ-003", "int8", "9007199254740993\n-9223372036854775808\n", [
    9007199254740993n,
    -9223372036854775808n,
  ]],
  ["READ-005", "float8", "1.5\nNaN\nInfinity\n-Infinity\n__null\n-0\n", [
    1.5,
    NaN,
    Infinity,
    -Infinity,
    null,
    -0,
  ]],
  ["READ-006", "numeric", "12345678901234567890.5\n", ["12345678901234567890.5"]],
  ["READ-007", "bool", "t\nf\n__null\n", [true, false, null]],
  ["READ-010", "text", '__null\n"__null"\n', [null, "__null"]],
  ["READ-011", "text", "\nx\n\n", ["", "x", ""]],
  ["READ-012", "text", '"a,b"\n"x ""y"""\n"l1\nl2"\n', ["a,b", 'x "y"', "l1\nl2"]],
  ["READ-013", "text", "NaN\nnull\n", ["NaN", "null"]],
  ["READ-014", "int4[]", '"{1,2}"\n{}\n"{1,NULL}"\n', [[1, 2], [], [1, null]]],
  ["READ-015", "json", '"{""x"": 1}"\n', [{ x: 1 }]],
];

for (const [id, type, text, then] of READ) {
  Deno.test(`${id}: ${type} from ${JSON.stringify(text)}`, () => assertEquals(decode(type, text), then));
}

Deno.test("READ-004: what is no integer is refused, with row and column", () => {
  for (const [bad, shown] of [["", "An empty field"], ["NaN", '"NaN"'], ["1.5", '"1.5"'], ["t", '"t"']]) {
    const error = assertThrows(
      () => decode("int4", `1\n${bad}\n2\n`),
      DataError,
      `${shown} is not a 32-bit integer`,
    );
    assertEquals([error.place.row, error.place.column], [2, "c"]);
  }
});

Deno.test("READ-016: dates are dates, and a missing one is null", () => {
  assertEquals(decode("date", "2020-01-01\n__null\n"), [Temporal.PlainDate.from("2020-01-01"), null]);
});

Deno.test("READ-017: timestamps without zone", () => {
  assertEquals(decode("timestamp", "2020-01-01 00:00:00\n2021-01-01 01:02:03.5\n").map(String), [
    "2020-01-01T00:00:00",
    "2021-01-01T01:02:03.5",
  ]);
});

Deno.test("READ-018: a null beside timestamps bends nothing", () => {
  assertEquals(decode("timestamp", "2020-01-01 00:00:00\n__null\n").map((value) => value && String(value)), [
    "2020-01-01T00:00:00",
    null,
  ]);
});

Deno.test("READ-019: a timestamp with zone is an instant", () => {
  assertEquals(decode("timestamptz", "2020-01-01 00:00:00+00\n2020-01-01 00:00:00+05:30\n").map(String), [
    "2020-01-01T00:00:00Z",
    "2019-12-31T18:30:00Z",
  ]);
});

Deno.test("READ-020 READ-021: a geometry of any name is decoded, a missing one null", () => {
  for (const name of ["the_geom", "geom"]) {
    const decoder = new CopyCsvDecoder([{ name, type: "geometry", nullable: true, srid: 4326 }], {
      header: true,
    });
    decoder.push(encoder.encode(`${name}\n0101000020E6100000000000000000F03F0000000000000040\n__null\n`));
    const frame = decoder.finish();
    assertEquals([frame.geometryColumn, frame.crs], [name, "EPSG:4326"]);
    assertEquals(frame.column(name).toArray().map(String), ["SRID=4326;POINT (1 2)", "null"]);
  }
});

Deno.test("READ-022: a header alone is a table without rows, its columns kept", () => {
  const schema: Field[] = [
    { name: "id", type: "int8", nullable: true },
    { name: "the_geom", type: "geometry", nullable: true, srid: 4326 },
  ];
  const decoder = new CopyCsvDecoder(schema, { header: true });
  decoder.push(encoder.encode("id,the_geom\n"));
  const frame = decoder.finish();
  assertEquals([frame.numRows, frame.geometryColumn, frame.srid], [0, "the_geom", 4326]);
  assertEquals(frame.schema.map(({ type }) => type), ["int8", "geometry"]);
});

const EVERYTHING: readonly Field[] = [
  { name: "id", type: "int8", nullable: true },
  { name: "small", type: "int2", nullable: true },
  { name: "note", type: "text", nullable: true },
  { name: "price", type: "numeric", nullable: true },
  { name: "ratio", type: "float8", nullable: true },
  { name: "open", type: "bool", nullable: true },
  { name: "day", type: "date", nullable: true },
  { name: "at", type: "timestamptz", nullable: true },
  { name: "local", type: "timestamp", nullable: true },
  { name: "clock", type: "time", nullable: true },
  { name: "raw", type: "bytea", nullable: true },
  { name: "doc", type: "jsonb", nullable: true },
  { name: "tags", type: "text[]", nullable: true },
  { name: "the_geom", type: "geometry", nullable: true, srid: 4326 },
];
const ROWS = [
  `1,-1,"a ""b"", c",1.50,0.1,t,2020-02-29,2020-02-29 10:34:56.789123+00,2020-02-29 12:34:56.5,12:34:56,\\xdeadbeef,` +
  `"{""n"": 12345678901234567890}","{a,""b, c""}",0101000020E6100000000000000000F03F0000000000000040`,
  "__null,__null,__null,__null,__null,__null,__null,__null,__null,__null,__null,__null,__null,__null",
  `9223372036854775807,32767,"two\nlines",NaN,NaN,f,infinity,-infinity,infinity,24:00:00,\\x,null,{},` +
  `01010000A0E6100000000000000000F03F00000000000000400000000000000840`,
  `0,0,,0,-0,f,0044-03-15 BC,0044-03-15 00:00:00+00 BC,10000-01-01 00:00:00,00:00:00.000001,\\x00,[],{NULL},` +
  `0107000020E610000000000000`,
  "",
];

function decodeInChunks(text: string, size: number): GeoDataFrame {
  const decoder = new CopyCsvDecoder(EVERYTHING, { header: false });
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.slice(at, at + size));
  return decoder.finish();
}

Deno.test("a stream may be cut into chunks anywhere", () => {
  const text = ROWS.join("\n");
  const whole = decodeInChunks(text, text.length + 10);
  assertEquals(whole.numRows, 4);
  for (const size of [1, 2, 3, 7, 64, 100, 333]) {
    assert(decodeInChunks(text, size).equals(whole), `chunks of ${size}`);
  }
});

Deno.test("what is read and written again is the same, letter by letter where PostgreSQL's text is the same", () => {
  const frame = decodeInChunks(ROWS.join("\n"), 50);
  const fields = frame.columnNames.map((column) => ({ column }));
  let text = "";
  for (const chunk of encodeCopyCsv(frame, fields, { delimiter: "," })) {
    text += new TextDecoder().decode(chunk);
  }
  assert(decodeInChunks(text, 1000).equals(frame));
  const columns = (name: string) => frame.column(name).toArray();
  assertEquals(columns("day").map(String), ["2020-02-29", "null", "infinity", "-000043-03-15"]);
  assertEquals(columns("at").map(String), [
    "2020-02-29T10:34:56.789123Z",
    "null",
    "-infinity",
    "-000043-03-15T00:00:00Z",
  ]);
  assertEquals(columns("local").map(String), [
    "2020-02-29T12:34:56.5",
    "null",
    "infinity",
    "+010000-01-01T00:00:00",
  ]);
  assertEquals(columns("clock").map(String), ["12:34:56", "null", "24:00:00", "00:00:00.000001"]);
  assertEquals(columns("doc")[0], { n: 12345678901234567890n });
  assertEquals(frame.column("doc").getText(0), '{"n": 12345678901234567890}');
  assert(frame.column("doc").isNull(1) && !frame.column("doc").isNull(2), "JSON's null is not SQL's");
  assertEquals(columns("the_geom").map(String), [
    "SRID=4326;POINT (1 2)",
    "null",
    "SRID=4326;POINT Z (1 2 3)",
    "SRID=4326;GEOMETRYCOLLECTION EMPTY",
  ]);
});

Deno.test("batches of at least so many rows; the rest at the end", () => {
  const decoder = new CopyCsvDecoder([{ name: "n", type: "int4", nullable: true }], { header: true });
  const sizes: number[] = [];
  decoder.push(encoder.encode("n\n"));
  for (let i = 0; i < 10; i++) {
    decoder.push(encoder.encode(`${i}\n${i + 1}\n${i + 2}\n`));
    const frame = decoder.take(8);
    if (frame !== undefined) sizes.push(frame.numRows);
  }
  sizes.push(decoder.finish().numRows);
  assertEquals(sizes, [9, 9, 9, 3]);
  assertEquals(decoder.numRows, 30);
});

function failure(
  text: string,
  schema: readonly Field[] = [{ name: "n", type: "int4", nullable: true }],
): ResponseError {
  const decoder = new CopyCsvDecoder(schema, { header: false });
  for (const char of text.match(/.{1,3}/gs) ?? []) decoder.push(encoder.encode(char));
  return assertThrows(() => decoder.finish(), ResponseError);
}

Deno.test("a stream that is cut in a row is never a shorter table", () => {
  const error = failure("1\n2\n3");
  assertEquals([error.code, error.status], ["incomplete-response", 200]);
  assertEquals(
    error.message,
    "Cannot read the rows: the answer was cut off after row 2: it ends in the middle of a row",
  );
  assertEquals(failure('"abc\nd', [{ name: "t", type: "text", nullable: true }]).code, "incomplete-response");
  assertThrows(() => new CopyCsvDecoder([], { header: true }).finish(), ResponseError, "without the header");
});

Deno.test("the server's error behind the rows is told, wherever it begins", () => {
  const two: Field[] = [{ name: "n", type: "int4", nullable: true }, {
    name: "t",
    type: "text",
    nullable: true,
  }];
  for (
    const before of [
      "1,a\n",
      "1,a\n2",
      "1,a\n2,",
      '1,a\n2,"b',
      '1,a\n2,"b ""c',
      "",
      '1,a\n2,"b\nc',
      "1,a\n2,b",
    ]
  ) {
    const error = failure(`${before}{"error":["division by zero","x, y"]}`, two);
    assertEquals(error.code, "incomplete-response");
    assertEquals(error.serverMessages, ["division by zero", "x, y"]);
    assert(error.message.includes("division by zero"));
  }
});

Deno.test("the recorded answer with a late error is told as such", () => {
  const { head, tail, length } = recorded("192-copyto-late-error").body as {
    head: string;
    tail: string;
    length: number;
  };
  const schema: Field[] = [{ name: "n", type: "int4", nullable: true }, {
    name: "t",
    type: "text",
    nullable: true,
  }];
  const decoder = new CopyCsvDecoder(schema, { header: false });
  decoder.push(encoder.encode(head));
  decoder.push(encoder.encode("x".repeat(length - head.length - tail.length)));
  decoder.push(encoder.encode(tail));
  const error = assertThrows(() => decoder.finish(), ResponseError);
  assertEquals(error.serverMessages, ["division by zero"]);
});

Deno.test("a row with more or fewer fields than the table is refused with its number", () => {
  const two: Field[] = [{ name: "a", type: "text", nullable: true }, {
    name: "b",
    type: "text",
    nullable: true,
  }];
  const read = (text: string) => {
    const decoder = new CopyCsvDecoder(two, { header: false });
    decoder.push(encoder.encode(text));
    decoder.finish();
  };
  assertThrows(() => read("1,2\n1\n3,4\n"), DataError, "row 2: The row has 1 fields where 2 are expected");
  assertThrows(
    () => read("1,2\n1,2,3,4\n3,4\n"),
    DataError,
    "row 2: The row has 4 fields where 2 are expected",
  );
  assertThrows(() => read('1,2\n"1"x,2\n3,4\n'), DataError, "Text follows a closing quote");
});

Deno.test("a header that names other columns is refused", () => {
  const decoder = new CopyCsvDecoder([{ name: "a", type: "int4", nullable: true }], { header: true });
  assertThrows(
    () => decoder.push(encoder.encode("b\n1\n")),
    DataError,
    'names column 1 "b" where "a" is expected',
  );
});

Deno.test("what the recorded server sent is read", () => {
  const schema: Field[] = [
    { name: "name", type: "text", nullable: true },
    { name: "stars", type: "int4", nullable: true },
  ];
  const decoder = new CopyCsvDecoder(schema, { header: true, nullMarker: "" });
  decoder.push(encoder.encode(recorded("180-copyto-query").body as string));
  assertEquals(decoder.finish().toRows(), [
    { name: "Hawai", stars: 4 },
    { name: "El Estocolmo", stars: 3 },
    { name: 'El Rey, "tallarín"', stars: 5 },
    { name: "Sin sitio", stars: null },
    { name: "El Pico", stars: 2 },
  ]);
});

Deno.test("a very long record in small chunks is read in reasonable time", () => {
  const long = "x".repeat(4_000_000);
  const decoder = new CopyCsvDecoder([{ name: "t", type: "text", nullable: true }], { header: false });
  const bytes = encoder.encode(`"${long}"\nshort\n`);
  const start = performance.now();
  for (let at = 0; at < bytes.length; at += 4096) decoder.push(bytes.subarray(at, at + 4096));
  const [first, second] = decoder.finish().column("t");
  assert(performance.now() - start < 5000);
  assertEquals([(first as string).length, second], [long.length, "short"]);
});

Deno.test("int8 may be read as numbers, and one that does not fit is refused", () => {
  const decoder = new CopyCsvDecoder([{ name: "n", type: "int8", nullable: true }], {
    header: false,
    int8AsNumber: true,
  });
  decoder.push(encoder.encode("1\n9007199254740993\n"));
  const column = decoder.finish().column("n");
  assertEquals(column.get(0), 1);
  assertThrows(() => column.get(1), DataError, 'row 2, column "n": 9007199254740993 does not fit a number');
});

Deno.test("few values are kept once, many as they are, and both come back", () => {
  const texts = [
    ...Array.from({ length: 3000 }, (_, i) => ["bar", "park", "", "ñandú"][i % 4] as string),
    ...Array.from({ length: 3000 }, (_, i) => `name ${i}`),
  ];
  assertEquals(decode("text", texts.map((text) => `${text}\n`).join("")), texts);
  const few = texts.slice(0, 3000);
  assertEquals(decode("text", few.map((text) => `${text}\n`).join("")), few);
  assertEquals(GeoDataFrame.fromColumns({ c: texts }).column("c").toArray(), texts);
});
