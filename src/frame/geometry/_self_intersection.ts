/** Pairs of segments compared at most in one ring: some tenths of a second. */
const MAX_PAIRS = 20_000_000;

/**
 * Where a ring crosses or touches itself: a point near there, undefined for nowhere, or `gave-up` after too many
 * comparisons. The ring may be open; it is closed for the purpose. All its numbers must be finite.
 *
 * The segments are swept from west to east, each compared with those whose x range it shares: close to
 * linear for rings as they occur.
 */
export function findSelfIntersection(
  view: DataView,
  at: number,
  count: number,
  step: number,
): [number, number] | "gave-up" | undefined {
  const ring = distinctVertices(view, at, count, step);
  const segments = ring.length / 2;
  if (segments < 3) return undefined;
  const x = (i: number): number => ring[2 * (i % segments)] as number;
  const order = Uint32Array.from({ length: segments }, (_, i) => i);
  const west = Float64Array.from(order, (i) => Math.min(x(i), x(i + 1)));
  order.sort((a, b) => (west[a] as number) - (west[b] as number));
  let active: number[] = [];
  let pairs = 0;
  for (const segment of order) {
    const start = west[segment] as number;
    active = active.filter((other) => Math.max(x(other), x(other + 1)) >= start);
    pairs += active.length + 1;
    if (pairs > MAX_PAIRS) return "gave-up";
    for (const other of active) {
      const meeting = meet(ring, segments, other, segment);
      if (meeting !== undefined) return meeting;
    }
    active.push(segment);
  }
  return undefined;
}

/** The vertices as x, y, x, y …, without repetitions and without the closing one. */
function distinctVertices(view: DataView, at: number, count: number, step: number): Float64Array {
  const ring = new Float64Array(2 * count);
  let length = 0;
  for (let i = 0; i < count; i++) {
    const x = view.getFloat64(at + i * step, true);
    const y = view.getFloat64(at + i * step + 8, true);
    if (length > 0 && ring[length - 2] === x && ring[length - 1] === y) continue;
    ring[length++] = x;
    ring[length++] = y;
  }
  while (length > 2 && ring[0] === ring[length - 2] && ring[1] === ring[length - 1]) length -= 2;
  return ring.subarray(0, length);
}

/** A point that two segments of a ring share, other than the vertex between neighbours. */
function meet(ring: Float64Array, segments: number, i: number, j: number): [number, number] | undefined {
  const a = 2 * i;
  const b = 2 * ((i + 1) % segments);
  const c = 2 * j;
  const d = 2 * ((j + 1) % segments);
  const side = (p: number, q: number, r: number): number =>
    ((ring[q] as number) - (ring[p] as number)) * ((ring[r + 1] as number) - (ring[p + 1] as number)) -
    ((ring[q + 1] as number) - (ring[p + 1] as number)) * ((ring[r] as number) - (ring[p] as number));
  const point = (p: number): [number, number] => [ring[p] as number, ring[p + 1] as number];
  if (b === c || d === a) {
    // Neighbours share a vertex; they meet elsewhere only when the ring turns back on itself.
    const [before, shared, after] = b === c ? [a, b, d] : [c, d, b];
    return side(before, shared, after) === 0 && isBack(ring, before, shared, after)
      ? point(shared)
      : undefined;
  }
  const ac = side(a, b, c);
  const ad = side(a, b, d);
  const ca = side(c, d, a);
  const cb = side(c, d, b);
  if (ac === 0 && isBetween(ring, a, b, c)) return point(c);
  if (ad === 0 && isBetween(ring, a, b, d)) return point(d);
  if (ca === 0 && isBetween(ring, c, d, a)) return point(a);
  if (cb === 0 && isBetween(ring, c, d, b)) return point(b);
  if (ac > 0 === ad > 0 || ca > 0 === cb > 0 || ac === 0 || ad === 0 || ca === 0 || cb === 0) {
    return undefined;
  }
  const share = ca / (ca - cb);
  const [x1, y1] = point(a);
  const [x2, y2] = point(b);
  return [x1 + share * (x2 - x1), y1 + share * (y2 - y1)];
}

/** Whether the way from `shared` to `after` goes back towards `before`; the three are on one line. */
function isBack(ring: Float64Array, before: number, shared: number, after: number): boolean {
  const x = ring[shared] as number;
  const y = ring[shared + 1] as number;
  return ((ring[before] as number) - x) * ((ring[after] as number) - x) +
      ((ring[before + 1] as number) - y) * ((ring[after + 1] as number) - y) > 0;
}

/** Whether `r`, which is on the line through `p` and `q`, lies between them. */
function isBetween(ring: Float64Array, p: number, q: number, r: number): boolean {
  for (let i = 0; i < 2; i++) {
    const from = Math.min(ring[p + i] as number, ring[q + i] as number);
    const to = Math.max(ring[p + i] as number, ring[q + i] as number);
    const value = ring[r + i] as number;
    if (value < from || value > to) return false;
  }
  return true;
}
