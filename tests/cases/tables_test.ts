/** Every table of `fixtures/cases`, through a real upload and back. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { toFileUrl } from "@std/path";
import { DataError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto } from "../../src/tables/mod.ts";
import { projectFile, runDeno } from "../_tools/run_deno.ts";
import { Account, caseFrame, caseText } from "./_account.ts";

const account = new Account();
Deno.test.beforeAll(() => account.start());
Deno.test.afterAll(() => account.stop());

Deno.test("weird-columns.geojson: 18 distinct valid names, a list old → new, all values kept", async () => {
  const frame = await caseFrame("weird-columns.geojson");
  const { look, report } = await account.upload(frame, "weird_columns");
  const names = look.columns.map(({ name }) => name).filter((name) => name !== "the_geom");
  assertEquals([names.length, new Set(names).size], [18, 18]);
  for (const name of names) assertMatch(name, /^[a-z_][a-z0-9_]{0,62}$/);
  const back = await account.read("weird_columns", "*", "1");
  for (const { name, from = name } of look.columns) {
    if (name !== "the_geom") {
      assertEquals(String(back.column(name).get(0)), String(frame.column(from).get(0)), name);
    }
  }
  assertEquals(
    report.renamed.filter(({ from }) => ["the_geom", "the_geom_webmercator", "SELECT", "Año"].includes(from))
      .map(({ from, to }) => `${from} → ${to}`),
    [
      "SELECT → _select",
      "the_geom → the_geom_1",
      "the_geom_webmercator → the_geom_webmercator_1",
      "Año → ano",
    ],
  );
  const taken = look.problems.filter(({ code }) => code === "name-taken").map(({ column }) => column);
  assertEquals(taken, ["the_geom", "the_geom_webmercator", "Field 0", "name"]);
  assertEquals(Object.keys(Object.prototype), []);
});

Deno.test("long-column-names.csv: three distinct names of at most 63 bytes, the cut ones told", async () => {
  const frame = await caseFrame("long-column-names.csv");
  const { look } = await account.upload(frame, "long_column_names");
  const names = look.columns.map(({ name }) => name);
  assertEquals(new Set(names).size, 3);
  for (const name of names) assert(new TextEncoder().encode(name).length <= 63, name);
  assertEquals(look.counts, { "name-cut": 2 });
  const back = await account.read("long_column_names", names.map((name) => `"${name}"`).join(), "1");
  assertEquals(
    back.toRows().map((row) => Object.values(row)),
    frame.toRows().map((row) => Object.values(row)),
  );
});

Deno.test("quotes-newlines.csv: ten rows, the same text after write and read", async () => {
  const frame = await caseFrame("quotes-newlines.csv");
  for (const copyFormat of ["binary", "csv"] as const) {
    await account.upload(frame, `quotes_${copyFormat}`, { copyFormat });
    const back = await account.read(`quotes_${copyFormat}`, "id, note", "id");
    assertEquals(back.toRows(), frame.toRows());
    assertEquals([back.numRows, back.column("note").get(5)], [10, "\\N"]);
    assertEquals([back.column("note").get(6), back.column("note").get(7)], ["", null]);
  }
});

Deno.test("bom-crlf-semicolon.csv: columns id, nombre, superficie; 1,5 is text unless a decimal comma is asked for", async () => {
  await account.upload(await caseFrame("bom-crlf-semicolon.csv"), "comma_text");
  const text = await account.read("comma_text", "id, nombre, superficie", "id");
  assertEquals(text.toRows().map((row) => Object.values(row)), [[1, "Sept-Îles", "1,5"], [
    2,
    "Besançon",
    "2,75",
  ]]);
  await account.upload(await caseFrame("bom-crlf-semicolon.csv", { decimalComma: true }), "comma_number");
  const numbers = await account.read("comma_number", "superficie", "id");
  assertEquals(numbers.column("superficie").toArray(), [1.5, 2.75]);
});

Deno.test("latin1.csv: an error with line and byte, or right text with the encoding; never a replacement sign", async () => {
  const error = await assertRejects(() => caseFrame("latin1.csv"), DataError);
  assertEquals([error.place.line, error.place.byte], [2, 15]);
  await account.upload(await caseFrame("latin1.csv", { encoding: "latin1" }), "latin");
  assertEquals((await account.read("latin", "name", "name")).column("name").toArray(), [
    "Besançon",
    "Málaga",
  ]);
});

Deno.test("leading-zeros.csv: text in every column with a leading zero, exponent or dash; 02139 back as 02139", async () => {
  const frame = await caseFrame("leading-zeros.csv");
  const { look } = await account.upload(frame, "leading_zeros");
  assertEquals(look.columns.map(({ type }) => type), Array(6).fill("text"));
  const back = await account.read("leading_zeros", frame.columnNames.join(), "cartodb_id");
  assertEquals(back.toRows(), frame.toRows());
  assertEquals(back.column("zip").get(0), "02139");
});

Deno.test("booleans-tf.csv: with the column types true, false, missing, true, false; label stays text", async () => {
  const types = { open: "bool", flag: "text", label: "text" } as const;
  await account.upload(await caseFrame("booleans-tf.csv"), "booleans", { types });
  const back = await account.read("booleans", "open, flag, label", "id");
  assertEquals(back.column("open").toArray(), [true, false, null, true, false]);
  assertEquals(back.column("flag").toArray(), ["TRUE", "True", "true", "1", "0"]);
  assertEquals(back.column("label").toArray(), ["t", "f", "x", "yes", "no"]);
});

Deno.test("dates.json: the same under any TZ, six digits of a second, nothing shifted, text untouched", async () => {
  const { rows } = JSON.parse(caseText("dates.json")) as { rows: { type: string; value: string | null }[] };
  const expected: Record<string, (string | null)[]> = {
    timestamptz: ["2019-03-10T10:30:00Z", "2019-03-10T10:30:00.123456Z", "2016-02-29T23:59:59Z", null],
    timestamp: ["2019-03-31T02:30:00"],
    date: ["2019-03-10", "1899-12-31", "0850-01-01", "+010000-01-01"],
    text: ["2445-01-01 00:00:00+2445", "12/11/10"],
  };
  for (const [type, wanted] of Object.entries(expected)) {
    const values = rows.filter((row) => row.type === type).map(({ value }) => value);
    const data = values.map((v, n) => ({ n, v }));
    const { look } = await account.upload(data, `dates_${type}`, { types: { v: type as "date" } });
    assertEquals(look.columns.map(({ nulls }) => nulls), [
      0,
      values.filter((value) => value === null).length,
    ]);
    const back = await account.read(`dates_${type}`, "v", "n");
    assertEquals(
      back.column("v").toArray().map((value) => value === null ? null : String(value)),
      wanted,
      type,
    );
  }
});

Deno.test("dates.json: read and written the same whatever the time zone of the machine is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const frame = projectFile("src/frame/mod.ts");
    const fixture = projectFile("tests/fixtures/cases/dates.json");
    await Deno.writeTextFile(
      `${folder}/read.ts`,
      `import { encodeCopyCsv, GeoDataFrame } from ${JSON.stringify(toFileUrl(frame).href)};
const { rows } = JSON.parse(await Deno.readTextFile(${JSON.stringify(fixture)}));
for (const { type, value } of rows) {
  const frame = GeoDataFrame.fromColumns({ v: [value] }, { types: { v: type } });
  const [bytes] = encodeCopyCsv(frame, [{ column: "v" }]);
  console.log(String(frame.column("v").get(0)), new TextDecoder().decode(bytes).trim());
}
`,
    );
    const printed = new Set<string>();
    for (const TZ of ["UTC", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]) {
      const args = [
        "run",
        "--no-prompt",
        "--allow-read",
        "--config",
        projectFile("deno.json"),
        `${folder}/read.ts`,
      ];
      const { code, stdout, stderr } = await runDeno(args, { cwd: folder, env: { TZ } });
      assertEquals(code, 0, stderr);
      printed.add(stdout);
    }
    assertEquals(printed.size, 1, [...printed].join("\n"));
    assert([...printed][0]?.includes("2019-03-10T10:30:00.123456Z"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("nan-infinity.json: NaN, infinities, null, −0 and 1e308, each written back as it was", async () => {
  const { rows } = JSON.parse(caseText("nan-infinity.json"));
  const types = { v: "float8" } as const;
  await account.upload(rows, "nan_infinity", { types });
  const back = await account.read("nan_infinity", "cartodb_id, v", "cartodb_id");
  const values = back.column("v").toArray();
  assertEquals(values, [1.5, NaN, Infinity, -Infinity, null, -0, 1e308]);
  assert(Object.is(values[5], -0));
  await account.upload(back, "nan_infinity_again");
  const again = await account.read("nan_infinity_again", "cartodb_id, v", "cartodb_id");
  assert(again.column("v").equals(back.column("v")));
});

Deno.test("bigint-ids.json: integers exact, one type a column, label text, amount with every digit", async () => {
  // The digits stand in the file; JSON.parse would bend them
  const text = caseText("bigint-ids.json").replaceAll(/: (-?\d[\d.]*)(?=[,}])/g, ': "$1"');
  const { rows } = JSON.parse(text) as { rows: Record<string, string | null>[] };
  const types = {
    osm_id: "int8",
    h3: "int8",
    quadbin: "int8",
    amount: "numeric",
    cartodb_id: "int4",
  } as const;
  await account.upload(rows, "bigint_ids", { types });
  const back = await account.read("bigint_ids", "osm_id, h3, quadbin, amount, label", "cartodb_id");
  assertEquals(back.schema.map(({ type }) => type), ["int8", "int8", "int8", "numeric", "text"]);
  assertEquals(back.toRows(), [
    {
      osm_id: 9223372036854775807n,
      h3: 621496748577128447n,
      quadbin: 5192650370358181887n,
      amount: "12345678901234567890.12",
      label: "9007199254740993",
    },
    { osm_id: -9007199254740993n, h3: 42n, quadbin: null, amount: "0.1", label: "007" },
  ]);
});

Deno.test("cartodb-id-bad.csv: a new id column, the old one under another name, each bad id told with its line", async () => {
  const { look } = await account.upload(await caseFrame("cartodb-id-bad.csv"), "bad_ids");
  const told = look.problems.filter(({ code }) => code === "bad-id");
  assertEquals(told.map(({ line, message }) => `${line}: ${message}`), [
    "3: 1 is there already, in row 1",
    "4: The id is missing",
    '5: "abc" is not a number',
    "6: 2.5 is not a whole number",
    "7: -3 is negative",
    "8: 9999999999 is too large for a row number",
  ]);
  const back = await account.read("bad_ids", "cartodb_id, cartodb_id_1, name", "cartodb_id");
  assertEquals(back.column("cartodb_id").toNumbers(), Float64Array.of(1, 2, 3, 4, 5, 6, 7));
  assertEquals(back.column("cartodb_id_1").toArray(), ["1", "1", null, "abc", "2.5", "-3", "9999999999"]);
});

Deno.test("zero-is-a-value.json: both rows come back as they went in; a point at 0,0 and none", async () => {
  const { rows } = JSON.parse(caseText("zero-is-a-value.json"));
  const frame = GeoDataFrame.fromRows(rows).setGeometryFromXY("lon", "lat");
  await account.upload(frame, "zeros");
  const back = await account.read(
    "zeros",
    'cartodb_id, "count", ratio, open, note, lon, lat, the_geom',
    "cartodb_id",
  );
  assertEquals(
    back.toRows().map(({ the_geom, ...row }) => ({ ...row, the_geom: the_geom && String(the_geom) })),
    [
      {
        cartodb_id: 0n,
        count: 0,
        ratio: 0,
        open: false,
        note: "",
        lon: 0,
        lat: 0,
        the_geom: "SRID=4326;POINT (0 0)",
      },
      {
        cartodb_id: 1n,
        count: null,
        ratio: null,
        open: null,
        note: null,
        lon: null,
        lat: null,
        the_geom: null,
      },
    ] as unknown,
  );
});

Deno.test("json-array-columns.json: columns of JSON or arrays, equal after a round trip; [] and missing differ", async () => {
  const { rows } = JSON.parse(caseText("json-array-columns.json"));
  await account.upload(rows, "json_columns");
  const back = await account.read("json_columns", "id, tags, attrs, empty, mixed", "id");
  assertEquals(back.toRows() as unknown, rows);
  assert(back.column("tags").isNull(1) && !back.column("empty").isNull(1));
  await account.upload(rows, "array_columns", { types: { tags: "text[]", empty: "int4[]" } });
  const arrays = await account.read("array_columns", "id, tags, attrs, empty, mixed", "id");
  assertEquals(arrays.schema.map(({ type }) => type), ["int4", "text[]", "jsonb", "int4[]", "jsonb"]);
  assertEquals(arrays.toRows() as unknown, rows);
});

Deno.test("html-in-values.geojson: the row with U+0000 is told, the others arrive as the texts they are", async () => {
  const frame = await caseFrame("html-in-values.geojson");
  const { credentials } = account;
  const error = await assertRejects(() => toCarto(frame, "html", { credentials }), DataError, "U+0000");
  assertEquals([error.place.row, error.place.column], [4, "name"]);
  const names = frame.column("name").toArray().map((name) => String(name).replaceAll("\0", ""));
  await account.upload(frame.withColumn("name", names), "html");
  assertEquals((await account.read("html", "name", "cartodb_id")).column("name").toArray(), names);
});
