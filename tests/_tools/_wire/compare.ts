import type { RawResponse } from "./raw_http.ts";
import type { RecordedResponse } from "./recordings.ts";
import { decodeTile } from "./tile.ts";
import { unzip } from "./unzip.ts";

/** One thing that is not as recorded. */
export interface Difference {
  /** Where: `status`, `headers.<name>`, `body.rows[0].a`. */
  path: string;
  expected: unknown;
  got: unknown;
}

/** Headers that the recordings leave out. */
const LEFT_OUT = new Set(["date", "connection", "keep-alive", "x-served-by-host", "x-served-by-db-host"]);
/** Headers of which only the presence counts, for their values differ from day to day. */
const VOLATILE_HEADERS = new Set(["last-modified", "surrogate-key", "x-request-id", "x-windshaft-cache"]);
/** Members of JSON documents whose values differ from run to run. */
const VOLATILE_MEMBERS = new Set([
  "time",
  "elapsed",
  "created_at",
  "updated_at",
  "started_at",
  "ended_at",
  "last_updated",
  "used_at",
  "last_modified_by",
]);
/** The media type of vector tiles. */
const TILE_TYPE = "application/x-protobuf";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Compares an answer with the recorded one. `ids` leads from recorded ids and addresses to those of this run. */
export function compare(
  recorded: RecordedResponse,
  got: RawResponse | undefined,
  ids: ReadonlyMap<string, string>,
): Difference[] {
  if (recorded.status === null) {
    return got === undefined ? [] : [{ path: "status", expected: recorded.transport, got: got.status }];
  }
  if (got === undefined) return [{ path: "status", expected: recorded.status, got: "no answer in time" }];
  const differences: Difference[] = [];
  if (got.status !== recorded.status) {
    differences.push({ path: "status", expected: recorded.status, got: got.status });
  }
  if (got.isComplete !== (recorded.transport === undefined)) {
    differences.push({
      path: "transport",
      expected: recorded.transport ?? "complete",
      got: got.isComplete ? "complete" : "cut off",
    });
  }
  compareHeaders(recorded, got, ids, differences);
  compareBody(recorded, got, ids, differences);
  return differences;
}

function compareHeaders(
  recorded: RecordedResponse,
  got: RawResponse,
  ids: ReadonlyMap<string, string>,
  differences: Difference[],
): void {
  for (const [name, recordedValue] of Object.entries(recorded.headers)) {
    const value = withIds(recordedValue, ids);
    const ours = got.headers.get(name);
    const isEqual = name === "content-length"
      ? isTile(recorded)
        ? Number(ours) === got.body.length
        : lengthBesideVolatile(ours, got.body) === recordedLengthBesideVolatile(value, recorded, ids)
      : ours !== undefined &&
        (VOLATILE_HEADERS.has(name) || maskHeader(name, ours) === maskHeader(name, value));
    if (!isEqual) differences.push({ path: `headers.${name}`, expected: value, got: ours });
  }
  for (const [name, value] of got.headers) {
    if (LEFT_OUT.has(name) || name in recorded.headers) continue;
    // An empty body may be told by its length or by the end of the connection, which the recordings leave out.
    if (name === "content-length" && value === "0" && Object.keys(recorded.headers).length === 0) continue;
    differences.push({ path: `headers.${name}`, expected: undefined, got: value });
  }
}

function maskHeader(name: string, value: string): string {
  if (name === "content-disposition") {
    return value.replace(/modification-date="[^"]*"/, 'modification-date="…"');
  }
  if (name === "cache-control") {
    return value.replace(
      /max-age=(\d+)/,
      (text, age) => Number(age) > 0 && Number(age) <= 300 ? "max-age=…" : text,
    );
  }
  return maskMoment(value);
}

/** The moment in which a map's data changed stands behind its id, in milliseconds. */
function maskMoment(text: string): string {
  return text.replace(/(^|:)\d{13}(?!\d)/g, "$1…");
}

function isTile({ headers }: RecordedResponse): boolean {
  return headers["content-type"] === TILE_TYPE;
}

/** The length that a body has without its volatile values, so that one more digit of time is no difference. */
function lengthBesideVolatile(length: string | undefined, body: Uint8Array): number {
  return Number(length) - volatileLength(parse(decoder.decode(body)));
}

function recordedLengthBesideVolatile(
  length: string,
  { body }: RecordedResponse,
  ids: ReadonlyMap<string, string>,
): number {
  const text = JSON.stringify(body);
  const lengthened = withIds(text, ids).length - text.length;
  return Number(length) + lengthened - volatileLength(body);
}

