import { type ColumnType, GeoDataFrame, Geometry } from "../../src/frame/mod.ts";

/** Numbers that look random and are the same for the same seed. */
export class Random {
  #state: number;

  /** Begins a sequence. */
  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` up to and with `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)] as T;
  }

  /** Whether something happens that has this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** 64 bits, as a signed number. */
  bits(): bigint {
    return BigInt.asIntN(
      64,
      (BigInt(this.whole(0, 2 ** 32 - 1)) << 32n) | BigInt(this.whole(0, 2 ** 32 - 1)),
    );
  }
}

/** A value as it is given, and the text that tells it exactly, which the value that is read must give too. */
interface Sample {
  readonly value: unknown;
  readonly text: string;
}

/** A column as it is made, and what must come back. */
export interface RandomColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly samples: readonly (Sample | null)[];
}

/** A frame, and what must come back, by column. */
export interface RandomFrame {
  readonly frame: GeoDataFrame;
  readonly columns: readonly RandomColumn[];
}

const digits = (count: number, value: number) => String(value).padStart(count, "0");

type Maker = (random: Random) => unknown;

const CHARACTERS = [
  ...'abcXYZ09 _-.,;:|/\'""\\\\\t\n\r{}[]()<>&$%#@!?~^`',
  ..."äßñçéΩжשع北京ﬀ\u200b\u00a0\u2028\ufeff\u0001\u001f\u007f\u0085",
  "🎈",
  "👩‍👩‍👧",
  "e\u0301",
  "\u{10ffff}",
  "\ufffd",
];
const TEXTS = [
  "",
  "__null",
  "\\N",
  "\\.",
  "NULL",
  "null",
  '"',
  '""',
  "|",
  "\r\n",
  "\n",
  " ",
  "NaN",
  '{"error":["no error"]}',
  "PGCOPY\n\u00ff\r\n",
  "a|b\n\\.\nc",
  "<b>&amp;</b>",
  "'; DROP TABLE x; --",
  "$cartoframes$",
];

function text(random: Random): string {
  if (random.chance(0.3)) return random.pick(TEXTS);
  const length = random.chance(0.02) ? random.whole(1000, 70_000) : random.whole(0, 20);
  if (length > 1000) return random.pick(CHARACTERS).repeat(length);
  return Array.from({ length }, () => random.pick(CHARACTERS)).join("");
}

function double(random: Random): number {
  const special = [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    2 ** 53,
    0.1,
    -1e-7,
    1e21,
  ];
  if (random.chance(0.4)) return random.pick(special);
  if (random.chance(0.5)) return (random.next() - 0.5) * 10 ** random.whole(-20, 20);
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, random.bits());
  // There are many NaN, and PostgreSQL keeps one
  return view.getFloat64(0);
}

function single(random: Random): number {
  const special = [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    3.4028234663852886e38,
    1.401298464324817e-45,
    0.1,
    16777216,
  ];
  if (random.chance(0.4)) return Math.fround(random.pick(special));
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, random.whole(-(2 ** 31), 2 ** 31 - 1));
  return view.getFloat32(0);
}

function numeric(random: Random): string {
  if (random.chance(0.1)) return "NaN";
  const length = random.chance(0.05) ? random.whole(100, 800) : random.whole(1, 30);
  const whole = Array.from({ length }, () => random.whole(0, 9)).join("").replace(/^0+(?=\d)/, "");
  const places = random.chance(0.5) ? 0 : random.whole(1, random.chance(0.05) ? 500 : 20);
  const fraction = Array.from({ length: places }, () => random.whole(0, 9)).join("");
  const value = places === 0 ? whole : `${whole}.${fraction}`;
  return random.chance(0.4) && /[1-9]/.test(value) ? `-${value}` : value;
}

/** Microseconds of a clock, often at an edge. */
function micros(random: Random): number {
  return random.chance(0.3)
    ? random.pick([0, 86_399_999_999, 1, 43_200_000_000, 500_000, 1000])
    : random.whole(0, 86_399_999_999);
}

