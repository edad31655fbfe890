import { sameBytes } from "../frame/_bytes.ts";
import { type BytesData, type DictionaryData, isValid } from "../frame/_data.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Texts one after the other. */
export interface Texts {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** The different texts of a column, in the order met, and how often each occurs. */
export interface TextCounts {
  /** The code of each row; 0 where it has no value. */
  readonly codes: Int32Array;
  readonly dictionary: Texts;
  readonly counts: Float64Array;
}

/** One text. */
export function textAt({ bytes, offsets }: Texts, index: number): string {
  return decoder.decode(bytes.subarray(offsets[index], offsets[index + 1]));
}

/** Some texts, laid out one after the other. */
export function layTexts(texts: Iterable<string>): Texts {
  const parts = Array.from(texts, (text) => encoder.encode(text));
  const offsets = new Int32Array(parts.length + 1);
  parts.forEach((part, i) => offsets[i + 1] = (offsets[i] as number) + part.length);
  const bytes = new Uint8Array(offsets.at(-1) ?? 0);
  parts.forEach((part, i) => bytes.set(part, offsets[i]));
  return { bytes, offsets };
}

/**
 * Counts the different texts of a column, without an object for each row; undefined as soon as there are more than
 * `limit`.
 */
export function countTexts(data: BytesData | DictionaryData, limit: number): TextCounts | undefined {
  if (data.kind === "bytes") return countBytes(data, limit);
  const counts = countCodes(data);
  return counts.counts.length > limit ? undefined : counts;
}

/** The dictionary may hold texts that no row has: they get no code. */
function countCodes({ codes, dictionary, length, validity }: DictionaryData): TextCounts {
  const size = dictionary.offsets.length - 1;
  const all = new Float64Array(size);
  for (let row = 0; row < length; row++) {
    if (isValid(validity, row)) all[codes[row] as number] = (all[codes[row] as number] as number) + 1;
  }
  if (validity === undefined && all.every((count) => count > 0)) {
    return { codes, dictionary, counts: all };
  }
  const used = Array.from({ length: size }, (_, code) => code).filter((code) => all[code] !== 0);
  const moved = new Int32Array(size);
  used.forEach((code, i) => moved[code] = i);
  const result = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (isValid(validity, row)) result[row] = moved[codes[row] as number] as number;
  }
  return {
    codes: result,
    dictionary: gatherTexts(dictionary, used),
    counts: Float64Array.from(used, (code) => all[code] as number),
  };
}

function gatherTexts({ bytes, offsets }: Texts, indices: readonly number[]): Texts {
  const starts = new Int32Array(indices.length + 1);
  indices.forEach((index, i) =>
    starts[i + 1] = (starts[i] as number) + (offsets[index + 1] as number) - (offsets[index] as number)
  );
  const result = new Uint8Array(starts.at(-1) ?? 0);
  indices.forEach((index, i) => result.set(bytes.subarray(offsets[index], offsets[index + 1]), starts[i]));
  return { bytes: result, offsets: starts };
}

function countBytes({ bytes, offsets, length, validity }: BytesData, limit: number): TextCounts | undefined {
  const codes = new Int32Array(length);
  const firstRows: number[] = [];
  const hashes: number[] = [];
  const counts: number[] = [];
  let slots = new Int32Array(1024);
  const place = (hash: number): number => hash & (slots.length - 1);
  const enlarge = (): void => {
    slots = new Int32Array(slots.length * 4);
    hashes.forEach((hash, code) => {
      let at = place(hash);
      while (slots[at] !== 0) at = place(at + 1);
      slots[at] = code + 1;
    });
  };
  for (let row = 0; row < length; row++) {
    if (!isValid(validity, row)) continue;
    const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
    const hash = hashOf(bytes, start, end);
    let at = place(hash);
    let code = (slots[at] as number) - 1;
    while (code >= 0) {
      const first = firstRows[code] as number;
      const from = offsets[first] as number;
      const same = hashes[code] === hash && (offsets[first + 1] as number) - from === end - start &&
        sameBytes(bytes, from, bytes, start, end - start);
      if (same) break;
      at = place(at + 1);
      code = (slots[at] as number) - 1;
    }
    if (code < 0) {
      if (counts.length >= limit) return undefined;
      code = counts.push(0) - 1;
      firstRows.push(row);
      hashes.push(hash);
      slots[at] = code + 1;
      if (counts.length * 2 > slots.length) enlarge();
    }
    codes[row] = code;
    counts[code] = (counts[code] as number) + 1;
  }
  return { codes, dictionary: gatherTexts({ bytes, offsets }, firstRows), counts: Float64Array.from(counts) };
}

/** FNV-1a, its bits mixed once more for tables of a power of two. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) ^ hash >>> 12;
}
