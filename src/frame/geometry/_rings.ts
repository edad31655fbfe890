/** Whether the coordinate at `at` is the same as the one before it, in every dimension. */
export function isTwice(view: DataView, at: number, step: number): boolean {
  for (let byte = 0; byte < step; byte += 8) {
    if (view.getFloat64(at + byte, true) !== view.getFloat64(at + byte - step, true)) return false;
  }
  return true;
}

/** Twice the area of a ring, closed or not: positive where it runs counter-clockwise. */
export function signedArea(view: DataView, at: number, count: number, step: number): number {
  // Relative to the first vertex, so that small rings far from the origin keep their digits
  const x0 = view.getFloat64(at, true);
  const y0 = view.getFloat64(at + 8, true);
  let area = 0;
  let x1 = 0;
  let y1 = 0;
  for (let i = 1; i < count; i++) {
    const x2 = view.getFloat64(at + i * step, true) - x0;
    const y2 = view.getFloat64(at + i * step + 8, true) - y0;
    area += x1 * y2 - x2 * y1;
    x1 = x2;
    y1 = y2;
  }
  return area;
}
