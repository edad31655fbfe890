/**
 * What this package relies on in the std packages. The same file passes on the stand-ins under `tests/offline/` and
 * on the real packages: that is what makes the stand-ins trustworthy.
 */
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
} from "@std/assert";
import { parse } from "../../src/_deps/dotenv.ts";
import { parseArgs } from "../../src/_deps/parse_args.ts";
import * as path from "@std/path";

class Point {
  #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  get x(): number {
    return this.#x;
  }
}

class Closed {
  readonly #secret: string;
  constructor(secret: string) {
    this.#secret = secret;
  }
  has(secret: string): boolean {
    return this.#secret === secret;
  }
}

const looped: Record<string, unknown> = { name: "a" };
looped.self = looped;
const loopedToo: Record<string, unknown> = { name: "a" };
loopedToo.self = loopedToo;

const EQUAL: [title: string, a: unknown, b: unknown][] = [
  ["0 and -0", 0, -0],
  ["0 and -0 inside", [0], [-0]],
  ["NaN", NaN, NaN],
  ["typed arrays with NaN", new Float64Array([NaN, 0]), new Float64Array([NaN, -0])],
  ["views of different buffers", new Uint8Array([0, 1, 2]).subarray(1), new Uint8Array([1, 2])],
  ["buffers", new Uint8Array([1]).buffer, new Uint8Array([1]).buffer],
  ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["no prototype and a plain object", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["regular expressions", /a/g, /a/g],
  ["URLs", new URL("http://a/b"), new URL("http://a/b")],
  [
    "instants",
    Temporal.Instant.from("2020-01-01T00:00:00Z"),
    Temporal.Instant.from("2020-01-01T01:00:00+01:00"),
  ],
  ["plain dates", Temporal.PlainDate.from("2020-01-01"), Temporal.PlainDate.from("2020-01-01")],
  ["sets in another order", new Set([1, 2]), new Set([2, 1])],
  ["sets of objects", new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }])],
  ["maps in another order", new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
  ["maps keyed by objects", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])],
  ["a map with -0 as key", new Map([[0, 1]]), new Map([[-0, 1]])],
  ["instances with the same getters", new Point(1), new Point(1)],
  ["instances whose difference cannot be seen", new Closed("a"), new Closed("b")],
  ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 1 }],
  ["loops", looped, loopedToo],
  ["bigints", [1n], [1n]],
  ["strings made apart", ["ab"], ["a" + "b"]],
];

const DIFFERENT: [title: string, a: unknown, b: unknown][] = [
  ["a number and a bigint", 1, 1n],
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
  ["an undefined property and none", { a: undefined }, {}],
  ["an undefined property and another name", { a: undefined }, { b: undefined }],
  ["a hole and undefined", [, 1], [undefined, 1]], // deno-lint-ignore no-sparse-arrays
  ["an array and an object", [1], { 0: 1 }],
  ["an array and a typed array", [1], new Uint8Array([1])],
  ["typed arrays of two kinds", new Uint8Array([1]), new Int8Array([1])],
  ["typed arrays of two lengths", new Uint8Array([1]), new Uint8Array([1, 0])],
  ["buffers", new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
  ["dates", new Date(5), new Date(6)],
  ["a date and its text", new Date(5), new Date(5).toISOString()],
  ["regular expressions with other flags", /a/g, /a/i],
  ["URLs", new URL("http://a/b"), new URL("http://a/c")],
  ["instants", Temporal.Instant.from("2020-01-01T00:00:00Z"), Temporal.Instant.from("2020-01-01T00:00:01Z")],
  ["durations written otherwise", Temporal.Duration.from("PT60S"), Temporal.Duration.from("PT1M")],
  [
    "a plain date and a plain date-time",
    Temporal.PlainDate.from("2020-01-01"),
    Temporal.PlainDateTime.from("2020-01-01"),
  ],
  ["sets", new Set([1, 2]), new Set([1, 3])],
  ["a set and a map", new Set([1]), new Map([[1, 1]])],
  ["maps", new Map([["a", 1]]), new Map([["a", 2]])],
  ["maps keyed by objects", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 2]])],
  ["instances with other getters", new Point(1), new Point(2)],
  ["an instance and a plain object", new Point(1), { x: 1 }],
  ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }],
  ["an own key hidden by a prototype", { toString: Object.prototype.toString }, {
    a: Object.prototype.toString,
  }],
  ["two functions", () => 1, () => 1],
];

