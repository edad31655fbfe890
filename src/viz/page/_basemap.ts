/// <reference lib="dom" />
/** What lies beneath the layers when no street map does: a colour, or the outline of the world's land. */
import type { PageMap } from "./description.ts";
import { OUTLINE } from "./_outline.ts";
import { type DeckLayer, type Library, polygonAt } from "./_layers.ts";
import { toX, toY } from "./_mercator.ts";
import type { Polygons } from "./_model.ts";
import { parseColor, type Rgba } from "./_scales.ts";
import { fromBase64 } from "./_unpack.ts";

/** The colours of the outline. */
export interface LandColors {
  readonly water: Rgba;
  readonly land: Rgba;
  readonly shore: Rgba;
}

const COLORS: Record<PageMap["theme"], LandColors> = {
  light: { water: [214, 222, 227, 255], land: [250, 250, 247, 255], shore: [188, 200, 207, 255] },
  dark: { water: [19, 25, 31, 255], land: [41, 48, 56, 255], shore: [66, 76, 86, 255] },
};

/** The outline's colours in a theme. */
export function landColors(theme: PageMap["theme"]): LandColors {
  return COLORS[theme];
}

/** The colour behind everything. */
export function backgroundOf({ basemap, theme }: PageMap): Rgba {
  return basemap.kind === "color" ? parseColor(basemap.color) : COLORS[theme].water;
}

let known: Polygons | undefined;

/** The world's land, read once. */
export function land(): Polygons {
  return known ??= readOutline();
}

function readOutline(): Polygons {
  const numbers = new Int16Array(fromBase64(OUTLINE).buffer);
  const [vertices, ringStarts, starts]: [number[], number[], number[]] = [[], [0], [0]];
  for (let at = 0; at < numbers.length;) {
    const rings = numbers[at++] as number;
    for (let ring = 0; ring < rings; ring++) {
      const count = numbers[at++] as number;
      for (let vertex = 0; vertex < count; vertex++) {
        vertices.push(toX((numbers[at++] as number) / 100), toY((numbers[at++] as number) / 100));
      }
      ringStarts.push(vertices.length / 2);
    }
    starts.push(ringStarts.length - 1);
  }
  return {
    vertices: Float64Array.from(vertices),
    ringStarts: Uint32Array.from(ringStarts),
    starts: Uint32Array.from(starts),
    rows: null,
  };
}

/** The land as layers of deck.gl, at the bottom of a map. */
export function landLayers(
  { SolidPolygonLayer, PathLayer, COORDINATE_SYSTEM }: Library,
  id: string,
  theme: PageMap["theme"],
): DeckLayer[] {
  const polygons = land();
  const colors = COLORS[theme];
  const common = { coordinateSystem: COORDINATE_SYSTEM.CARTESIAN, pickable: false };
  return [
    new SolidPolygonLayer({
      ...common,
      id: `${id}-land`,
      data: fillData(polygons),
      positionFormat: "XY",
      getPolygon: (_: unknown, { index }: { index: number }) => polygonAt(polygons, index),
      getFillColor: [...colors.land],
    }),
    new PathLayer({
      ...common,
      id: `${id}-shore`,
      data: shoreData(polygons),
      _pathType: "open",
      widthUnits: "pixels",
      getWidth: 1,
      getColor: [...colors.shore],
    }),
  ];
}

interface Shore {
  readonly length: number;
  readonly startIndices: Uint32Array<ArrayBuffer>;
  readonly attributes: {
    readonly getPath: { readonly value: Float64Array<ArrayBuffer>; readonly size: number };
  };
}

let landData: { readonly length: number } | undefined;
let shore: Shore | undefined;

const fillData = ({ starts }: Polygons) => landData ??= { length: starts.length - 1 };

function shoreData({ vertices, ringStarts }: Polygons): Shore {
  return shore ??= {
    length: ringStarts.length - 1,
    startIndices: ringStarts,
    attributes: { getPath: { value: vertices, size: 2 } },
  };
}