function clock(value: number, alwaysSeconds = true): string {
  const seconds = Math.floor(value / 1e6);
  const fraction = digits(6, value % 1e6).replace(/0+$/, "");
  const base = `${digits(2, Math.floor(seconds / 3600))}:${digits(2, Math.floor(seconds / 60) % 60)}`;
  return `${base}${alwaysSeconds ? `:${digits(2, seconds % 60)}` : ""}${
    fraction === "" ? "" : `.${fraction}`
  }`;
}

function time(random: Random): unknown {
  if (random.chance(0.05)) return "24:00:00";
  return plainTime(micros(random));
}

function plainTime(value: number): Temporal.PlainTime {
  const seconds = Math.floor(value / 1e6);
  return Temporal.PlainTime.from({
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    millisecond: Math.floor(value / 1000) % 1000,
    microsecond: value % 1000,
  });
}

function zone(random: Random): string {
  const minutes = random.pick([0, 0, 60, 120, 330, 345, 959, 30]);
  const rest = minutes % 60 === 0 ? "" : `:${digits(2, minutes % 60)}`;
  return `${minutes > 0 && random.chance(0.5) ? "-" : "+"}${digits(2, Math.floor(minutes / 60))}${rest}`;
}

/** Days since 1970: mostly of our time, else anywhere that both PostgreSQL and Temporal have dates. */
function days(random: Random): number {
  if (random.chance(0.6)) return random.whole(-40_000, 40_000);
  // 4713-11-24 BC, the first day that PostgreSQL has; the turn of the eras; the last day of Temporal's less one
  return random.chance(0.5)
    ? random.pick([-2_440_588, -719_529, -719_528, -719_163, -719_162, -719_161, 0, -1, 11_016, 99_999_999])
    : random.whole(-2_440_587, random.chance(0.5) ? 99_999_998 : 2_000_000);
}

function plainDate(day: number): Temporal.PlainDate {
  return Temporal.PlainDate.from("1970-01-01").add({ days: day });
}

function date(random: Random): unknown {
  if (random.chance(0.15)) return random.pick(["infinity", "-infinity", "5874897-12-31", "300000-02-29"]);
  return plainDate(days(random));
}

function timestamp(random: Random): unknown {
  if (random.chance(0.15)) {
    return random.pick(["infinity", "-infinity", "294247-01-10 04:00:54.775806", "280000-02-29 00:00:00"]);
  }
  return plainDate(days(random)).toPlainDateTime(plainTime(micros(random)));
}

function timestamptz(random: Random): unknown {
  if (random.chance(0.15)) {
    return random.pick(["infinity", "-infinity", "294247-01-10 04:00:54.775806+00:00"]);
  }
  return plainDate(days(random)).toPlainDateTime(plainTime(micros(random))).toZonedDateTime("UTC")
    .toInstant();
}

