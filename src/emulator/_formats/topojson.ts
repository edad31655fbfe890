import type { RowField } from "../_db/protocol.ts";
import { ByteWriter } from "./byte_writer.ts";
import { forEachRow, type RunContext } from "./collect_rows.ts";
import { GeojsonFormat, geojsonSql } from "./geojson.ts";

/** Steps in each direction into which coordinates are rounded. */
const STEPS = 1e4;

type Position = readonly number[];

interface GeojsonGeometry {
  readonly type: string;
  readonly coordinates?: unknown;
  readonly geometries?: readonly GeojsonGeometry[];
}

interface Feature {
  readonly geometry: GeojsonGeometry | null;
  readonly properties: Record<string, unknown>;
}

/** The rows as a topology, in which neighbours share the lines between them. */
export async function topojsonDocument(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
  decimalPlaces: number,
): Promise<string> {
  const features: Feature[] = [];
  const format = new GeojsonFormat(undefined, skipped);
  const out = new ByteWriter();
  const decoder = new TextDecoder();
  let known: readonly RowField[] | undefined;
  await forEachRow(context, geojsonSql(sql, decimalPlaces), (payload, fields) => {
    if (known !== fields) format.columns(fields);
    known = fields;
    format.row(out, payload);
    features.push(JSON.parse(decoder.decode(out.take()).replace(/^,/, "")));
  });
  return JSON.stringify(buildTopology(features));
}

/** A topology out of features: rounded coordinates, lines cut where neighbours part, each part kept once. */
export function buildTopology(features: readonly Feature[]): Record<string, unknown> {
  const grid = new Grid(features);
  const lines: Position[][] = [];
  const shapes = features.map(({ geometry }) => geometry === null ? null : grid.round(geometry, lines));
  const arcs = new ArcList(findJunctions(lines));
  const objects = Object.fromEntries(features.map(({ properties }, index) => {
    const shape = shapes[index] ?? null;
    return [String(index), { ...(shape === null ? { type: null } : arcs.encode(shape)), properties }];
  }));
  return { type: "Topology", transform: grid.transform, objects, arcs: arcs.deltas() };
}

/** Rounds coordinates down to steps between the least and the greatest of all. */
class Grid {
  readonly transform: { scale: number[]; translate: number[] };
  readonly #stepsPerUnit: readonly number[];

  constructor(features: readonly Feature[]) {
    const bounds = [Infinity, Infinity, -Infinity, -Infinity];
    const visit = (value: unknown): void => {
      if (!Array.isArray(value)) return;
      if (typeof value[0] !== "number") return value.forEach(visit);
      for (const axis of [0, 1]) {
        bounds[axis] = Math.min(bounds[axis] as number, value[axis]);
        bounds[axis + 2] = Math.max(bounds[axis + 2] as number, value[axis]);
      }
    };
    const walk = (geometry: GeojsonGeometry | null): void => {
      visit(geometry?.coordinates);
      geometry?.geometries?.forEach(walk);
    };
    features.forEach(({ geometry }) => walk(geometry));
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = bounds.map((bound) => Number.isFinite(bound) ? bound : 0);
    const sizes = [x1 - x0, y1 - y0];
    const scale = sizes.map((size) => size > 0 ? size / (STEPS - 1) : 1);
    this.transform = { scale, translate: [x0, y0] };
    this.#stepsPerUnit = sizes.map((size) => size > 0 ? (STEPS - 1) / size : 1);
  }

  /** The geometry with rounded coordinates; its lines and rings are added to `lines`. */
  round(geometry: GeojsonGeometry, lines: Position[][]): GeojsonGeometry {
    if (geometry.geometries !== undefined) {
      return { type: geometry.type, geometries: geometry.geometries.map((part) => this.round(part, lines)) };
    }
    const isLine = geometry.type.endsWith("LineString") || geometry.type.endsWith("Polygon");
    const isRing = geometry.type.endsWith("Polygon");
    const round = (value: unknown): unknown => {
      if (!Array.isArray(value)) return value;
      if (typeof value[0] === "number") return this.#position(value);
      const parts = value.map(round);
      const isPath = isLine && Array.isArray(value[0]) && typeof value[0][0] === "number";
      if (!isPath) return parts;
      const line = withoutRepeats(parts as Position[], isRing);
      lines.push(line);
      return line;
    };
    return { type: geometry.type, coordinates: round(geometry.coordinates) };
  }

