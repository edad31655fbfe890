import { UnsupportedError } from "../errors/mod.ts";

/** The most bytes that one column of one frame can hold: offsets are 32-bit, as in Arrow. */
export const MAX_COLUMN_BYTES = 0x7fff_ffff;

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
 * step by step leaves garbage behind. Bounded, since there may be no next one.
 */
export function nextCapacity(length: number): number {
  return Math.max(64, Math.min(length + (length >> 3), 65_536));
}

/** Refuses a column that outgrows 32-bit offsets. */
export function checkColumnBytes(bytes: number): void {
  if (bytes <= MAX_COLUMN_BYTES) return;
  throw new UnsupportedError("Cannot hold more than 2 GiB of text or geometry in one column", {
    hint: "Read the table in batches: readCartoBatches()",
  });
}

/** Shared by all decoding of whole texts; a byte order mark inside a value is part of the value. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

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

/** Hex digit → value, 255 for anything else. */
export const HEX_VALUE: Uint8Array<ArrayBuffer> = hexValues();

function hexValues(): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(256).fill(255);
  for (let i = 0; i < 10; i++) table[48 + i] = i;
  for (let i = 0; i < 6; i++) table[65 + i] = table[97 + i] = 10 + i;
  return table;
}

/** Byte → its two upper-case hex digits, the first in the low byte. */
export const HEX_PAIR: Uint16Array<ArrayBuffer> = hexPairs();

function hexPairs(): Uint16Array<ArrayBuffer> {
  const digits = "0123456789ABCDEF";
  const table = new Uint16Array(256);
  for (let i = 0; i < 256; i++) table[i] = digits.charCodeAt(i >> 4) | (digits.charCodeAt(i & 15) << 8);
  return table;
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
