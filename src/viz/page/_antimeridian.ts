/**
 * Shapes that run over the antimeridian without being cut there, as data stitched together do: an edge that leaps from
 * one side of the map to the other is taken to go the short way, and the shape is cut in two.
 *
 * Only edges between places close to the antimeridian count: a box around half the world has long edges as well.
 */
import { clipLine, clipRing } from "./_clip.ts";
import { WORLD } from "./_mercator.ts";
import type { Lines, Polygons, Vertices } from "./_model.ts";

/** 15 degrees. */
const CLOSE = WORLD * 15 / 360;

/** Which way an edge leaps: 1 to the east over the antimeridian, -1 to the west, 0 not at all. */
function leap(from: number, to: number): number {
  // From edge to edge of the map is the way around the world that boxes of the whole world take.
  if ((from === 0 && to === WORLD) || (from === WORLD && to === 0)) return 0;
  if (from > WORLD - CLOSE && to < CLOSE) return 1;
  return from < CLOSE && to > WORLD - CLOSE ? -1 : 0;
}

function hasLeap(vertices: Vertices, starts: Uint32Array): boolean {
  for (let part = 0; part < starts.length - 1; part++) {
    for (let i = (starts[part] as number) + 1; i < (starts[part + 1] as number); i++) {
      if (leap(vertices[i * 2 - 2] as number, vertices[i * 2] as number) !== 0) return true;
    }
  }
  return false;
}

/** The same vertices without leaps: they run on beyond the map's edge. `turns` is by how many worlds the end is off. */
function unrolled(vertices: Vertices, from: number, to: number): { line: number[]; turns: number } {
  const line: number[] = [];
  let turns = 0;
  for (let i = from; i < to; i++) {
    const x = vertices[i * 2] as number;
    if (i > from) turns += leap(vertices[i * 2 - 2] as number, x);
    line.push(x + turns * WORLD, vertices[i * 2 + 1] as number);
  }
  return { line, turns };
}

/** From west to east. */
function extent(line: readonly number[]): [west: number, east: number] {
  let [west, east] = [Infinity, -Infinity];
  for (let i = 0; i < line.length; i += 2) {
    west = Math.min(west, line[i] as number);
    east = Math.max(east, line[i] as number);
  }
  return [west, east];
}

const shifted = (line: readonly number[], by: number) =>
  line.map((value, i) => i % 2 === 0 ? value + by : value);

/** Cuts lines; those without a leap are given back as they are. */
export function cutLines(lines: Lines): Lines {
  if (!hasLeap(lines.vertices, lines.starts)) return lines;
  const [vertices, starts, rows]: [number[], number[], number[]] = [[], [0], []];
  for (let part = 0; part < lines.starts.length - 1; part++) {
    const { line } = unrolled(lines.vertices, lines.starts[part] as number, lines.starts[part + 1] as number);
    for (const piece of pieces(line)) {
      push(vertices, piece);
      starts.push(vertices.length / 2);
      rows.push(lines.rows?.[part] ?? part);
    }
  }
  return {
    vertices: Float64Array.from(vertices),
    starts: Uint32Array.from(starts),
    rows: Uint32Array.from(rows),
  };
}

/** The parts of a line in each world, brought into the first one. */
function pieces(line: readonly number[]): number[][] {
  const [west, east] = extent(line);
  const result: number[][] = [];
  for (
    let world = Math.floor(west / WORLD);
    world * WORLD < east || world === Math.floor(west / WORLD);
    world++
  ) {
    result.push(...clipLine(shifted(line, -world * WORLD), WORLD).filter((piece) => piece.length >= 4));
  }
  return result;
}

/** More numbers than a call takes arguments. */
function push(to: number[], values: readonly number[]): void {
  for (const value of values) to.push(value);
}

/** Cuts polygons; those without a leap are given back as they are. Outlines do not follow the cuts. */
export function cutPolygons(polygons: Polygons): Polygons {
  const { ringStarts, starts } = polygons;
  if (!hasLeap(polygons.vertices, ringStarts)) return polygons;
  const vertices: number[] = [];
  const [newRings, newStarts, rows]: [number[], number[], number[]] = [[0], [0], []];
  const outline = { vertices: [] as number[], starts: [0], rows: [] as number[] };
  for (let part = 0; part < starts.length - 1; part++) {
    const row = polygons.rows?.[part] ?? part;
    const rings: number[][] = [];
    let [west, east] = [0, 0];
    for (let ring = starts[part] as number; ring < (starts[part + 1] as number); ring++) {
      const { line, turns } = unrolled(
        polygons.vertices,
        ringStarts[ring] as number,
        ringStarts[ring + 1] as number,
      );
      for (const piece of pieces(line)) {
        push(outline.vertices, piece);
        outline.starts.push(outline.vertices.length / 2);
        outline.rows.push(row);
      }
      const closed = turns === 0 ? line : aroundPole(line);
      if (rings.length === 0) [west, east] = extent(closed);
      // A hole lies in the same world as what is around it.
      const [from, to] = extent(closed);
      const middle = (from + to) / 2;
      const by = [0, WORLD, -WORLD].find((shift) => middle + shift >= west && middle + shift <= east) ?? 0;
      rings.push(shifted(closed, by));
    }
    for (let world = Math.floor(west / WORLD); world * WORLD < east; world++) {
      const inside = rings.map((ring) => clipRing(shifted(ring, -world * WORLD).slice(0, -2), WORLD));
      if ((inside[0]?.length ?? 0) < 6) continue;
      for (const ring of inside) {
        if (ring.length < 6) continue;
        push(vertices, ring);
        vertices.push(ring[0] as number, ring[1] as number);
        newRings.push(vertices.length / 2);
      }
      newStarts.push(newRings.length - 1);
      rows.push(row);
    }
  }
  return {
    vertices: Float64Array.from(vertices),
    ringStarts: Uint32Array.from(newRings),
    starts: Uint32Array.from(newStarts),
    rows: Uint32Array.from(rows),
    outline: {
      vertices: Float64Array.from(outline.vertices),
      starts: Uint32Array.from(outline.starts),
      rows: Uint32Array.from(outline.rows),
    },
  };
}

/** A ring that goes once around the world is closed over the nearer pole. */
function aroundPole(line: readonly number[]): number[] {
  const [x = 0, y = 0] = line;
  const end = line.at(-2) ?? x;
  const pole =
    line.reduce((sum, value, i) => i % 2 === 1 ? sum + value : sum, 0) / (line.length / 2) < WORLD / 2
      ? 0
      : WORLD;
  return [...line, end, pole, x, pole, x, y];
}