for (const [title, a, b] of EQUAL) {
  Deno.test(`assertEquals: takes as equal: ${title}`, () => {
    assert(equal(a, b));
    assert(equal(b, a));
    assertEquals(a, b);
    assertThrows(() => assertNotEquals(a, b), AssertionError);
  });
}

for (const [title, a, b] of DIFFERENT) {
  Deno.test(`assertEquals: takes as different: ${title}`, () => {
    assertFalse(equal(a, b));
    assertFalse(equal(b, a));
    assertNotEquals(a, b);
    assertThrows(() => assertEquals(a, b), AssertionError, "Values are not equal");
  });
}

Deno.test("assertEquals: two errors made apart differ by their stack", () => {
  const [a, b] = ["x", "x"].map((text) => new Error(text));
  assert(equal(a, a));
  assertEquals(equal(a, b), a?.stack === b?.stack);
});

Deno.test("assertEquals: the message has the note and the values", () => {
  const error = assertThrows(
    () => assertEquals({ city: "Vigo" }, { city: "Lugo" }, "the city"),
    AssertionError,
  );
  assertMatch(error.message, /^Values are not equal: the city/);
  assertStringIncludes(error.message, "Vigo");
  assertStringIncludes(error.message, "Lugo");
});

Deno.test("assertStrictEquals: tells 0 from -0 and takes NaN as itself", () => {
  assertStrictEquals(NaN, NaN);
  assertNotStrictEquals(0, -0);
  assertThrows(() => assertStrictEquals(0, -0), AssertionError);
  assertThrows(() => assertStrictEquals({}, {}), AssertionError);
  assertThrows(() => assertNotStrictEquals(1, 1), AssertionError);
});

Deno.test("assertions of one value: pass and fail", () => {
  assert(1);
  assertThrows(() => assert(0, "zero"), AssertionError, "zero");
  assertFalse("");
  assertThrows(() => assertFalse("x"), AssertionError);
  assertExists(0);
  assertThrows(() => assertExists(null), AssertionError, "null");
  assertThrows(() => fail("no"), AssertionError, "Failed assertion: no");
  assertInstanceOf(new TypeError("x"), Error);
  assertThrows(() => assertInstanceOf({}, Map), AssertionError, 'instance of "Map" but was "Object"');
  assertMatch("abc", /b/);
  assertThrows(() => assertMatch("abc", /d/), AssertionError);
  assertNotMatch("abc", /d/);
  assertThrows(() => assertNotMatch("abc", /b/), AssertionError);
  assertStringIncludes("abc", "b");
  assertThrows(() => assertStringIncludes("abc", "d"), AssertionError, 'to contain: "d"');
  assertArrayIncludes([1, { a: 1 }], [{ a: 1 }]);
  assertThrows(() => assertArrayIncludes([1], [2]), AssertionError, "missing");
});

Deno.test("assertions of order: pass and fail", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(2, 2);
  assertLess(1, 2);
  assertLessOrEqual(2, 2);
  assertThrows(() => assertGreater(2, 2), AssertionError);
  assertThrows(() => assertGreaterOrEqual(1, 2), AssertionError);
  assertThrows(() => assertLess(2, 2), AssertionError);
  assertThrows(() => assertLessOrEqual(NaN, 2), AssertionError);
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertAlmostEquals(10, 10.4, 0.5);
  assertThrows(() => assertAlmostEquals(1, 1.01), AssertionError);
  assertThrows(() => assertAlmostEquals(0, NaN), AssertionError);
});