function interval(random: Random): string {
  const [years, months, day] = [random.whole(0, 3), random.whole(0, 11), random.whole(0, 400)];
  const parts = [[years, "year"], [months, "mon"], [day, "day"]] as const;
  const words = parts.filter(() => random.chance(0.6)).filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`);
  const time = random.chance(0.5) ? micros(random) : 0;
  if (time > 0 || words.length === 0) words.push(clock(time));
  return words.join(" ");
}

function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.whole(0, 15).toString(16)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function bytes(random: Random): Uint8Array {
  const length = random.chance(0.1) ? random.whole(0, 5000) : random.whole(0, 20);
  return Uint8Array.from({ length }, () => random.whole(0, 255));
}

function json(random: Random, depth = 0): unknown {
  const kind = random.whole(0, depth > 2 ? 4 : 6);
  switch (kind) {
    case 0:
      return random.chance(0.3) ? null : random.chance(0.5);
    case 1:
      return random.whole(-1e9, 1e9);
    case 2:
      return (random.next() - 0.5) * 10 ** random.whole(-10, 15);
    case 3:
      return random.bits();
    case 4:
      return text(random).slice(0, 200).toWellFormed();
    case 5:
      return Array.from({ length: random.whole(0, 4) }, () => json(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from(
          { length: random.whole(0, 4) },
          () => [text(random).slice(0, 20).toWellFormed(), json(random, depth + 1)],
        ),
      );
  }
}

/** A coordinate that the_geom may have, or any number. */
function coordinate(random: Random, isFree: boolean): number {
  if (isFree && random.chance(0.3)) return random.pick([1e300, -1e-300, -0, 5e-324, 2 ** 53 + 2]);
  return random.chance(0.2) ? random.pick([0, -0, -85, 85, 0.1]) : (random.next() - 0.5) * 170;
}

function position(random: Random, size: number, isFree: boolean): number[] {
  return Array.from({ length: size }, () => coordinate(random, isFree));
}

const KINDS = [
  "POINT",
  "LINESTRING",
  "POLYGON",
  "MULTIPOINT",
  "MULTILINESTRING",
  "MULTIPOLYGON",
  "GEOMETRYCOLLECTION",
];

/** The WKT of a geometry of some dimensions, perhaps empty. */
function wkt(random: Random, dimensions: string, isFree: boolean, depth = 0): string {
  const size = 2 + dimensions.length;
  const kind = random.pick(depth > 1 ? KINDS.slice(0, 6) : KINDS);
  const tag = `${kind} ${dimensions === "" ? "" : `${dimensions} `}`;
  if (random.chance(0.12)) return `${tag}EMPTY`;
  const point = () =>
    position(random, size, isFree).map((value) => Object.is(value, -0) ? "-0" : value).join(" ");
  const line = (least: number) =>
    `(${Array.from({ length: random.whole(least, least + 3) }, point).join(", ")})`;
  const ring = () => {
    const points = Array.from({ length: random.whole(3, 6) }, point);
    return `(${[...points, points[0]].join(", ")})`;
  };
  const polygon = () => `(${Array.from({ length: random.whole(1, 3) }, ring).join(", ")})`;
  const several = (make: () => string) => `(${Array.from({ length: random.whole(1, 3) }, make).join(", ")})`;
  switch (kind) {
    case "POINT":
      return `${tag}(${point()})`;
    case "LINESTRING":
      return `${tag}${line(2)}`;
    case "POLYGON":
      return `${tag}${polygon()}`;
    case "MULTIPOINT":
      return `${tag}${several(() => `(${point()})`)}`;
    case "MULTILINESTRING":
      return `${tag}${several(() => line(2))}`;
    case "MULTIPOLYGON":
      return `${tag}${several(polygon)}`;
    default:
      return `${tag}${several(() => wkt(random, dimensions, isFree, depth + 1))}`;
  }
}

const MAKERS: Readonly<Partial<Record<ColumnType, Maker>>> = {
  bool: (random) => random.chance(0.5),
  int2: (random) => random.chance(0.3) ? random.pick([-32768, 32767, 0, -1]) : random.whole(-32768, 32767),
  int4: (random) =>
    random.chance(0.3)
      ? random.pick([-(2 ** 31), 2 ** 31 - 1, 0, -1])
      : random.whole(-(2 ** 31), 2 ** 31 - 1),
  int8: (random) =>
    random.chance(0.3) ? random.pick([-(2n ** 63n), 2n ** 63n - 1n, 0n, 2n ** 53n + 1n]) : random.bits(),
  float4: single,
  float8: double,
  numeric,
  text,
  date,
  time,
  timetz: (random) => `${clock(micros(random))}${zone(random)}`,
  timestamp,
  timestamptz,
  interval,
  uuid,
  json,
  jsonb: json,
  bytea: bytes,
};

const TYPES: readonly ColumnType[] = [
  ...Object.keys(MAKERS) as ColumnType[],
  "geometry",
  "geometry",
  "text",
  "bool[]",
  "int2[]",
  "int4[]",
  "int8[]",
  "float4[]",
  "float8[]",
  "numeric[]",
  "text[]",
  "uuid[]",
  "date[]",
  "timestamp[]",
  "timestamptz[]",
];

const NAMES = [
  "name",
  "Name",
  "NAME",
  "Señal #1",
  "北京",
  "select",
  "user",
  "order",
  "a b",
  'quo"te',
  "back\\slash",
  "new\nline",
  "1st",
  "",
  " ",
  "?column?",
  "ctid",
  "xmin",
  "oid",
  "tableoid",
  "the_geom",
  "cartodb_id_1",
  "a".repeat(70),
  "ä".repeat(70),
  "$1",
  "_q",
  "x-y",
  "x_y",
  "x.y",
  "geometry",
  "🎈",
  "__proto__",
  "constructor",
  "_cartoframes_row",
  "key",
  "value",
];

/** JSON with all digits of whole numbers and, on request, keys in order. */
function jsonText(value: unknown, isSorted: boolean): string {
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item, isSorted)).join(",")}]`;
  if (typeof value !== "object" || value === null) {
    return typeof value === "bigint" ? String(value) : JSON.stringify(value);
  }
  const entries = Object.entries(value).map(([key, item]) =>
    `${JSON.stringify(key)}:${jsonText(item, isSorted)}`
  );
  return `{${(isSorted ? entries.sort() : entries).join(",")}}`;
}

