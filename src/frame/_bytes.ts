import { UnsupportedError } from "../errors/carto_error.ts";

/** The bounds of a 64-bit integer. */
export const MIN_INT8 = -0x8000_0000_0000_0000n;
export const MAX_INT8 = 0x7fff_ffff_ffff_ffffn;

/** The most bytes that one column of one frame can hold: offsets are 32-bit, as in Arrow. */
const MAX_COLUMN_BYTES = 0x7fff_ffff;

/** A typed array with room for at least `needed` entries, the old entries kept; the old array is given up. */
export function grow<
  T extends
    | Uint8Array<ArrayBuffer>
    | Int16Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Float32Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>
    | BigInt64Array<ArrayBuffer>,
>(
  array: T,
  needed: number,
): T {
  if (needed <= array.length) return array;
  const length = Math.max(needed, Math.ceil(array.length * 1.5), 64);
  const Type = array.constructor as new (buffer: ArrayBuffer) => T;
  // `transfer` frees the old memory at once instead of leaving it to the collector.
  return new Type(array.buffer.transfer(length * array.BYTES_PER_ELEMENT));
}

/**
 * How many entries to make room for when a batch of `length` was finished: the next one will hardly be smaller, and growing
 * step by step leaves garbage behind. Bounded, since there may be no next one, and so little more than this one that what is
 * left over in the end need not be cut off.
 */
export function nextCapacity(length: number, bound = 65_536): number {
  return Math.max(64, Math.min(length + (length >> 4), bound));
}

/** Refuses a column that outgrows 32-bit offsets. */
export function checkColumnBytes(bytes: number): void {
  if (bytes <= MAX_COLUMN_BYTES) return;
  throw new UnsupportedError("Cannot hold more than 2 GiB of text or geometry in one column", {
    hint: "Read the table in batches: readCartoBatches()",
  });
}

/** Shared by all decoding of whole texts; a byte order mark inside a value is part of the value. */
export const decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Shared by all encoding. */
export const encoder: TextEncoder = new TextEncoder();

/** UTF-8 bytes as text. Short plain texts do without the decoder, whose calls cost more than they do. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 127) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Whether two stretches of bytes are the same. */
export function sameBytes(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** Joins chunks of bytes. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const result = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}

/** Numbers to and from bytes of PostgreSQL's text form, without strings where that is worth it. */

/** Powers of ten that a double holds exactly. */
const POWERS: readonly number[] = [
  ...[1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11],
  ...[1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22],
];

/** An integer of at most 15 digits, else `NaN`. */
export function parseSmallInteger(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === 45;
  if (negative || bytes[at] === 43) at++;
  const digits = end - at;
  if (digits < 1 || digits > 15) return NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** ASCII bytes as text; numbers are short, so a loop beats the decoder. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

const INTEGER = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?inf(?:inity)?$|^nan$/i;

/** An integer of any length, or undefined. */
export function parseBigInteger(text: string): bigint | undefined {
  return INTEGER.test(text) ? BigInt(text.startsWith("+") ? text.slice(1) : text) : undefined;
}

/** A float as PostgreSQL writes it, or undefined. */
function parseFloatText(text: string): number | undefined {
  if (FLOAT.test(text)) return Number(text);
  if (!NOT_FINITE.test(text)) return undefined;
  if (/^nan$/i.test(text)) return NaN;
  return text.startsWith("-") ? -Infinity : Infinity;
}

/**
 * A float from bytes, or undefined. Plain decimals of up to 19 digits are worked out here, exactly; everything else, and
 * whatever lies too near the middle between two doubles, is left to the engine.
 */
export function parseFloatBytes(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const negative = bytes[at] === 45;
  if (negative) at++;
  // The digits are gathered in two numbers, the later ones in `low`, so that both stay exact
  let high = 0;
  let low = 0;
  let lowDigits = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit >= 0 && digit <= 9) {
      if (digits < 10) high = high * 10 + digit;
      else {
        low = low * 10 + digit;
        lowDigits++;
      }
      digits++;
      if (decimals >= 0) decimals++;
    } else if (digit === -2 && decimals < 0) {
      decimals = 0;
    } else {
      return parseFloatText(asciiText(bytes, start, end));
    }
  }
  if (digits === 0 || digits > 19) return parseFloatText(asciiText(bytes, start, end));
  const divisor = POWERS[Math.max(0, decimals)] as number;
  let value: number;
  // Up to 15 digits are one exact double, so that the one rounding of the division is the right one
  if (digits <= 15) value = (high * (POWERS[lowDigits] as number) + low) / divisor;
  else value = divideExactly(high, POWERS[lowDigits] as number, low, divisor);
  if (Number.isNaN(value)) return parseFloatText(asciiText(bytes, start, end));
  return negative ? -value : value;
}

