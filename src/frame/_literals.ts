import { BadValue, shown } from "./_data.ts";
import { cellGetter } from "./_cell_getter.ts";
import { ByteWriter, cellWriter } from "./_cell_writer.ts";
import { makeBuilder } from "./_make_builder.ts";
import type { CellValue, ColumnType, Field, JsonValue } from "./types.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

type Nested = (string | null | Nested)[];

/** A list as PostgreSQL writes it: `{1,NULL,"a b"}`. */
export function arrayLiteral(element: ColumnType, value: unknown): string {
  if (typeof value === "string") return value;
  if (!isList(value)) throw new BadValue(`${shown(value)} is not a list`);
  const items: unknown[] = [];
  flatten(value, items);
  const builder = makeBuilder(element);
  for (const item of items) item === null || item === undefined ? builder.null() : builder.value(item);
  const texts = textsOf(element, builder.finish());
  let next = 0;
  const write = (list: Iterable<unknown>): string => {
    const parts: string[] = [];
    for (const item of list) {
      if (isList(item)) parts.push(write(item));
      else parts.push(quoted(texts[next++] ?? null));
    }
    return `{${parts.join(",")}}`;
  };
  return write(value);
}

function isList(value: unknown): value is Iterable<unknown> {
  return Array.isArray(value) ||
    (ArrayBuffer.isView(value) && Symbol.iterator in value && !(value instanceof Uint8Array));
}

function flatten(list: Iterable<unknown>, items: unknown[]): void {
  for (const item of list) isList(item) ? flatten(item, items) : items.push(item);
}

function textsOf(type: ColumnType, data: Parameters<typeof cellWriter>[1]): (string | null)[] {
  const writer = cellWriter({ name: "", type, nullable: true }, data, {});
  const out = new ByteWriter(64);
  const texts: (string | null)[] = [];
  for (let row = 0; row < data.length; row++) {
    out.at = 0;
    const isNull = data.validity !== undefined &&
      ((data.validity[row >> 3] as number) & (1 << (row & 7))) === 0;
    if (!isNull) writer(out, row);
    texts.push(isNull ? null : decoder.decode(out.bytes.subarray(0, out.at)));
  }
  return texts;
}

/** Anything that is more than letters, digits and a few signs is put in quotes. */
function quoted(text: string | null): string {
  if (text === null) return "NULL";
  if (/^[\w.+:-]+$/.test(text) && text.toUpperCase() !== "NULL") return text;
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** The list of a literal, with items of the element type. */
export function parseArrayLiteral(element: ColumnType, literal: string): CellValue[] {
  const nested = parseNested(literal);
  const builder = makeBuilder(element);
  const append = (list: Nested): void => {
    for (const item of list) {
      if (item === null) builder.null();
      else if (typeof item === "string") {
        const bytes = encoder.encode(item);
        builder.text(bytes, 0, bytes.length);
      } else append(item);
    }
  };
  append(nested);
  const field: Field = { name: "", type: element, nullable: true };
  const data = builder.finish();
  const get = cellGetter(field, data);
  let next = 0;
  const collect = (list: Nested): CellValue[] =>
    list.map((item) => {
      if (item !== null && typeof item !== "string") return collect(item);
      const row = next++;
      return item === null ? null : get(row);
    });
  return collect(nested);
}

function parseNested(literal: string): Nested {
  const bad = () => new BadValue(`${shown(literal)} is not a list as PostgreSQL writes it`);
  let at = 0;
  if (literal.startsWith("[")) at = literal.indexOf("=") + 1;
  const list = (): Nested => {
    const items: Nested = [];
    at++;
    if (literal[at] === "}") {
      at++;
      return items;
    }
    while (true) {
      if (literal[at] === "{") items.push(list());
      else if (literal[at] === '"') items.push(quotedItem());
      else items.push(bareItem());
      const mark = literal[at++];
      if (mark === "}") return items;
      if (mark !== ",") throw bad();
    }
  };
  const quotedItem = (): string => {
    let text = "";
    for (at++; literal[at] !== '"'; at++) {
      if (literal[at] === "\\") at++;
      if (at >= literal.length) throw bad();
      text += literal[at];
    }
    at++;
    return text;
  };
  const bareItem = (): string | null => {
    const start = at;
    while (at < literal.length && literal[at] !== "," && literal[at] !== "}") at++;
    const text = literal.slice(start, at).replaceAll(/\\(.)/gs, "$1");
    return text.toUpperCase() === "NULL" ? null : text;
  };
  if (literal[at] !== "{") throw bad();
  const result = list();
  if (at !== literal.length) throw bad();
  return result;
}

/** `JSON.rawJSON` and the source text that a reviver gets: in every engine of ours, not yet in the type library. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/**
 * A value as JSON text: big integers as digits. What JSON cannot hold is refused instead of becoming null.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return rawJson(String(item));
    if (typeof item === "number" && !Number.isFinite(item)) {
      throw new BadValue(`JSON cannot hold ${item}`, "Use null or text inside JSON");
    }
    return item;
  }) as string | undefined;
  if (text === undefined) throw new BadValue(`${shown(value)} cannot be written as JSON`);
  return text;
}

/** So many digits in a row may be beyond 2^53. */
const MANY_DIGITS = /\d{16}/;

/** The value of JSON text. An integer that a number would bend is a `bigint`. */
export function parseJson(text: string): JsonValue {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text);
  const reviver = (_key: string, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}