Deno.test("assertThrows: checks class and message and returns the error", () => {
  const error = new RangeError("too far");
  const thrower = () => {
    throw error;
  };
  assertStrictEquals(assertThrows(thrower), error);
  assertStrictEquals(assertThrows(thrower, RangeError, "far"), error);
  assertThrows(() => assertThrows(thrower, TypeError), AssertionError, "instance of");
  assertThrows(() => assertThrows(thrower, RangeError, "near"), AssertionError, "message to include");
  assertThrows(() => assertThrows(() => 1), AssertionError, "Expected function to throw");
  assertThrows(
    () =>
      assertThrows(() => {
        throw "text";
      }, Error),
    AssertionError,
    "non-Error",
  );
  assertIsError(error, RangeError, /far$/);
  assertThrows(() => assertIsError("text"), AssertionError);
});

Deno.test("assertRejects: checks class and message, and refuses a function that throws at once", async () => {
  const error = new RangeError("too far");
  assertStrictEquals(await assertRejects(() => Promise.reject(error), RangeError, "far"), error);
  await assertRejects(
    () => assertRejects(() => Promise.reject(error), TypeError),
    AssertionError,
    "instance of",
  );
  await assertRejects(
    () => assertRejects(() => Promise.resolve(1)),
    AssertionError,
    "Expected function to reject",
  );
  await assertRejects(
    () =>
      assertRejects(() => {
        throw error;
      }),
    AssertionError,
    "Function throws when expected to reject",
  );
});

const ENV: [title: string, text: string, values: Record<string, string>][] = [
  ["plain", "A=b\nC=d", { A: "b", C: "d" }],
  ["Windows line ends", "A=b\r\nC=d\r\n", { A: "b", C: "d" }],
  ["the last of two", "A=b\nA=c", { A: "c" }],
  ["export and spaces", "  export  A = b c \n\tB\t=\tx", { A: "b c", B: "x" }],
  ["empty values", "A=\nB=''\nC=\"\"\nD= ", { A: "", B: "", C: "", D: "" }],
  ["a value with equals signs", "A=b==c", { A: "b==c" }],
  ["comments", "# A=b\nC=d # e\nF=g#h\nI='j # k' # l\nM=\"n # o\" # p", {
    C: "d",
    F: "g",
    I: "j # k",
    M: "n # o",
  }],
  ["escapes only in double quotes", `A='a\\nb'\nB="a\\n\\t\\"b\\\\"\nC=a\\nb`, {
    A: "a\\nb",
    B: 'a\n\t"b\\',
    C: "a\\nb",
  }],
  ["an escape that is none", `A="a\\qb"`, { A: "a\\qb" }],
  ["other quotes inside", `A='{"a": 1}'\nB="it's"`, { A: '{"a": 1}', B: "it's" }],
  ["several lines in quotes", "A='x\ny'\nB=\"\nx\ny\n\"\nC=z", { A: "x\ny", B: "x\ny", C: "z" }],
  ["a quote without its end", "A='b\nC=d", { A: "'b", C: "d" }],
  ["text after a quoted value", "A='b' c\nD=e", { A: "b", D: "e" }],
  ["lines that say nothing", "just words\n\nA=b\n=c", { A: "b" }],
  ["references", "A=1\nB=$A-${A}\nC='$A'\nD=\"$A\"\nE=\\$A", {
    A: "1",
    B: "1-1",
    C: "$A",
    D: "$A",
    E: "\\$A",
  }],
  ["references to later names and in chains", "A=$B\nB=$C\nC=x", { A: "x", B: "x", C: "x" }],
  ["references with a default", "A=${CARTO_NOT_SET_1:-x}\nB=$CARTO_NOT_SET_1:-y/z", { A: "x", B: "y/z" }],
  ["a reference to nothing", "A=$CARTO_NOT_SET_1", { A: "undefined" }],
  ["whitespace kept in quotes", "A=' x '\nB=\" y \"", { A: " x ", B: " y " }],
];

for (const [title, text, values] of ENV) {
  Deno.test({
    name: `dotenv: ${title}`,
    permissions: { env: ["CARTO_NOT_SET_1"] },
    fn: () => assertEquals(parse(text), values),
  });
}

