import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError, ResponseError, UnsupportedError } from "../../src/errors/carto_error.ts";
import {
  type ColumnType,
  CopyBinaryDecoder,
  CopyCsvDecoder,
  encodeCopyBinary,
  encodeCopyCsv,
  type Field,
  fitsCopyBinary,
  GeoDataFrame,
} from "../../src/frame/mod.ts";
import { columnOf } from "../../src/frame/column.ts";
import { frameFixture, recorded } from "./_fixtures.ts";

/** What PostgreSQL 15 with PostGIS 3.3 wrote of one table, in both formats; the binary one lacks the last two columns. */
const SCHEMA: readonly Field[] = Object.entries(
  {
    id: "int8",
    small: "int2",
    n: "int4",
    note: "text",
    price: "numeric",
    ratio: "float8",
    r: "float4",
    open: "bool",
    day: "date",
    at: "timestamptz",
    local: "timestamp",
    clock: "time",
    raw: "bytea",
    doc: "jsonb",
    j: "json",
    u: "uuid",
    the_geom: "geometry",
    i: "interval",
    tags: "text[]",
  } satisfies Record<string, ColumnType>,
).map(([name, type]) => ({ name, type, nullable: true }));
const BINARY = SCHEMA.filter(fitsCopyBinary);

function fromCsv(bytes: Uint8Array): GeoDataFrame {
  const decoder = new CopyCsvDecoder(SCHEMA, { header: true });
  decoder.push(bytes);
  return decoder.finish();
}

function fromBinary(bytes: Uint8Array, size: number): GeoDataFrame {
  const decoder = new CopyBinaryDecoder(BINARY);
  for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.slice(at, at + size));
  return decoder.finish();
}

function join(chunks: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array([...chunks].flatMap((chunk) => [...chunk]));
}

Deno.test("what PostgreSQL wrote in the binary format is what it wrote as CSV", () => {
  const csv = fromCsv(frameFixture("every_type.csv"));
  const bytes = frameFixture("every_type.bin");
  assertEquals(BINARY.length, SCHEMA.length - 2);
  for (const size of [1, 13, 100, 10_000]) {
    assert(fromBinary(bytes, size).equals(csv.select(BINARY.map(({ name }) => name))), `chunks of ${size}`);
  }
  assertEquals(csv.column("price").toArray(), [
    "1.50",
    null,
    "NaN",
    "0.000123",
    "-12345678901234567890.123456789000",
    "10000",
  ]);
  assertEquals(csv.column("day").toArray().map(String), [
    "2020-02-29",
    "null",
    "infinity",
    "-000043-03-15",
    "0850-01-01",
    "+275760-09-13",
  ]);
  assertEquals(csv.column("at").toArray().map(String).slice(4), [
    "1883-01-01T08:00:00Z",
    "294246-01-01 00:00:00+00:00",
  ]);
  assertEquals(csv.column("tags").toArray(), [
    ["a", "b, c", null],
    null,
    [],
    [null],
    [["a", "b"], ["c", "d"]],
    ["\\", ""],
  ]);
});

Deno.test("written in the binary format, it is the same byte for byte", () => {
  const bytes = frameFixture("every_type.bin");
  const frame = fromBinary(bytes, 1000);
  assertEquals(
    join(encodeCopyBinary(frame, BINARY.map(({ name }) => ({ column: name })))).toHex(),
    bytes.toHex(),
  );
});

Deno.test("written as CSV and read again, every type is the same", () => {
  const frame = fromCsv(frameFixture("every_type.csv"));
  const decoder = new CopyCsvDecoder(SCHEMA, { header: false, delimiter: "|" });
  for (const chunk of encodeCopyCsv(frame, SCHEMA.map(({ name }) => ({ column: name })))) decoder.push(chunk);
  assert(decoder.finish().equals(frame));
});

Deno.test("what the recorded server sent in the binary format is read", () => {
  const { base64 } = recorded("182-copyto-binary").body as { base64: string };
  const decoder = new CopyBinaryDecoder([{ name: "n", type: "int4", nullable: true }]);
  decoder.push(Uint8Array.fromBase64(base64));
  assertEquals(decoder.finish().toRows(), [{ n: 1 }]);
});

Deno.test("a binary stream without its end mark is never a shorter table", () => {
  const bytes = frameFixture("every_type.bin");
  for (const length of [5, 19, 60, bytes.length - 2, bytes.length - 1]) {
    const error = assertThrows(() => fromBinary(bytes.slice(0, length), 50), ResponseError);
    assertEquals(error.code, "incomplete-response");
  }
  const error = new TextEncoder().encode('{"error":["division by zero"]}');
  const glued = new Uint8Array([...bytes.slice(0, -2), ...error]);
  for (const size of [1, 40, 5000]) {
    assertEquals(assertThrows(() => fromBinary(glued, size), ResponseError).serverMessages, [
      "division by zero",
    ]);
  }
  assertThrows(
    () => fromBinary(new TextEncoder().encode('{"error":["no"]}'), 99),
    DataError,
    "mark of the binary format",
  );
});

Deno.test("columns of other types or widths are refused by name", () => {
  assertThrows(() => new CopyBinaryDecoder(SCHEMA), UnsupportedError, 'column "i": it is interval');
  const frame = GeoDataFrame.fromColumns({ n: [1], tags: [["a"]] }, { types: { tags: "text[]" } });
  assertThrows(() => [...encodeCopyBinary(frame, [{ column: "tags" }])], UnsupportedError, "text[]");
  assertThrows(
    () => [...encodeCopyBinary(frame, [{ column: "n", type: "int8" }])],
    UnsupportedError,
    "as int8",
  );
  const wide = new CopyBinaryDecoder([{ name: "n", type: "int8", nullable: true }]);
  const four = join(encodeCopyBinary(frame, [{ column: "n" }]));
  assertThrows(
    () => wide.push(four),
    DataError,
    'row 1, column "n": The field has 4 bytes where 8 are expected',
  );
  const two = new CopyBinaryDecoder(BINARY);
  assertThrows(() => two.push(four), DataError, "the row has 1 fields where 17 are expected");
});

