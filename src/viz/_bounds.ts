import { ArgumentError } from "../errors/carto_error.ts";
import type { PageBounds } from "./page/description.ts";

/** A box in degrees: `[[west, south], [east, north]]`, or its four sides by name. A west beyond its east crosses the antimeridian. */
export type MapBounds =
  | readonly [southWest: readonly [number, number], northEast: readonly [number, number]]
  | { readonly west: number; readonly south: number; readonly east: number; readonly north: number };

/** The whole world. */
export const WORLD: PageBounds = [-180, -90, 180, 90];

/** A box that a user gave, cut to the world. */
export function checkBounds(bounds: MapBounds): PageBounds {
  const [west, south, east, north] = sidesOf(bounds).map((side, i) => {
    const limit = i % 2 === 0 ? 180 : 90;
    if (typeof side === "number" && !Number.isNaN(side)) return Math.max(-limit, Math.min(limit, side));
    throw new ArgumentError("Cannot use these bounds: a side is no number", { argument: "bounds" });
  }) as [number, number, number, number];
  if (south > north) {
    throw new ArgumentError("Cannot use these bounds: the south is north of the north", {
      argument: "bounds",
      hint: "Give them in the order [[west, south], [east, north]]",
    });
  }
  return [west, south, west > east ? east + 360 : east, north];
}

function sidesOf(bounds: unknown): unknown[] {
  if (Array.isArray(bounds)) {
    const sides = bounds.flatMap((corner) => Array.isArray(corner) && corner.length === 2 ? corner : []);
    if (bounds.length === 2 && sides.length === 4) return sides;
    throw new ArgumentError(
      "Bounds list must have exactly four values in the order: [[west, south], [east, north]]",
      { argument: "bounds" },
    );
  }
  if (typeof bounds !== "object" || bounds === null) {
    throw new ArgumentError("Bounds must be a list or an object", {
      argument: "bounds",
      hint: "Give [[west, south], [east, north]] or { west, south, east, north }",
    });
  }
  const { west, south, east, north } = bounds as Record<string, unknown>;
  if ([west, south, east, north].every((side) => side !== undefined)) return [west, south, east, north];
  throw new ArgumentError('Bounds must have "west", "south", "east" and "north" properties', {
    argument: "bounds",
  });
}

/**
 * The box around some; undefined for none. Where one of them crosses the antimeridian the others may lie a turn to the
 * east, if they are closer together so.
 */
export function joinBounds(all: readonly PageBounds[]): PageBounds | undefined {
  const plain = around(all);
  if (plain === undefined || all.every((box) => box[2] <= 180)) return plain;
  const turned = around(
    all.map(([west, south, east, north]) =>
      east > 180 || west >= 0 ? [west, south, east, north] : [west + 360, south, east + 360, north]
    ),
  ) as PageBounds;
  const narrow = turned[2] - turned[0] < plain[2] - plain[0] ? turned : plain;
  return narrow[2] - narrow[0] < 360 ? narrow : [WORLD[0], narrow[1], WORLD[2], narrow[3]];
}

function around(all: readonly PageBounds[]): PageBounds | undefined {
  const [first, ...rest] = all;
  return first && rest.reduce(
    (box, other) => [
      Math.min(box[0], other[0]),
      Math.min(box[1], other[1]),
      Math.max(box[2], other[2]),
      Math.max(box[3], other[3]),
    ],
    first,
  );
}
