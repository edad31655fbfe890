/** Rings and lines, x and y by turns, cut off at a square from 0 to some extent. */

/** The part of a ring, which is not closed, within the square. */
export function clipRing(ring: readonly number[], extent: number): readonly number[] {
  let result = ring;
  for (const axis of [0, 1]) {
    for (const [edge, sign] of [[0, 1], [extent, -1]] as const) {
      const from = result;
      const kept: number[] = [];
      for (let i = 0; i < from.length; i += 2) {
        const before = (i + from.length - 2) % from.length;
        const [a, b] = [
          ((from[before + axis] as number) - edge) * sign,
          ((from[i + axis] as number) - edge) * sign,
        ];
        if (a >= 0 !== b >= 0) {
          const t = a / (a - b);
          kept.push(
            (from[before] as number) + ((from[i] as number) - (from[before] as number)) * t,
            (from[before + 1] as number) + ((from[i + 1] as number) - (from[before + 1] as number)) * t,
          );
        }
        if (b >= 0) kept.push(from[i] as number, from[i + 1] as number);
      }
      result = kept;
    }
  }
  return result;
}

/** The parts of a line within the square. */
export function clipLine(line: readonly number[], extent: number): number[][] {
  const parts: number[][] = [];
  let open: number[] | null = null;
  for (let i = 2; i < line.length; i += 2) {
    const [x0, y0] = [line[i - 2] as number, line[i - 1] as number];
    const [dx, dy] = [(line[i] as number) - x0, (line[i + 1] as number) - y0];
    let [from, to] = [0, 1];
    for (const [p, q] of [[-dx, x0], [dx, extent - x0], [-dy, y0], [dy, extent - y0]] as const) {
      if (p === 0) {
        if (q < 0) to = -1;
      } else if (p < 0) from = Math.max(from, q / p);
      else to = Math.min(to, q / p);
    }
    if (from > to) {
      open = null;
      continue;
    }
    if (open === null || from > 0) parts.push(open = [x0 + dx * from, y0 + dy * from]);
    open.push(x0 + dx * to, y0 + dy * to);
    if (to < 1) open = null;
  }
  return parts;
}