function volatileLength(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, member]) =>
      sum +
      (VOLATILE_MEMBERS.has(name) || name === "sample"
        ? encoder.encode(JSON.stringify(member)).length
        : volatileLength(member)),
    0,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function compareBody(
  recorded: RecordedResponse,
  got: RawResponse,
  ids: ReadonlyMap<string, string>,
  differences: Difference[],
): void {
  const text = decoder.decode(got.body);
  const add = (path: string, expected: unknown, ours: unknown): void => {
    differences.push({ path, expected, got: ours });
  };
  if (recorded.body_text !== undefined) {
    const expected = maskText(withIds(recorded.body_text, ids));
    if (maskText(text) !== expected) add("body_text", expected, maskText(text));
    return;
  }
  const { body } = recorded;
  if (typeof body === "string") {
    const expected = withIds(body, ids);
    if (maskText(text) !== maskText(expected)) add("body", expected, text);
  } else if (isTile(recorded) && isObject(body)) {
    compareJson(
      "body.tile",
      decodeTile(Uint8Array.fromBase64(String(body.base64))),
      decodeTile(got.body),
      add,
    );
  } else if (isObject(body) && typeof body.base64 === "string") {
    compareBytes(Uint8Array.fromBase64(body.base64), got.body, body.zip_entries !== undefined, add);
  } else if (isObject(body) && typeof body.base64_prefix === "string") {
    if (got.body.length !== body.bytes) add("body.bytes", body.bytes, got.body.length);
    const prefix = Uint8Array.fromBase64(body.base64_prefix);
    const ours = got.body.subarray(0, prefix.length).toHex();
    if (ours !== prefix.toHex()) add("body.base64_prefix", prefix.toHex(), ours);
    if (Array.isArray(body.zip_entries)) {
      compareJson("body.zip_entries", body.zip_entries, [...unzip(got.body).keys()].sort(), add);
    }
  } else if (isObject(body) && typeof body.length === "number" && typeof body.head === "string") {
    const characters = [...text];
    if (characters.length !== body.length) add("body.length", body.length, characters.length);
    const head = characters.slice(0, [...body.head].length).join("");
    if (head !== body.head) add("body.head", body.head, head);
    const tail = characters.slice(-[...String(body.tail)].length).join("");
    if (tail !== body.tail) add("body.tail", body.tail, tail);
  } else {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      add("body", body, text);
      return;
    }
    compareJson("body", JSON.parse(withIds(JSON.stringify(body), ids)), parsed, add);
  }
}

/** Puts ids and addresses of this run in the place of the recorded ones. */
export function withIds(text: string, ids: ReadonlyMap<string, string>): string {
  let replaced = text;
  for (const [recorded, ours] of ids) replaced = replaced.replaceAll(recorded, ours);
  return replaced;
}

/** Masks what differs from run to run in text that is compared as it is. */
function maskText(text: string): string {
  return maskMoment(text).replace(/"(time|elapsed)":[\d.]+/g, '"$1":…').replace(
    /unknown\(\d+\)/g,
    "unknown(…)",
  )
    .replace(/"last_updated":"[^"]*"/g, '"last_updated":…');
}

type Add = (path: string, expected: unknown, got: unknown) => void;

function compareBytes(expected: Uint8Array, got: Uint8Array, isZip: boolean, add: Add): void {
  if (!isZip) {
    if (expected.toHex() !== got.toHex()) add("body.base64", expected.toHex(), got.toHex());
    return;
  }
  const ours = unzip(got);
  const recorded = unzip(expected);
  compareJson("body.zip_entries", [...recorded.keys()].sort(), [...ours.keys()].sort(), add);
  for (const [name, data] of recorded) {
    const hex = maskMember(name, data).toHex();
    const oursHex = maskMember(name, ours.get(name) ?? new Uint8Array(0)).toHex();
    if (hex !== oursHex) add(`body.zip.${name}`, hex, oursHex);
  }
}

/** A dBASE table holds the day on which it was written, in three bytes. */
function maskMember(name: string, data: Uint8Array): Uint8Array {
  if (!name.endsWith(".dbf")) return data;
  const masked = data.slice();
  masked.fill(0, 1, 4);
  return masked;
}

function compareJson(path: string, expected: unknown, got: unknown, add: Add): void {
  if (path.endsWith(".sample")) {
    // Which rows are taken is left to chance.
    if (JSON.stringify(kindOf(expected)) !== JSON.stringify(kindOf(got))) add(path, expected, got);
  } else if (Array.isArray(expected) && Array.isArray(got)) {
    if (path.endsWith(".categories")) {
      expected = expected.toSorted(byRank);
      got = got.toSorted(byRank);
    }
    compareLists(path, expected as unknown[], got as unknown[], add);
  } else if (isObject(expected) && isObject(got)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      const member = `${path}.${name}`;
      if (!(name in expected) || !(name in got)) add(member, expected[name], got[name]);
      else if (!isVolatile(name, expected[name], got[name])) {
        compareJson(member, expected[name], got[name], add);
      }
    }
  } else if (maskValue(expected) !== maskValue(got)) {
    add(path, expected, got);
  }
}

function compareLists(path: string, expected: unknown[], got: unknown[], add: Add): void {
  if (expected.length !== got.length) return add(path, expected, got);
  expected.forEach((item, index) => compareJson(`${path}[${index}]`, item, got[index], add));
}

/** Categories come by their value; which comes first of equal ones, no order says. */
function byRank(one: Record<string, unknown>, other: Record<string, unknown>): number {
  const value = ({ value, frequency }: Record<string, unknown>): number => Number(value ?? frequency);
  return value(other) - value(one) || String(one.category).localeCompare(String(other.category));
}

/** How many rows of which columns. */
function kindOf(rows: unknown): unknown {
  return Array.isArray(rows) ? rows.map((row) => Object.keys(row)) : typeof rows;
}

/** A volatile value must still be of the recorded kind. */
function isVolatile(name: string, expected: unknown, got: unknown): boolean {
  return VOLATILE_MEMBERS.has(name) && typeof expected === typeof got &&
    (typeof got === "number" || (name === "last_modified_by" && /^[0-9a-f-]{36}$/.test(String(got))) ||
      (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(String(got)) && !String(expected).startsWith("1970")));
}

function maskValue(value: unknown): unknown {
  return typeof value === "string" ? maskMoment(value.replace(/^unknown\(\d+\)$/, "unknown(…)")) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