  #position(value: readonly number[]): Position {
    return [0, 1].map((axis) => {
      const steps = this.#stepsPerUnit[axis] as number;
      return Math.floor(((value[axis] as number) - (this.transform.translate[axis] as number)) * steps);
    });
  }
}

/** Drops positions that rounding made equal to the one before, down to what the shape needs. */
function withoutRepeats(line: readonly Position[], isRing: boolean): Position[] {
  const least = isRing ? 4 : 2;
  const kept = line.filter((position, index) => index === 0 || keyOf(position) !== keyOf(line[index - 1]));
  while (kept.length < least) kept.push(kept[0] ?? [0, 0]);
  return kept;
}

function keyOf(position: Position | undefined): string {
  return `${position?.[0]},${position?.[1]}`;
}

function isClosed(line: readonly Position[]): boolean {
  return line.length > 3 && keyOf(line[0]) === keyOf(line.at(-1));
}

/** The positions where lines part: those that do not have the same two neighbours wherever they occur. */
function findJunctions(lines: readonly Position[][]): Set<string> {
  const neighbours = new Map<string, string>();
  const junctions = new Set<string>();
  for (const line of lines) {
    const closed = isClosed(line);
    const last = closed ? line.length - 1 : line.length;
    for (let index = 0; index < last; index++) {
      const key = keyOf(line[index]);
      const isEnd = !closed && (index === 0 || index === last - 1);
      const before = keyOf(line[closed && index === 0 ? last - 1 : index - 1]);
      const pair = [before, keyOf(line[index + 1])].sort().join(" ");
      const known = neighbours.get(key);
      if (isEnd || (known !== undefined && known !== pair)) junctions.add(key);
      neighbours.set(key, pair);
    }
  }
  return junctions;
}

/** Collects the parts of lines between junctions, each once, in the order in which they are met. */
class ArcList {
  readonly #junctions: ReadonlySet<string>;
  readonly #arcs: Position[][] = [];
  readonly #indices = new Map<string, number>();

  constructor(junctions: ReadonlySet<string>) {
    this.#junctions = junctions;
  }

  /** A rounded geometry as an object of the topology. */
  encode(geometry: GeojsonGeometry): Record<string, unknown> {
    if (geometry.geometries !== undefined) {
      return { type: geometry.type, geometries: geometry.geometries.map((part) => this.encode(part)) };
    }
    if (geometry.type.endsWith("Point")) return { type: geometry.type, coordinates: geometry.coordinates };
    const encode = (value: unknown): unknown => {
      const parts = value as unknown[][];
      return typeof parts[0]?.[0] === "number"
        ? this.#cut(parts as unknown as Position[])
        : parts.map(encode);
    };
    return { type: geometry.type, arcs: encode(geometry.coordinates) };
  }

  /** The arcs as their first position and the steps from each to the next. */
  deltas(): Position[][] {
    return this.#arcs.map((arc) =>
      arc.map((position, index) => {
        const before = arc[index - 1];
        return before === undefined ? position : position.map((value, axis) => value - (before[axis] ?? 0));
      })
    );
  }

  #cut(line: readonly Position[]): number[] {
    const path = isClosed(line) ? this.#fromJunction(line) : line;
    const indices: number[] = [];
    let start = 0;
    for (let index = 1; index < path.length; index++) {
      if (index < path.length - 1 && !this.#junctions.has(keyOf(path[index]))) continue;
      indices.push(this.#add(path.slice(start, index + 1)));
      start = index;
    }
    return indices;
  }

  /** A ring that starts at its first junction, where it has one. */
  #fromJunction(ring: readonly Position[]): readonly Position[] {
    const start = ring.findIndex((position) => this.#junctions.has(keyOf(position)));
    return start <= 0 ? ring : [...ring.slice(start, -1), ...ring.slice(0, start + 1)];
  }

  #add(arc: readonly Position[]): number {
    const forward = arc.map(keyOf);
    const known = this.#indices.get(forward.join(" "));
    if (known !== undefined) return known;
    const reversed = this.#indices.get(forward.toReversed().join(" "));
    if (reversed !== undefined) return ~reversed;
    this.#indices.set(forward.join(" "), this.#arcs.length);
    return this.#arcs.push([...arc]) - 1;
  }
}
