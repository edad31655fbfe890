import type { BinsMethod } from "./styles/style.ts";

/**
 * Where classes of numbers begin and end, strictly ascending: class i holds `breaks[i - 1] <= v < breaks[i]`. There are
 * fewer than asked for where the values do not tell so many classes apart, and none where all are equal.
 *
 * @param values Finite values, in any order
 * @param extent The smallest and largest of them; undefined where there are none
 * @param bins How many classes are wanted
 */
export function breaksOf(
  method: BinsMethod,
  values: Float64Array,
  extent: readonly [min: number, max: number] | undefined,
  bins: number,
): number[] {
  if (extent === undefined || extent[0] === extent[1]) return [];
  const [min, max] = extent;
  const found = method === "quantiles"
    ? quantiles(values, bins)
    : method === "equal"
    ? equalIntervals(min, max, bins)
    : standardDeviations(values, Math.max(Math.abs(min), Math.abs(max)), bins);
  // A break at or below the smallest value would begin an empty class, one above the largest end one
  return [...new Set(found)].filter((value) => Number.isFinite(value) && value > min && value <= max);
}

/** As many values in each class, as far as equal values are not torn apart. */
function quantiles(values: Float64Array, bins: number): number[] {
  const ranks = Array.from({ length: bins - 1 }, (_, i) => Math.floor((i + 1) * values.length / bins));
  if (values.length < 10_000) {
    const sorted = values.slice().sort();
    return ranks.map((rank) => sorted[rank] as number);
  }
  return valuesAt(values, ranks);
}

/**
 * The values that would stand at some ranks if all were sorted, the ranks ascending. To sort a million takes a tenth of a
 * second; here they are counted by the first 16 bits of their doubles, and only those are sorted that share them with a
 * value wanted.
 */
function valuesAt(values: Float64Array, ranks: readonly number[]): number[] {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  const counts = new Uint32Array(65_536);
  for (let i = 1; i < words.length; i += 2) {
    const key = keyOf(words[i] as number);
    counts[key] = (counts[key] as number) + 1;
  }
  const slots = new Int32Array(65_536).fill(-1);
  const groups: { values: Float64Array; filled: number; before: number }[] = [];
  let before = 0;
  let next = 0;
  for (let key = 0; key < counts.length && next < ranks.length; key++) {
    const count = counts[key] as number;
    if ((ranks[next] as number) < before + count) {
      slots[key] = groups.push({ values: new Float64Array(count), filled: 0, before }) - 1;
      while (next < ranks.length && (ranks[next] as number) < before + count) next++;
    }
    before += count;
  }
  for (let i = 0; i < values.length; i++) {
    const slot = slots[keyOf(words[2 * i + 1] as number)] as number;
    if (slot < 0) continue;
    const group = groups[slot];
    if (group !== undefined) group.values[group.filled++] = values[i] as number;
  }
  for (const group of groups) group.values.sort();
  return ranks.map((rank) => {
    const group = groups.findLast((each) => each.before <= rank);
    return group?.values[rank - group.before] as number;
  });
}

/** The first bits of a double as a number of the same order: negative ones run backwards. */
function keyOf(high: number): number {
  return (high & 0x8000_0000) === 0 ? (high >>> 16) + 0x8000 : 0xffff - (high >>> 16);
}

function equalIntervals(min: number, max: number, bins: number): number[] {
  const width = max - min;
  return Array.from({ length: bins - 1 }, (_, i) => {
    const part = (i + 1) / bins;
    // The difference of two large numbers may be infinite
    return Number.isFinite(width) ? min + (i + 1) * width / bins : min * (1 - part) + max * part;
  });
}

/** Classes one standard deviation wide, around the mean: it lies in the middle of one, or between two. */
function standardDeviations(values: Float64Array, largest: number, bins: number): number[] {
  // In parts of the largest, so that no square is infinite
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = (values[i] as number) / largest;
    const change = value - mean;
    mean += change / (i + 1);
    squares += change * (value - mean);
  }
  const deviation = Math.sqrt(squares / values.length);
  return Array.from({ length: bins - 1 }, (_, i) => (mean + (i + 1 - bins / 2) * deviation) * largest);
}
