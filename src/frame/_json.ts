import { BadValue, shown } from "./_bad_value.ts";
import type { JsonValue } from "./types.ts";

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
