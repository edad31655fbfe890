import { asciiText, checkColumnBytes, concatBytes } from "./_bytes.ts";
import {
  bitAt,
  type BytesData,
  type ColumnData,
  type DictionaryData,
  isValid,
  nullData,
  type Validity,
} from "./_data.ts";
import { pointEwkb } from "./_geometry_builder.ts";
import type { Field } from "./types.ts";

/** A dictionary with more entries than this saves too little. */
const MAX_ENTRIES = 4096;

interface Common {
  length: number;
  nullCount: number;
  validity: Validity;
}

/** Rows at the given indexes, in that order. */
export function gatherData(data: ColumnData, rows: ArrayLike<number>): ColumnData {
  const length = rows.length;
  const common: Common = gatherValidity(data, rows);
  switch (data.kind) {
    case "bool": {
      const bits = new Uint8Array((length + 7) >> 3);
      for (let i = 0; i < length; i++) {
        if (bitAt(data.bits, rows[i] as number)) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
      }
      return { ...common, kind: "bool", bits };
    }
    case "number": {
      const values = new (data.values.constructor as Float64ArrayConstructor)(length);
      for (let i = 0; i < length; i++) values[i] = data.values[rows[i] as number] as number;
      return { ...common, kind: "number", values };
    }
    case "int64": {
      const values = new BigInt64Array(length);
      for (let i = 0; i < length; i++) values[i] = data.values[rows[i] as number] as bigint;
      return { ...common, kind: "int64", values };
    }
    case "point": {
      const xy = new Float64Array(2 * length);
      for (let i = 0; i < length; i++) {
        xy[2 * i] = data.xy[2 * (rows[i] as number)] as number;
        xy[2 * i + 1] = data.xy[2 * (rows[i] as number) + 1] as number;
      }
      return { ...common, kind: "point", xy, srid: data.srid };
    }
    case "dictionary": {
      const codes = new Int32Array(length);
      for (let i = 0; i < length; i++) codes[i] = data.codes[rows[i] as number] as number;
      return { ...common, kind: "dictionary", codes, dictionary: data.dictionary };
    }
    case "bytes":
      return gatherBytes(data.offsets, data.bytes, rows, common);
  }
}

function gatherBytes(
  from: Int32Array,
  source: Uint8Array,
  rows: ArrayLike<number>,
  common: Common,
): BytesData {
  const offsets = new Int32Array(rows.length + 1);
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    total += (from[row + 1] as number) - (from[row] as number);
    checkColumnBytes(total);
    offsets[i + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    bytes.set(source.subarray(from[row], from[row + 1]), offsets[i]);
  }
  return { ...common, kind: "bytes", offsets, bytes };
}

