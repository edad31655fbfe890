import { byteFault, type Where } from "./_fault.ts";

/** The byte that two ASCII hex digits stand for, at the second times 256 plus the first; 256 for none. */
let pairs: Uint16Array | undefined;
/** The upper-case ASCII digits of each byte: the second times 256 plus the first. */
let digits: Uint16Array | undefined;

const DIGITS = "0123456789ABCDEF";

function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Built when first needed: importing the module costs nothing. */
function pairTable(): Uint16Array {
  if (pairs !== undefined) return pairs;
  pairs = new Uint16Array(65536).fill(256);
  for (let high = 48; high < 103; high++) {
    for (let low = 48; low < 103; low++) {
      const value = digitValue(high) << 4 | digitValue(low);
      if (digitValue(high) >= 0 && digitValue(low) >= 0) pairs[low << 8 | high] = value;
    }
  }
  return pairs;
}

function digitTable(): Uint16Array {
  digits ??= Uint16Array.from(
    { length: 256 },
    (_, byte) => DIGITS.charCodeAt(byte & 15) << 8 | DIGITS.charCodeAt(byte >> 4),
  );
  return digits;
}

/**
 * Turns ASCII hex digits from `start` to `end` into bytes at `to`. Answers the index of the first pair that is no hex
 * number, or -1. An even number of digits is assumed.
 */
export function readHex(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  to: number,
): number {
  const table = pairTable();
  let bad = 0;
  let out = to;
  for (let at = start; at < end; at += 2) {
    const value = table[(input[at + 1] as number) << 8 | (input[at] as number)] as number;
    bad |= value;
    output[out++] = value;
  }
  if ((bad & 256) === 0) return -1;
  for (let at = start; at < end; at += 2) {
    if (table[(input[at + 1] as number) << 8 | (input[at] as number)] === 256) return at;
  }
  return -1;
}

/** Writes bytes from `start` to `end` as upper-case ASCII hex digits at `to`; answers where they end. */
export function writeHex(
  bytes: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  to: number,
): number {
  const table = digitTable();
  let out = to;
  for (let at = start; at < end; at++) {
    const pair = table[bytes[at] as number] as number;
    output[out++] = pair & 255;
    output[out++] = pair >> 8;
  }
  return out;
}

/** The bytes that a text of hex digits stands for. */
export function bytesOfHex(text: string, where: Where): Uint8Array<ArrayBuffer> {
  if (text.length % 2 === 1) {
    throw byteFault(where, text.length >> 1, `${text.length} hex digits are not a whole number of bytes`);
  }
  try {
    return Uint8Array.fromHex(text);
  } catch {
    const at = [...text].findIndex((char) => digitValue(char.charCodeAt(0)) < 0);
    throw byteFault(where, at >> 1, `${JSON.stringify(text.charAt(at))} is no hex digit`);
  }
}

/** Bytes as upper-case hex digits, as PostGIS writes them. */
export function hexOf(bytes: Uint8Array): string {
  return bytes.toHex().toUpperCase();
}