Deno.test("dotenv: a bad name is left out with a warning", () => {
  const warnings: unknown[] = [];
  const warn = console.warn;
  console.warn = (text: unknown) => warnings.push(text);
  try {
    assertEquals(parse("1A=b\nA-B=c\nC=d"), { C: "d" });
  } finally {
    console.warn = warn;
  }
  assertEquals(warnings.length, 2);
  assertStringIncludes(String(warnings[0]), '"1A"');
});

Deno.test({
  name: "dotenv: needs no permission but for a reference that the text does not answer",
  permissions: "none",
  fn() {
    assertEquals(parse("A=1\nB=$A"), { A: "1", B: "1" });
    assertThrows(() => parse("A=$CARTO_NOT_SET_1"), Deno.errors.NotCapable);
  },
});

type ArgsOptions = Parameters<typeof parseArgs>[1];
const ARGS: [args: string[], options: ArgsOptions, result: Record<string, unknown>][] = [
  [[], {}, { _: [] }],
  [["a", "7", "0x1f", "1e3", "-", ""], {}, { _: ["a", 7, 31, 1000, "-", ""] }],
  [["a", "7"], { string: ["_"] }, { _: ["a", "7"] }],
  [["--a", "--b=c", "d"], {}, { a: true, b: "c", _: ["d"] }],
  [["--a", "b", "c"], {}, { a: "b", _: ["c"] }],
  [["--a", "b"], { boolean: ["a"] }, { a: true, _: ["b"] }],
  [["--a", "false", "b"], { boolean: ["a"] }, { a: false, _: ["b"] }],
  [["--a=false"], { boolean: ["a"] }, { a: false, _: [] }],
  [["--a=yes"], { boolean: ["a"] }, { a: true, _: [] }],
  [[], { boolean: ["a"], string: ["b"] }, { a: false, _: [] }],
  [["--a", "12"], {}, { a: 12, _: [] }],
  [["--a", "12"], { string: ["a"] }, { a: "12", _: [] }],
  [["--a"], { string: ["a"] }, { a: "", _: [] }],
  [["--a", "--b"], { string: ["a", "b"] }, { a: "", b: "", _: [] }],
  [["--a", "-1"], { string: ["a"] }, { a: "", 1: true, _: [] }],
  [["--a=-1"], { string: ["a"] }, { a: "-1", _: [] }],
  [["--a="], { string: ["a"] }, { a: "", _: [] }],
  [["--a=b=c\nd"], { string: ["a"] }, { a: "b=c\nd", _: [] }],
  [["--a", "-"], { string: ["a"] }, { a: "", _: ["-"] }],
  [["--a", "b", "--a", "c"], { string: ["a"] }, { a: "c", _: [] }],
  [["--a", "b", "--a", "c"], { collect: ["a"] }, { a: ["b", "c"], _: [] }],
  [["--a", "b", "--a=2"], { collect: ["a"], string: ["a"] }, { a: ["b", "2"], _: [] }],
  [["--a", "1"], { collect: ["a"] }, { a: [1], _: [] }],
  [[], { collect: ["a"], string: ["a"] }, { a: [], _: [] }],
  [[], { collect: ["a"], boolean: ["a"] }, { a: [], _: [] }],
  [[], { collect: ["a"] }, { _: [] }],
  [["--no-a"], {}, { "no-a": true, _: [] }],
  [["--no-a", "b"], {}, { "no-a": "b", _: [] }],
  [["--no-a", "b"], { negatable: ["a"] }, { a: false, _: ["b"] }],
  [["--no-a"], { negatable: ["a"], boolean: ["a"], default: { a: true } }, { a: false, _: [] }],
  [["--no-a=b"], {}, { a: "b", _: [] }],
  [["-h"], { alias: { h: "help" }, boolean: ["help"] }, { h: true, help: true, _: [] }],
  [["--help", "x"], { alias: { help: ["h", "?"] }, boolean: ["help"] }, {
    h: true,
    "?": true,
    help: true,
    _: ["x"],
  }],
  [["-t", "x"], { alias: { table: "t" }, string: ["table"] }, { t: "x", table: "x", _: [] }],
  [["-t", "x", "--table", "y"], { alias: { table: "t" }, collect: ["table"] }, {
    t: ["x", "y"],
    table: ["x", "y"],
    _: [],
  }],
  [[], { default: { a: 1, b: "c" }, string: ["b"], alias: { b: "d" } }, { a: 1, b: "c", d: "c", _: [] }],
  [["--a=0"], { default: { a: 1 } }, { a: 0, _: [] }],
  [["a", "--", "b", "--c", "3"], {}, { _: ["a", "b", "--c", "3"] }],
  [["a", "--", "b", "--c"], { "--": true }, { _: ["a"], "--": ["b", "--c"] }],
  [["a", "--b"], { stopEarly: true }, { _: ["a", "--b"] }],
  [["--c", "-d", "a", "--b", "3"], { stopEarly: true, boolean: ["d"] }, {
    c: true,
    d: true,
    _: ["a", "--b", "3"],
  }],
  [["-abc"], {}, { a: true, b: true, c: true, _: [] }],
  [["-abc", "d"], {}, { a: true, b: true, c: "d", _: [] }],
  [["-n5"], {}, { n: 5, _: [] }],
  [["-n=5"], {}, { n: 5, _: [] }],
  [["-n", "-5"], {}, { n: true, 5: true, _: [] }],
  [["-n/a/b"], {}, { n: "/a/b", _: [] }],
  [["-a-"], {}, { a: "-", _: [] }],
  [["-a", "-"], {}, { a: "-", _: [] }],
  [["--a", ""], { string: ["a"] }, { a: "", _: [""] }],
];

