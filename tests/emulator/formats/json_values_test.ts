import { assertEquals } from "@std/assert";
import { ByteWriter } from "../../../src/emulator/_formats/byte_writer.ts";
import { valueWriter } from "../../../src/emulator/_formats/json_values.ts";
import { describeField } from "../../../src/emulator/_formats/types.ts";

function write(oid: number, text: string): string {
  const out = new ByteWriter(4);
  const bytes = new TextEncoder().encode(text);
  valueWriter(oid)(out, bytes, 0, bytes.length);
  return new TextDecoder().decode(out.take());
}

Deno.test("numbers go out as doubles", () => {
  const values: [number, string, string][] = [
    [20, "9223372036854775807", "9223372036854776000"],
    [20, "9007199254740993", "9007199254740992"],
    [20, "123456789012345", "123456789012345"],
    [1700, "12.50", "12.5"],
    [1700, "8.00", "8"],
    [1700, "0.05", "0.05"],
    [1700, "0.0000001", "1e-7"],
    [1700, "0.5", "0.5"],
    [1700, "NaN", '"NaN"'],
    [701, "-Infinity", '"-Infinity"'],
    [701, "-0", "0"],
    [701, "1e+20", "100000000000000000000"],
    [700, "3.4028235e+38", "3.4028235e+38"],
    [23, "-5", "-5"],
    [20, "0", "0"],
  ];
  for (const [oid, text, json] of values) assertEquals(write(oid, text), json, text);
});

Deno.test("dates have whole seconds in UTC", () => {
  assertEquals(write(1082, "2020-02-29"), '"2020-02-29T00:00:00Z"');
  assertEquals(write(1114, "2020-02-29 12:34:56"), '"2020-02-29T12:34:56Z"');
  assertEquals(write(1114, "2020-02-29 12:34:56.789123"), '"2020-02-29T12:34:56Z"');
  assertEquals(write(1184, "2020-02-29 12:34:56.789+00"), '"2020-02-29T12:34:56Z"');
  assertEquals(write(1184, "2020-03-01 01:34:56+02"), '"2020-02-29T23:34:56Z"');
  assertEquals(write(1184, "2020-02-29 23:34:56-05:30"), '"2020-03-01T05:04:56Z"');
  assertEquals(write(1082, "infinity"), '"Infinity"');
});

Deno.test("arrays of any depth, with quoted elements, NULL and own bounds", () => {
  assertEquals(write(1007, "{1,2,NULL}"), "[1,2,null]");
  assertEquals(write(1007, "{{1,2},{3,4}}"), "[[1,2],[3,4]]");
  assertEquals(write(1007, "[0:1]={1,2}"), "[1,2]");
  assertEquals(write(1009, '{a,"b,c",NULL,"NULL","q\\"x","{"}'), '["a","b,c",null,"NULL","q\\"x","{"]');
  assertEquals(write(1022, "{NaN,1.50}"), '["NaN",1.5]');
  assertEquals(write(1000, "{t,f,NULL}"), "[true,false,null]");
  assertEquals(write(1009, "{}"), "[]");
  assertEquals(write(16999, "{low,high}"), '"{low,high}"', "arrays of unknown types are text");
});

Deno.test("text is escaped as JSON.stringify does", () => {
  const text = 'é☃😀 "q" \\ / \b\t\n\f\r \u0001 \u007f \u2028';
  assertEquals(write(25, text), JSON.stringify(text));
});

Deno.test("structured values", () => {
  assertEquals(
    write(1186, "1 year 2 mons 3 days 04:05:06.789"),
    JSON.stringify({
      years: 1,
      months: 2,
      days: 3,
      hours: 4,
      minutes: 5,
      seconds: 6,
      milliseconds: 789,
    }),
  );
  assertEquals(write(1186, "-1 days -02:03:00"), '{"days":-1,"hours":-2,"minutes":-3}');
  assertEquals(write(1186, "00:00:00"), "{}");
  assertEquals(write(17, "\\xdeadbeef"), '{"type":"Buffer","data":[222,173,190,239]}');
  assertEquals(write(600, "(1,2.50)"), '{"x":1,"y":2.5}');
  assertEquals(write(718, "<(1,2),3>"), '{"x":1,"y":2,"radius":3}');
  assertEquals(write(114, '{"a": 1.0,  "b": [1, null]}'), '{"a":1,"b":[1,null]}');
});

Deno.test("columns are described by parts of their types' names", () => {
  const describe = (typeOid: number, typeModifier = -1) =>
    describeField(
      { name: "x", tableOid: 0, column: 0, typeOid, typeSize: -1, typeModifier },
      new Map([[17000, "geometry"]]),
    );
  assertEquals(describe(1186), { type: "number", pgtype: "interval" });
  assertEquals(describe(114), { type: "JSON", pgtype: "JSON" });
  assertEquals(describe(1009), { type: "string[]", pgtype: "_text" });
  assertEquals(describe(24366), { type: "unknown(24366)" });
  assertEquals(describe(17000), { type: "geometry", dims: 4, srid: -1 });
  assertEquals(describe(17000, 4326 << 8 | 1 << 2 | 2), {
    type: "geometry",
    wkbtype: "Point",
    dims: 3,
    srid: 4326,
  });
});
