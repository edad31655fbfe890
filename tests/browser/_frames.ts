/** Small data whose places and values are known: three features of each kind, far from each other. */
import { type FeatureCollection, GeoDataFrame } from "../../src/frame/mod.ts";

/** A kind of geometry. */
export type Kind = "point" | "line" | "polygon";

/** The kinds. */
export const KINDS = ["point", "line", "polygon"] as const;

/** The place at which feature `index` of a kind surely has its colour. */
export function placeOf(kind: Kind, index: number): [lng: number, lat: number] {
  return [-40 + 40 * index, { point: 40, line: 10, polygon: -20 }[kind]];
}

type Geometry = FeatureCollection["features"][number]["geometry"];

function geometryOf(kind: Kind, index: number): Geometry {
  const [lng, lat] = placeOf(kind, index);
  if (kind === "point") return { type: "Point", coordinates: [lng, lat] };
  if (kind === "line") {
    return { type: "LineString", coordinates: [[lng - 8, lat], [lng, lat], [lng + 8, lat]] };
  }
  const [w, s, e, n] = [lng - 8, lat - 8, lng + 8, lat + 8];
  return { type: "Polygon", coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] };
}

/** Three features with a number, a category, a date, and a name. */
export function features(kind: Kind): GeoDataFrame {
  return GeoDataFrame.fromGeoJSON({
    type: "FeatureCollection",
    features: [0, 1, 2].map((index) => ({
      type: "Feature",
      properties: { value: [1, 50, 100][index], category: ["a", "b", "c"][index], name: `${kind} ${index}` },
      geometry: geometryOf(kind, index),
    })),
  } as FeatureCollection);
}

/** The view in which all of them are seen. */
export const VIEWPORT = { lng: 0, lat: 12, zoom: 1.6 } as const;
