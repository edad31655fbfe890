/** Tiles within sight as rows: what the rest of the viewer works with. */
import type { PageTiles } from "./description.ts";
import { clipLine, clipRing } from "./_clip.ts";
import { WORLD } from "./_mercator.ts";
import { type Column, type Data, timeText } from "./_model.ts";
import type { TileFeature, TileLayer } from "./_mvt.ts";

/** A tile that has come. */
export interface Tile {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  readonly layer: TileLayer | null;
}

type Value = string | number | boolean;

/** Puts tiles together. A feature that lies in several of them is one row with several parts. */
export function dataOfTiles(source: PageTiles, tiles: readonly Tile[]): Data {
  const rowsById = new Map<Value, number>();
  const properties: ReadonlyMap<string, Value>[] = [];
  const vertices: number[] = [];
  const rows: number[] = [];
  const [starts, ringStarts]: [number[], number[]] = [[0], [0]];
  const outline = { vertices: [] as number[], starts: [0], rows: [] as number[] };
  const rowOf = (feature: TileFeature): number => {
    const id = feature.properties.get("cartodb_id") ?? feature.id;
    const known = id === null ? undefined : rowsById.get(id);
    if (known !== undefined) return known;
    if (id !== null) rowsById.set(id, properties.length);
    return properties.push(feature.properties) - 1;
  };
  for (const { z, x, y, layer } of tiles) {
    const unit = WORLD / 2 ** z / (layer?.extent ?? 4096);
    const place = (to: number[], at: readonly number[]) => {
      for (let i = 0; i < at.length; i += 2) {
        to.push(
          x * WORLD / 2 ** z + (at[i] as number) * unit,
          WORLD - y * WORLD / 2 ** z - (at[i + 1] as number) * unit,
        );
      }
    };
    for (const feature of layer?.features ?? []) {
      const extent = layer?.extent ?? 4096;
      if (source.kind === "point" && feature.type === 1) {
        for (const [px = 0, py = 0] of feature.parts) {
          // What lies in the margin lies in the next tile too.
          if (px < 0 || py < 0 || px >= extent || py >= extent) continue;
          place(vertices, [px, py]);
          rows.push(rowOf(feature));
        }
      } else if (source.kind === "line" && feature.type === 2) {
        for (const part of feature.parts.flatMap((each) => clipLine(each, extent))) {
          place(vertices, part);
          starts.push(vertices.length / 2);
          rows.push(rowOf(feature));
        }
      } else if (source.kind === "polygon" && feature.type === 3) {
        let isOpen = false;
        for (const ring of feature.parts) {
          const closed = [...ring, ring[0] as number, ring[1] as number];
          for (const part of clipLine(closed, extent)) {
            place(outline.vertices, part);
            outline.starts.push(outline.vertices.length / 2);
            outline.rows.push(rowOf(feature));
          }
          const clipped = clipRing(ring, extent);
          const isOuter = area(ring) > 0;
          // A hole whose polygon is not there is none.
          if (isOuter) isOpen = clipped.length > 0;
          if (clipped.length < 6 || !isOpen) continue;
          if (isOuter) {
            starts.push(ringStarts.length - 1);
            rows.push(rowOf(feature));
          }
          place(vertices, [...clipped, clipped[0] as number, clipped[1] as number]);
          ringStarts.push(vertices.length / 2);
          starts[starts.length - 1] = ringStarts.length - 1;
        }
      }
    }
  }
  const parts = { vertices: Float64Array.from(vertices), rows: Uint32Array.from(rows) };
  const columns = new Map(source.columns.map((column) => [column.name, columnOf(column, properties)]));
  const common = { rows: properties.length, columns };
  if (source.kind === "point") return { ...common, point: parts };
  if (source.kind === "line") return { ...common, line: { ...parts, starts: Uint32Array.from(starts) } };
  return {
    ...common,
    polygon: {
      ...parts,
      starts: Uint32Array.from(starts),
      ringStarts: Uint32Array.from(ringStarts),
      outline: {
        vertices: Float64Array.from(outline.vertices),
        starts: Uint32Array.from(outline.starts),
        rows: Uint32Array.from(outline.rows),
      },
    },
  };
}

/** Twice the area of a ring; in tiles, where y runs down, an outer ring's is positive. */
function area(ring: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    sum += (ring[i] as number) * (ring[next + 1] as number) -
      (ring[next] as number) * (ring[i + 1] as number);
  }
  return sum;
}

/** A column of features' attributes. */
function columnOf(
  { name, kind }: PageTiles["columns"][number],
  properties: readonly ReadonlyMap<string, Value>[],
): Column {
  const value = (row: number) => properties[row]?.get(name) ?? null;
  const number = (row: number) => {
    const at = value(row);
    return at === null || at === "" ? NaN : Number(at);
  };
  const isNumber = kind === "number" || kind === "time";
  const text = (row: number) => {
    const at = value(row);
    return at === null ? null : kind === "time" ? timeText(Number(at), "local") : String(at);
  };
  return {
    name,
    kind,
    ...kind === "time" ? { what: "local" as const } : {},
    isNull: (row) => value(row) === null,
    number: isNumber ? number : () => NaN,
    text,
    key: kind === "number"
      ? (row) => {
        const at = number(row);
        return Number.isNaN(at) ? null : at;
      }
      : kind === "boolean"
      ? value
      : text,
  };
}
