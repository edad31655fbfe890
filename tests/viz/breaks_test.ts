import { assert, assertEquals } from "@std/assert";
import { breaksOf as breaksOfExtent } from "../../src/viz/_breaks.ts";

/** The same, the extent looked up. */
function breaksOf(method: (typeof METHODS)[number], values: Float64Array, bins: number): number[] {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return breaksOfExtent(method, values, values.length === 0 ? undefined : [min, max], bins);
}

const METHODS = ["quantiles", "equal", "stdev"] as const;

/** Numbers that look random, the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ state >>> 13) >>> 0) / 2 ** 32;
  };
}

/** Many kinds of values: few, many, equal, skewed, huge, tiny, whole. */
function* samples(): Generator<Float64Array> {
  const next = random(7);
  const shapes: (() => number)[] = [
    next,
    () => Math.floor(next() * 3),
    () => Math.floor(next() * 50) - 25,
    () => Math.exp(20 * next()),
    () => (next() - 0.5) * 1.7e308,
    () => next() * 5e-324,
    () => next() < 0.9 ? 0 : 1e6 * next(),
    () => 1e15 + Math.floor(next() * 4),
  ];
  for (const shape of shapes) {
    for (const count of [0, 1, 2, 3, 10, 1000]) yield Float64Array.from({ length: count }, shape).sort();
  }
}

const classOf = (value: number, breaks: readonly number[]) => breaks.filter((each) => each <= value).length;

Deno.test("breaks ascend strictly, lie among the values, and leave the first and last class a value", () => {
  for (const values of samples()) {
    for (const method of METHODS) {
      for (const bins of [1, 2, 5, 30]) {
        const breaks = breaksOf(method, values, bins);
        assert(breaks.length < bins || bins === 1 && breaks.length === 0);
        assert(breaks.every((each, i) => Number.isFinite(each) && (i === 0 || each > (breaks[i - 1] ?? 0))));
        if (breaks.length === 0) continue;
        const [first = NaN, last = NaN] = [values[0], values.at(-1)];
        assertEquals([classOf(first, breaks), classOf(last, breaks)], [0, breaks.length]);
      }
    }
  }
});

Deno.test("quantiles hold as many values each, give or take one, where the values differ", () => {
  for (const count of [10, 100, 101, 999]) {
    const next = random(count);
    const values = Float64Array.from({ length: count }, next).sort();
    for (const bins of [2, 3, 5, 7]) {
      const breaks = breaksOf("quantiles", values, bins);
      const sizes = new Array(bins).fill(0);
      for (const value of values) sizes[classOf(value, breaks)]++;
      assert(Math.max(...sizes) - Math.min(...sizes) <= 1, `${count} in ${bins}: ${sizes}`);
    }
  }
});

Deno.test("quantiles leave no class empty, however many values are equal", () => {
  for (const values of samples()) {
    const breaks = breaksOf("quantiles", values, 5);
    const used = new Set(Array.from(values, (value) => classOf(value, breaks)));
    assertEquals(used.size, values.length === 0 ? 0 : breaks.length + 1);
  }
});

Deno.test("quantiles of many values are those of the values sorted", () => {
  const next = random(3);
  const shapes: (() => number)[] = [
    next,
    () => next() * 2000 - 1000,
    () => -Math.exp(700 * next()),
    () => 1e15 + Math.floor(next() * 1000),
    () => Math.floor(next() * 7) - 3,
    () => (next() - 0.5) * 5e-320,
  ];
  for (const shape of shapes) {
    const values = Float64Array.from({ length: 20_000 }, shape);
    const sorted = values.slice().sort();
    for (const bins of [2, 5, 64]) {
      const wanted = Array.from({ length: bins - 1 }, (_, i) => sorted[Math.floor((i + 1) * 20_000 / bins)]);
      const [min = 0] = sorted;
      const breaks = [...new Set(wanted)].filter((value) => Number(value) > min);
      assertEquals(breaksOf("quantiles", values, bins), min === sorted.at(-1) ? [] : breaks);
    }
  }
});

Deno.test("equal intervals are equally wide", () => {
  assertEquals(breaksOf("equal", Float64Array.of(0, 1, 10), 5), [2, 4, 6, 8]);
  assertEquals(breaksOf("equal", Float64Array.of(-1.6e308, 1.6e308), 2), [0]);
});

Deno.test("standard deviations: an even number of classes meets at the mean, an odd one has it in the middle", () => {
  const values = Float64Array.of(2, 4, 4, 4, 5, 5, 7, 9);
  assertEquals(breaksOf("stdev", values, 4).map((each) => Number(each.toFixed(9))), [3, 5, 7]);
  assertEquals(breaksOf("stdev", values, 3).map((each) => Number(each.toFixed(9))), [4, 6]);
});

Deno.test("equal values and no values have no breaks", () => {
  for (const method of METHODS) {
    assertEquals(breaksOf(method, Float64Array.of(3, 3, 3), 5), []);
    assertEquals(breaksOf(method, Float64Array.of(0, 0), 5), []);
    assertEquals(breaksOf(method, new Float64Array(), 5), []);
  }
});