for (const [args, options, result] of ARGS) {
  Deno.test(`parseArgs: ${JSON.stringify(args)} with ${JSON.stringify(options)}`, () => {
    assertEquals<unknown>(parseArgs(args, options), result);
  });
}

Deno.test("parseArgs: asks about what was not declared, and leaves out what is refused", () => {
  const asked: unknown[][] = [];
  const args = parseArgs(["--known=1", "--typo", "x", "-q", "word"], {
    string: ["known"],
    unknown: (...details: unknown[]) => {
      asked.push(details);
      return false;
    },
  });
  assertEquals<unknown>(args, { known: "1", _: [] });
  assertEquals(asked, [["--typo", "typo", "x"], ["-q", "q", "word"]]);
});

Deno.test("parseArgs: the types of declared flags", () => {
  const args = parseArgs(["--creds", "a.json", "--json", "--sql", "x"], {
    string: ["creds", "sql"],
    boolean: ["json"],
    collect: ["sql"],
  });
  const creds: string | undefined = args.creds;
  const json: boolean = args.json;
  const sql: string[] = args.sql;
  const others: (string | number)[] = args._;
  assertEquals([creds, json, sql, others], ["a.json", true, ["x"], []]);
});

Deno.test("path: the functions that the package uses", () => {
  const here = path.resolve("a", "..", "b");
  assert(path.isAbsolute(here));
  assertEquals(path.basename(here), "b");
  assertEquals(path.basename("x/creds.json", ".json"), "creds");
  assertEquals(path.extname("x/creds.JSON"), ".JSON");
  assertEquals(path.extname(".env"), "");
  assertEquals(path.join("a", "..", "b", "c.ts"), path.normalize("b/c.ts"));
  assertEquals(path.dirname(path.join("a", "b")), "a");
  assertEquals(path.relative(path.resolve("a"), path.resolve("a", "b")), "b");
  assertEquals(path.normalize(""), ".");
});

Deno.test("path: file URLs there and back", () => {
  for (const name of ["plain.txt", "with space", "100%", "ü#?.txt"]) {
    const file = path.resolve("some", name);
    const url = path.toFileUrl(file);
    assertInstanceOf(url, URL);
    assertEquals(url.protocol, "file:");
    assertEquals(path.fromFileUrl(url), file);
    assertEquals(path.fromFileUrl(url.href), file);
  }
  assertThrows(() => path.toFileUrl("relative"), TypeError);
  assertThrows(() => path.fromFileUrl("http://localhost/a"), TypeError);
});