function gatherValidity(data: ColumnData, rows: ArrayLike<number>): Common {
  const length = rows.length;
  if (data.validity === undefined) return { length, nullCount: 0, validity: undefined };
  const validity = new Uint8Array((length + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    if (isValid(data.validity, rows[i] as number)) {
      validity[i >> 3] = (validity[i >> 3] as number) | (1 << (i & 7));
    } else nullCount++;
  }
  return { length, nullCount, validity: nullCount === 0 ? undefined : validity };
}

/** Every row's own bytes, for a dictionary or points. */
export function plainBytes(data: ColumnData): BytesData {
  const { length, nullCount, validity } = data;
  if (data.kind === "bytes") return data;
  if (data.kind === "dictionary") {
    return gatherBytes(data.dictionary.offsets, data.dictionary.bytes, data.codes, {
      length,
      nullCount,
      validity,
    });
  }
  if (data.kind !== "point") throw new TypeError(`Cannot turn ${data.kind} into bytes`);
  const size = data.srid === 0 ? 21 : 25;
  checkColumnBytes(length * size);
  const offsets = new Int32Array(length + 1);
  const bytes = new Uint8Array((length - nullCount) * size);
  let at = 0;
  for (let row = 0; row < length; row++) {
    if (isValid(validity, row)) {
      bytes.set(pointEwkb(data.xy[2 * row] as number, data.xy[2 * row + 1] as number, data.srid), at);
      at += size;
    }
    offsets[row + 1] = at;
  }
  return { length, nullCount, validity, kind: "bytes", offsets, bytes };
}

/** Columns of one type, one after the other. */
export function concatData(field: Field, parts: readonly ColumnData[]): ColumnData {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length === 0) return parts[0] ?? nullData(field, 0);
  const [first] = filled;
  if (first === undefined || filled.length === 1) return first as ColumnData;
  const common = concatValidity(filled);
  switch (first.kind) {
    case "bool": {
      const bits = new Uint8Array((common.length + 7) >> 3);
      let at = 0;
      for (const part of filled as (typeof first)[]) {
        for (let row = 0; row < part.length; row++, at++) {
          if (bitAt(part.bits, row)) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
        }
      }
      return { ...common, kind: "bool", bits };
    }
    case "number": {
      const values = new (first.values.constructor as Float64ArrayConstructor)(common.length);
      joinInto(filled as (typeof first)[], (part, at) => values.set(part.values, at));
      return { ...common, kind: "number", values };
    }
    case "int64": {
      const values = new BigInt64Array(common.length);
      joinInto(filled as (typeof first)[], (part, at) => values.set(part.values, at));
      return { ...common, kind: "int64", values };
    }
  }
  if (first.kind === "point" && filled.every((part) => part.kind === "point" && part.srid === first.srid)) {
    const xy = new Float64Array(2 * common.length);
    joinInto(filled as (typeof first)[], (part, at) => xy.set(part.xy, 2 * at));
    return { ...common, kind: "point", xy, srid: first.srid };
  }
  if (
    first.kind === "dictionary" &&
    filled.every((p) => p.kind === "dictionary" && p.dictionary === first.dictionary)
  ) {
    const codes = new Int32Array(common.length);
    joinInto(filled as (typeof first)[], (part, at) => codes.set(part.codes, at));
    return { ...common, kind: "dictionary", codes, dictionary: first.dictionary };
  }
  if (filled.every((part) => part.kind === "dictionary")) {
    const joined = joinDictionaries(filled as DictionaryData[], common);
    if (joined !== undefined) return joined;
  }
  return joinBytes(filled.map(plainBytes), common);
}

function joinInto<T extends ColumnData>(parts: readonly T[], copy: (part: T, at: number) => void): void {
  let at = 0;
  for (const part of parts) {
    copy(part, at);
    at += part.length;
  }
}

/** Columns of few values as one of few values; undefined where the values of all are too many for that. */
function joinDictionaries(parts: readonly DictionaryData[], common: Common): DictionaryData | undefined {
  const known = new Map<string, number>();
  const values: Uint8Array[] = [];
  const codes = new Int32Array(common.length);
  let at = 0;
  for (const part of parts) {
    const { offsets, bytes } = part.dictionary;
    const entries = Array.from({ length: offsets.length - 1 }, (_, entry) => {
      const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number];
      // A character for each byte, whatever the bytes are
      const key = asciiText(bytes, start, end);
      const code = known.get(key) ?? values.push(bytes.subarray(start, end)) - 1;
      known.set(key, code);
      return code;
    });
    if (values.length > MAX_ENTRIES) return undefined;
    for (let row = 0; row < part.length; row++) codes[at++] = entries[part.codes[row] as number] as number;
  }
  const offsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => offsets[i + 1] = (offsets[i] as number) + value.length);
  return { ...common, kind: "dictionary", codes, dictionary: { offsets, bytes: concatBytes(values) } };
}

function joinBytes(parts: readonly BytesData[], common: Common): BytesData {
  let total = 0;
  for (const { offsets, length } of parts) total += (offsets[length] as number) - (offsets[0] as number);
  checkColumnBytes(total);
  const offsets = new Int32Array(common.length + 1);
  const bytes = new Uint8Array(total);
  let row = 0;
  let to = 0;
  for (const part of parts) {
    const base = part.offsets[0] as number;
    bytes.set(part.bytes.subarray(base, part.offsets[part.length]), to);
    for (let i = 1; i <= part.length; i++) offsets[++row] = (part.offsets[i] as number) - base + to;
    to = offsets[row] as number;
  }
  return { ...common, kind: "bytes", offsets, bytes };
}

function concatValidity(parts: readonly ColumnData[]): Common {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const nullCount = parts.reduce((sum, part) => sum + part.nullCount, 0);
  if (nullCount === 0) return { length, nullCount, validity: undefined };
  const validity = new Uint8Array((length + 7) >> 3);
  let at = 0;
  for (const part of parts) {
    for (let row = 0; row < part.length; row++, at++) {
      if (isValid(part.validity, row)) validity[at >> 3] = (validity[at >> 3] as number) | (1 << (at & 7));
    }
  }
  return { length, nullCount, validity };
}
