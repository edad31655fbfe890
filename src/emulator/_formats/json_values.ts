import type { ByteWriter } from "./byte_writer.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const NULL = encoder.encode("null");
const TRUE = encoder.encode("true");
const FALSE = encoder.encode("false");
const MIDNIGHT = encoder.encode("00:00:00");
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LETTER_C = 0x43;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Writes a value, given as the bytes of its PostgreSQL text form, as JSON. */
export type ValueWriter = (out: ByteWriter, bytes: Uint8Array, start: number, end: number) => void;

/** Writes a missing value. */
export function writeNull(out: ByteWriter): void {
  out.bytes(NULL);
}

/** The writer for a type, by its oid: what has no writer of its own goes out as text. */
export function valueWriter(typeOid: number): ValueWriter {
  return WRITERS[typeOid] ?? writeText;
}

/** Quotes and escapes as `JSON.stringify` does. */
export const writeText: ValueWriter = (out, bytes, start, end) => {
  out.byte(QUOTE);
  let from = start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) continue;
    out.slice(bytes, from, at);
    from = at + 1;
    const short = SHORT_ESCAPES[byte];
    out.text(short ?? `\\u00${byte.toString(16).padStart(2, "0")}`);
  }
  out.slice(bytes, from, end);
  out.byte(QUOTE);
};

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: "\\b",
  9: "\\t",
  10: "\\n",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

const writeAsIs: ValueWriter = (out, bytes, start, end) => out.slice(bytes, start, end);

const writeBoolean: ValueWriter = (out, bytes, start) => out.bytes(bytes[start] === 0x74 ? TRUE : FALSE);

/** Numbers go through a double, as they do on the server; the bytes are copied where that changes nothing. */
const writeNumber: ValueWriter = (out, bytes, start, end) => {
  if (isSameAsDouble(bytes, start, end)) out.slice(bytes, start, end);
  else out.text(numberToJson(decoder.decode(bytes.subarray(start, end))));
};

function isSameAsDouble(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] === MINUS ? start + 1 : start;
  // 15 significant digits are exact in a double; with sign and point that is at most 17 characters.
  if (end - first > 16) return false;
  let dot = -1;
  for (let at = first; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === DOT && dot < 0) dot = at;
    else if (byte < ZERO || byte > NINE) return false;
  }
  if (dot < 0) return end - first <= 15 && bytes[first] !== ZERO || end - start === 1;
  return bytes[end - 1] !== ZERO && (bytes[first] !== ZERO || bytes[dot + 1] !== ZERO);
}

function numberToJson(text: string): string {
  const value = Number(text);
  if (Number.isFinite(value)) return JSON.stringify(value);
  return JSON.stringify(text.startsWith("-") ? "-Infinity" : /inf/i.test(text) ? "Infinity" : "NaN");
}

/** A writer that goes by way of a JavaScript string. */
function viaText(toJson: (text: string) => string): ValueWriter {
  return (out, bytes, start, end) => out.text(toJson(decoder.decode(bytes.subarray(start, end))));
}