Deno.test("thousands of rows with nulls of every type come back as they were, however the bytes are cut", () => {
  const few = fromBinary(frameFixture("every_type.bin"), 1000);
  const texts = new GeoDataFrame([
    few.column("note"),
    GeoDataFrame.fromColumns({
      kind: few.columns[0]?.toArray().map((_, i) => i === 1 ? null : `kind ${i % 2}`) ?? [],
    })
      .column("kind"),
  ]);
  const once = few.drop("note").withColumn("note", texts.column("note")).withColumn(
    "kind",
    texts.column("kind"),
  );
  const many = once.concat(...Array.from({ length: 1500 }, () => once));
  const fields = many.columnNames.map((column) => ({ column }));
  const whole = join(encodeCopyBinary(many, fields));
  assertEquals(whole.length, 21 + 1501 * (join(encodeCopyBinary(once, fields)).length - 21));
  for (const [chunkSize, cut] of [[1, 7919], [5000, 65_536], [1e9, 1000]] as const) {
    const decoder = new CopyBinaryDecoder(many.schema);
    const bytes = join(encodeCopyBinary(many, fields, { chunkSize }));
    assertEquals(bytes.length, whole.length);
    const frames: GeoDataFrame[] = [];
    for (let at = 0; at < bytes.length; at += cut) {
      decoder.push(bytes.slice(at, at + cut));
      const frame = decoder.take(3000);
      if (frame !== undefined) frames.push(frame);
    }
    frames.push(decoder.finish());
    const back = (frames[0] as GeoDataFrame).concat(...frames.slice(1));
    const different = many.columnNames.filter((name) => !back.column(name).equals(many.column(name)));
    assertEquals(different, [], `chunks of ${chunkSize}`);
  }
});

Deno.test("of several faults the first one by row is told, whatever the order of the columns", () => {
  const texts = (bad: number) => Array.from({ length: 300 }, (_, row) => row === bad ? "a\0b" : `${row}`);
  const frame = GeoDataFrame.fromColumns({ late: texts(290), early: texts(120), between: texts(200) });
  const fields = frame.columnNames.map((column) => ({ column }));
  const written = assertThrows(() => [...encodeCopyBinary(frame, fields)], DataError, "U+0000");
  assertEquals([written.place.row, written.place.column], [121, "early"]);

  const kinds = GeoDataFrame.fromColumns({ kind: texts(3).map((text, row) => row > 10 ? "x" : text) });
  assertEquals(
    assertThrows(() => [...encodeCopyBinary(kinds, [{ column: "kind" }])], DataError).place.row,
    4,
  );

  const narrow = (bad: number) =>
    GeoDataFrame.fromColumns({ t: texts(-1).map((_, row) => row === bad ? "x" : "four") });
  const two = new GeoDataFrame([
    GeoDataFrame.fromColumns({ a: narrow(250).column("t") }).column("a"),
    GeoDataFrame.fromColumns({ b: narrow(40).column("t") }).column("b"),
  ]);
  const decoder = new CopyBinaryDecoder([
    { name: "a", type: "int4", nullable: true },
    { name: "b", type: "int4", nullable: true },
  ]);
  const bytes = join(encodeCopyBinary(two, [{ column: "a" }, { column: "b" }]));
  const read = assertThrows(
    () => decoder.push(bytes),
    DataError,
    "The field has 1 bytes where 4 are expected",
  );
  assertEquals([read.place.row, read.place.column, decoder.numRows], [41, "b", 40]);
});

Deno.test("a timestamp that 64 bits cannot count from the other epoch is refused, and never another time", () => {
  const field: Field = { name: "at", type: "timestamp", nullable: true };
  const wire = (value: bigint) => {
    const bytes = new Uint8Array(19 + 2 + 4 + 8 + 2);
    bytes.set(join(encodeCopyBinary(GeoDataFrame.fromRows([]), [])).subarray(0, 19));
    const view = new DataView(bytes.buffer);
    view.setInt16(19, 1);
    view.setInt32(21, 8);
    view.setBigInt64(25, value);
    view.setInt16(33, -1);
    return bytes;
  };
  const read = (value: bigint) => {
    const decoder = new CopyBinaryDecoder([field]);
    decoder.push(wire(value));
    return decoder.finish().column("at").getText(0);
  };
  const epoch = 946_684_800_000_000n;
  const latest = 2n ** 63n - 2n - epoch;
  assertEquals(read(latest), "294247-01-10 04:00:54.775806");
  assertEquals(read(2n ** 63n - 1n), "infinity");
  assertEquals(read(-(2n ** 63n)), "-infinity");
  for (const late of [latest + 1n, latest + 2n, 9_223_371_331_199_999_999n]) {
    const error = assertThrows(() => read(late), DataError, "later than a column can hold");
    assertEquals([error.place.row, error.place.column], [1, "at"]);
  }

  const early = new GeoDataFrame([
    columnOf(field, {
      kind: "int64",
      length: 1,
      nullCount: 0,
      validity: undefined,
      values: BigInt64Array.of(2n - 2n ** 63n),
    }),
  ]);
  const written = join(encodeCopyBinary(early, [{ column: "at" }]));
  // PostgreSQL's timestamps begin in 4714 BC: it refuses this one
  assertEquals(new DataView(written.buffer).getBigInt64(25), 1n - 2n ** 63n);
});