/** The constant that splits a double into two halves of 26 bits (Dekker). */
const SPLIT = 134_217_729;

/** What a product of doubles loses by rounding. */
function productError(a: number, b: number, product: number): number {
  const aSplit = a * SPLIT;
  const aHigh = aSplit - (aSplit - a);
  const aLow = a - aHigh;
  const bSplit = b * SPLIT;
  const bHigh = bSplit - (bSplit - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** (high * scale + low) / divisor, rounded once; `NaN` where it cannot be told which way. */
function divideExactly(high: number, scale: number, low: number, divisor: number): number {
  const product = high * scale;
  const sum = product + low;
  const rest = productError(high, scale, product) + (low - (sum - product));
  const quotient = sum / divisor;
  const back = quotient * divisor;
  const correction = (sum - back - productError(quotient, divisor, back) + rest) / divisor;
  // The correction is good to far more than 40 bits
  const least = quotient + correction * (1 - 2 ** -40);
  return least === quotient + correction * (1 + 2 ** -40) ? least : NaN;
}

/** Writes a safe integer in decimal; returns the position after it. */
export function writeInteger(buffer: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    buffer[at++] = 45;
    value = -value;
  }
  if (value < 10) {
    buffer[at++] = 48 + value;
    return at;
  }
  if (value > 0x7fff_ffff) {
    const high = Math.floor(value / 1e9);
    return writeDigits(buffer, writeInteger(buffer, at, high), value - high * 1e9, 9);
  }
  let digits = 2;
  for (let limit = 100; digits < 10 && value >= limit; limit *= 10) digits++;
  return writeDigits(buffer, at, value, digits);
}

/** Writes exactly `digits` digits of a non-negative integer below 2^31. */
export function writeDigits(buffer: Uint8Array, at: number, value: number, digits: number): number {
  for (let i = at + digits - 1; i >= at; i--) {
    const next = (value / 10) | 0;
    buffer[i] = 48 + value - next * 10;
    value = next;
  }
  return at + digits;
}

/** Writes ASCII text. */
export function writeAscii(buffer: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** A double as PostgreSQL reads it: the shortest digits that give the same double back. */
export function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (value === Infinity) return "Infinity";
  if (value === -Infinity) return "-Infinity";
  const text = String(value);
  // PostgreSQL and Python write two digits of an exponent.
  const exponent = text.indexOf("e");
  return exponent >= 0 && text.length - exponent === 3
    ? `${text.slice(0, exponent + 2)}0${text.slice(exponent + 2)}`
    : text;
}

/** The shortest digits that give the same 32-bit float back. */
export function float32Text(value: number): string {
  if (!Number.isFinite(value) || value === 0) return floatText(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return floatText(short);
  }
  return floatText(Number(value.toPrecision(9)));
}

/** Writes a double. */
export function writeFloat(buffer: Uint8Array, at: number, value: number): number {
  if (Number.isInteger(value) && value !== 0 && Math.abs(value) < 1e15) {
    return writeInteger(buffer, at, value);
  }
  return writeAscii(buffer, at, floatText(value));
}

/**
 * A 64-bit integer array seen as pairs of 32 bits, low half first: most values are below 2^53, and reading those
 * as numbers costs no BigInt.
 */
export function halves(values: BigInt64Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** The value of two halves; not exact beyond 2^53. */
export function joinHalves(low: number, high: number): number {
  return high * 0x1_0000_0000 + (low >>> 0);
}

/** Whether a value that `joinHalves` gave is exact. */
export function isExact(high: number): boolean {
  return high >= -0x20_0000 && high < 0x20_0000;
}

/** Stores a safe integer as two halves. */
export function storeHalves(pairs: Int32Array, index: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  pairs[2 * index] = value - high * 0x1_0000_0000 | 0;
  pairs[2 * index + 1] = high;
}