/** The text that tells a value of a column exactly. */
export function textOf(value: unknown, type: string): string {
  if (value === null) return "null";
  if (type.endsWith("[]")) {
    return `[${(value as unknown[]).map((item) => textOf(item, type.slice(0, -2))).join(", ")}]`;
  }
  if (type === "json" || type === "jsonb") return jsonText(value, type === "jsonb");
  if (value instanceof Uint8Array) return value.toHex();
  if (value instanceof Geometry) return value.toEwkbHex();
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : String(value);
}

function samplesOf(random: Random, type: ColumnType, rows: number): (Sample | null)[] {
  const nulls = random.pick([0, 0, 0.2, 0.5, 1]);
  const make = makerOf(random, type);
  return Array.from({ length: rows }, () => {
    if (random.chance(nulls)) return null;
    const value = make(random);
    const seen = type === "geometry" ? Geometry.from(value as string) : value;
    // In a json column the value null is not the missing value
    return value === null ? { value: {}, text: "{}" } : { value, text: textOf(seen, type) };
  });
}

function makerOf(random: Random, type: ColumnType): Maker {
  if (type.endsWith("[]")) {
    const make = MAKERS[type.slice(0, -2) as ColumnType] as Maker;
    return (random) =>
      Array.from({ length: random.whole(0, 4) }, () => random.chance(0.2) ? null : make(random));
  }
  return MAKERS[type] ?? geometryMaker(random);
}

function geometryMaker(random: Random): Maker {
  const dimensions = random.pick(["", "", "Z", "M", "ZM"]);
  return (random) => `SRID=4326;${wkt(random, dimensions, false)}`;
}

/** A frame of some columns of any types, and some rows. */
export function randomFrame(random: Random): RandomFrame {
  const rows = random.chance(0.05) ? 0 : random.chance(0.03) ? random.whole(100, 300) : random.whole(1, 8);
  const names = new Set<string>();
  const count = random.whole(1, 6);
  while (names.size < count) {
    names.add(
      random.chance(0.6) ? random.pick(NAMES) : text(random).replaceAll("\0", "").slice(0, 80).toWellFormed(),
    );
  }
  const columns = [...names].map((name): RandomColumn => {
    const type = random.pick(TYPES);
    return { name, type, samples: samplesOf(random, type, rows) };
  });
  const frame = GeoDataFrame.fromColumns(
    new Map(columns.map(({ name, samples }) => [name, samples.map((sample) => sample?.value ?? null)])),
    { types: Object.fromEntries(columns.map(({ name, type }) => [name, type])) },
  );
  return { frame, columns };
}
