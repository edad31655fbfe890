import type { BinsMethod } from "./styles/style.ts";

/**
 * Where classes of numbers begin and end, strictly ascending: class i holds `breaks[i - 1] <= v < breaks[i]`. There are
 * fewer than asked for where the values do not tell so many classes apart, and none where all are equal.
 *
 * @param sorted The finite values, ascending
 * @param bins How many classes are wanted
 */
export function breaksOf(method: BinsMethod, sorted: Float64Array, bins: number): number[] {
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined || min === max) return [];
  const found = method === "quantiles"
    ? quantiles(sorted, bins)
    : method === "equal"
    ? equalIntervals(min, max, bins)
    : standardDeviations(sorted, bins);
  // A break at or below the smallest value would begin an empty class, one above the largest end one
  return [...new Set(found)].filter((value) => Number.isFinite(value) && value > min && value <= max);
}

/** As many values in each class, as far as equal values are not torn apart. */
function quantiles(sorted: Float64Array, bins: number): number[] {
  return Array.from(
    { length: bins - 1 },
    (_, i) => sorted[Math.floor((i + 1) * sorted.length / bins)] as number,
  );
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
function standardDeviations(sorted: Float64Array, bins: number): number[] {
  // Scaled, so that no square of a large number is infinite
  const scale = Math.max(Math.abs(sorted[0] as number), Math.abs(sorted.at(-1) as number));
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < sorted.length; i++) {
    const value = (sorted[i] as number) / scale;
    const change = value - mean;
    mean += change / (i + 1);
    squares += change * (value - mean);
  }
  const deviation = Math.sqrt(squares / sorted.length);
  return Array.from({ length: bins - 1 }, (_, i) => (mean + (i + 1 - bins / 2) * deviation) * scale);
}