/** JSON is parsed and written anew, which drops spaces and rounds long numbers. */
function jsonToJson(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

const DATE =
  /^(\d+)-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.\d+)?)?(?:([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?( BC)?$/;

/** Dates and times as ISO 8601 in UTC with whole seconds; a time without a zone counts as UTC. */
export function dateToJson(text: string): string {
  const match = DATE.exec(text);
  if (match === null) return /^-?infinity$/.test(text) ? numberToJson(text) : JSON.stringify(null);
  const [
    ,
    year,
    month,
    day,
    hour = "0",
    minute = "0",
    second = "0",
    sign,
    hours,
    minutes = "0",
    seconds = "0",
    bc,
  ] = match;
  const offset = sign === undefined ? 0 : (sign === "-" ? -1 : 1) *
    (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  const date = new Date(0);
  date.setUTCFullYear(bc === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second) - offset);
  const time = date.toISOString().slice(-14, -5);
  return `"${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}${time}Z"`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

const INTERVAL =
  /^(?:([+-]?\d+) years?\s*)?(?:([+-]?\d+) mons?\s*)?(?:([+-]?\d+) days?\s*)?(?:([+-])?(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/;

/** An interval as an object of its parts that are not zero. */
function intervalToJson(text: string): string {
  const [, years, months, days, sign, hours, minutes, seconds, fraction = ""] = INTERVAL.exec(text) ?? [];
  const factor = sign === "-" ? -1 : 1;
  const parts = {
    years: Number(years ?? 0),
    months: Number(months ?? 0),
    days: Number(days ?? 0),
    hours: factor * Number(hours ?? 0),
    minutes: factor * Number(minutes ?? 0),
    seconds: factor * Number(seconds ?? 0),
    milliseconds: factor * Number(fraction.padEnd(6, "0")) / 1000,
  };
  return JSON.stringify(Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== 0)));
}

/** Binary data as an object that tells each byte. */
function byteaToJson(text: string): string {
  return JSON.stringify({ type: "Buffer", data: [...Uint8Array.fromHex(text.slice(2))] });
}

function pointToJson(text: string): string {
  const [x = "", y = ""] = text.slice(1, -1).split(",");
  return `{"x":${numberToJson(x)},"y":${numberToJson(y)}}`;
}

function circleToJson(text: string): string {
  const [x = "", y = "", radius = ""] = text.replace(/[<>()]/g, "").split(",");
  return `{"x":${numberToJson(x)},"y":${numberToJson(y)},"radius":${numberToJson(radius)}}`;
}

function booleanToJson(text: string): string {
  return text === "t" ? "true" : "false";
}

/** Writes an array of PostgreSQL's text form, of any depth, as a JSON array. */
export function arrayToJson(text: string, elementToJson: (element: string) => string): string {
  // Bounds that do not start at 1 stand before the elements: `[0:2]={…}`.
  let at = text.startsWith("[") ? text.indexOf("=") + 1 : 0;
  return list();

  function list(): string {
    const items: string[] = [];
    at++;
    while (at < text.length && text[at] !== "}") {
      if (text[at] === "{") items.push(list());
      else if (text[at] === '"') items.push(elementToJson(quoted()));
      else items.push(bare());
      if (text[at] === ",") at++;
    }
    at++;
    return `[${items.join(",")}]`;
  }

  function quoted(): string {
    let value = "";
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === "\\") at++;
      value += text[at];
    }
    at++;
    return value;
  }

  function bare(): string {
    const start = at;
    while (at < text.length && text[at] !== "," && text[at] !== "}") at++;
    const value = text.slice(start, at);
    return value === "NULL" ? "null" : elementToJson(value);
  }
}

function writeArray(elementToJson: (element: string) => string): ValueWriter {
  return viaText((text) => arrayToJson(text, elementToJson));
}

const textArray = writeArray(JSON.stringify);
const numberArray = writeArray(numberToJson);
const dateArray = writeArray(dateToJson);
const jsonArray = writeArray(jsonToJson);
const writeOddDate = viaText(dateToJson);

/** Dates and times of the usual form are copied: a year of four digits, and UTC. */
const writeDate: ValueWriter = (out, bytes, start, end) => {
  const length = end - start;
  const isUtc = length < 20 || bytes[end - 3] === PLUS && bytes[end - 2] === ZERO && bytes[end - 1] === ZERO;
  const isUsual = bytes[start + 4] === MINUS && bytes[start] !== ZERO && bytes[start] !== MINUS &&
    (length === 10 || (length >= 19 && isUtc && bytes[start + 13] === COLON && bytes[end - 1] !== LETTER_C));
  if (!isUsual) return writeOddDate(out, bytes, start, end);
  out.byte(QUOTE);
  out.slice(bytes, start, start + 10);
  out.byte(LETTER_T);
  if (length === 10) out.bytes(MIDNIGHT);
  else out.slice(bytes, start + 11, start + 19);
  out.byte(LETTER_Z);
  out.byte(QUOTE);
};
const writeJson = viaText(jsonToJson);

/** The types that have a form of their own; arrays of other types go out as text. */
const WRITERS: Readonly<Record<number, ValueWriter>> = {
  16: writeBoolean,
  17: viaText(byteaToJson),
  20: writeNumber,
  21: writeAsIs,
  23: writeAsIs,
  26: writeAsIs,
  114: writeJson,
  199: jsonArray,
  600: viaText(pointToJson),
  651: textArray,
  700: writeNumber,
  701: writeNumber,
  718: viaText(circleToJson),
  791: textArray,
  1000: writeArray(booleanToJson),
  1001: writeArray(byteaToJson),
  1005: numberArray,
  1007: numberArray,
  1008: textArray,
  1009: textArray,
  1014: textArray,
  1015: textArray,
  1016: numberArray,
  1017: writeArray(pointToJson),
  1021: numberArray,
  1022: numberArray,
  1028: numberArray,
  1040: textArray,
  1041: textArray,
  1082: writeDate,
  1114: writeDate,
  1115: dateArray,
  1182: dateArray,
  1183: textArray,
  1184: writeDate,
  1185: dateArray,
  1186: viaText(intervalToJson),
  1187: writeArray(intervalToJson),
  1231: numberArray,
  1270: textArray,
  1700: writeNumber,
  2951: textArray,
  3802: writeJson,
  3807: jsonArray,
  3907: textArray,
};
