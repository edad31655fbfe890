/** Points gathered by cells of the screen: one circle for each cell, its size by what it gathers. */
import type { PageCluster } from "./description.ts";
import type { Box } from "./_mercator.ts";
import type { LayerState } from "./_layer_state.ts";
import { overlaps } from "./_model.ts";
import { along, position } from "./_scales.ts";

/** One circle. */
export interface Cluster {
  /** The mean of its points in the plane. */
  readonly x: number;
  readonly y: number;
  readonly count: number;
  readonly value: number;
  /** Its diameter in pixels. */
  readonly size: number;
  /** The rows of its points. */
  readonly rows: readonly number[];
}

/** Gathers a layer's points within a box. The cells lie still while the map moves, and change at whole zooms. */
export function clustersOf(state: LayerState, cluster: PageCluster, zoom: number, box: Box): Cluster[] {
  const { point } = state.data;
  if (!point) return [];
  const cell = cluster.resolution / 2 ** Math.floor(zoom);
  const cells = new Map<string, { x: number; y: number; rows: number[] }>();
  // Whole cells: else a circle would change its size at the edge of the map.
  const [west, east] = [Math.floor(box.west / cell) * cell, Math.ceil(box.east / cell) * cell];
  const [south, north] = [Math.floor(box.south / cell) * cell, Math.ceil(box.north / cell) * cell];
  for (let i = 0; i < point.vertices.length / 2; i++) {
    const row = point.rows === null ? i : point.rows[i] as number;
    const [x, y] = [point.vertices[i * 2] as number, point.vertices[i * 2 + 1] as number];
    if (!overlaps({ west, south, east, north }, x, y, x, y) || !state.passes(row)) continue;
    const key = `${Math.floor(x / cell)} ${Math.floor(y / cell)}`;
    const known = cells.get(key);
    if (known) {
      known.x += x;
      known.y += y;
      known.rows.push(row);
    } else cells.set(key, { x, y, rows: [row] });
  }
  const found = [...cells.values()].map(({ x, y, rows }) => ({
    x: x / rows.length,
    y: y / rows.length,
    rows,
    count: rows.length,
    value: gather(state, cluster.operation, cluster.column, rows),
  })).filter(({ value }) => !Number.isNaN(value));
  const range = rangeOf(found.map(({ value }) => value));
  return found.map((each) => ({
    ...each,
    size: along(cluster.sizes, position(each.value, range, "linear"), (a, b, t) => a + (b - a) * t),
  }));
}

/** One number for many rows; NaN where there is none. */
export function gather(
  state: LayerState,
  operation: PageCluster["operation"],
  name: string | null,
  rows: Iterable<number> & { readonly length: number },
): number {
  const column = state.column(name);
  if (operation === "count" && name === null) return rows.length;
  if (!column) return NaN;
  let [count, sum, min, max] = [0, 0, Infinity, -Infinity];
  for (const row of rows) {
    if (operation === "count") {
      if (!column.isNull(row)) count++;
      continue;
    }
    const value = column.number(row);
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (operation === "count") return count;
  if (count === 0) return NaN;
  return operation === "sum" ? sum : operation === "avg" ? sum / count : operation === "min" ? min : max;
}

/** The smallest and largest of some numbers; `[0, 0]` for none. */
export function rangeOf(values: Iterable<number>): [min: number, max: number] {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min && value > -Infinity) min = value;
    if (value > max && value < Infinity) max = value;
  }
  return min <= max ? [min, max] : [0, 0];
}
