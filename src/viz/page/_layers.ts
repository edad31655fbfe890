/// <reference lib="dom" />
/** The layers of a map as deck.gl takes them. Everything is in the plane of `_mercator.ts`, in double precision. */
import type * as deck from "../../_deps/deck.ts";
import { HOLD, type Kind, KINDS, type LayerState, type Look } from "./_layer_state.ts";
import type { Lines, Points, Polygons, Vertices } from "./_model.ts";
import type { Colors, Rgba, Sizes } from "./_scales.ts";

/** What we use of deck.gl. */
export type Library = typeof deck;

/** A layer of deck.gl. */
export type DeckLayer = deck.Layer;

/** A picture of points that the processor drew, and where it lies in the plane. */
export interface Sheet {
  readonly image: ImageData;
  readonly bounds: [west: number, south: number, east: number, north: number];
}

/** What belongs to a kind of geometry of a layer: `map-layer-kind`, or more for the parts of it. */
function deckId(state: LayerState, kind: Kind, part = ""): string {
  return `${state.id}-${kind}${part}`;
}

/** The layers of deck.gl for one of ours, bottom to top. `sheet` stands for its points where they are drawn by us. */
export function deckLayers(
  library: Library,
  state: LayerState,
  zoom: number,
  sheet: Sheet | null,
  isPickable: boolean,
): DeckLayer[] {
  if (!state.isShown) return [];
  return KINDS.flatMap((kind): DeckLayer[] => {
    const look = state.look(kind, zoom);
    const { point, line, polygon } = state.data;
    if (!look) return [];
    const common = { ...shared(library, isPickable), ...filterProps(library, state) };
    if (kind === "polygon" && polygon) return polygonLayers(library, state, polygon, look, common);
    if (kind === "line" && line) return [lineLayer(library, state, line, look, common)];
    if (kind === "point" && point) {
      return [sheet ? sheetLayer(library, state, sheet) : pointLayer(library, state, point, look, common)];
    }
    return [];
  });
}

/** What all layers of ours have in common; some of it is for the extension, of which deck.gl's types do not know. */
type Common = object;

/** Data in the form of arrays. */
interface BinaryData {
  readonly length: number;
  readonly startIndices?: Uint32Array<ArrayBuffer>;
  readonly attributes?: Record<string, Attribute>;
}

interface Attribute {
  readonly value: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  readonly size: number;
  /** Whether 255 stands for 1. */
  readonly normalized?: boolean;
}

function shared({ COORDINATE_SYSTEM }: Library, isPickable: boolean): Common {
  return { coordinateSystem: COORDINATE_SYSTEM.CARTESIAN, pickable: isPickable };
}

/** Filters of widgets are one number a row; an animation adds another, seconds from its beginning. */
function filterProps({ DataFilterExtension }: Library, state: LayerState): Common {
  const { clock } = state;
  if (!clock) {
    return {
      extensions: [new DataFilterExtension({ filterSize: 1 })],
      filterRange: [128, 255],
    };
  }
  const { domain: [min], fade: [fadeIn, fadeOut] } = clock.animation;
  const now = clock.speed === 0 ? 0 : (clock.value - min) / clock.speed;
  return {
    extensions: [new DataFilterExtension({ filterSize: 2 })],
    filterRange: [[128, 255], [now - HOLD - fadeOut, now + fadeIn]],
    filterSoftRange: [[128, 255], [now - HOLD, now]],
    filterTransformSize: false,
  };
}

/** The number or numbers that a row is filtered by. */
function filterValue(state: LayerState): (row: number) => number | [number, number] {
  const { shown, clock } = state;
  const passes = (row: number) => shown === null ? 255 : shown[row] as number;
  const column = clock && state.column(clock.animation.column);
  if (!clock) return passes;
  const { domain: [min] } = clock.animation;
  return (row) => {
    const value = column?.number(row) ?? NaN;
    const seconds = clock.speed === 0 ? 0 : (value - min) / clock.speed;
    return [passes(row), Number.isNaN(seconds) ? -1e9 : seconds];
  };
}

// ---------------------------------------------------------------------------------------------- points

/** Arrays as attributes, made once: deck.gl uploads an attribute again only when it is another. */
const made = new WeakMap<object, object>();

function once<T extends object>(key: object, make: () => T): T {
  const known = made.get(key) as T | undefined;
  if (known) return known;
  const value = make();
  made.set(key, value);
  return value;
}

/** Values of rows to values of points. */
function spread<T extends Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>>(
  values: T,
  rows: Uint32Array | null,
  size: number,
): T {
  if (rows === null) return values;
  const result = values instanceof Uint8Array
    ? new Uint8Array(rows.length * size)
    : new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) {
    for (let part = 0; part < size; part++) {
      result[i * size + part] = values[(rows[i] as number) * size + part] as number;
    }
  }
  return result as T;
}

const filterValues = new WeakMap<LayerState, { readonly revision: number; readonly value: Attribute }>();

function filterAttribute(state: LayerState, count: number, rows: Uint32Array | null): Attribute {
  const known = filterValues.get(state);
  if (known?.revision === state.revision) return known.value;
  const size = state.clock ? 2 : 1;
  const value = new Float32Array(count * size);
  const of = filterValue(state);
  for (let i = 0; i < count; i++) {
    const at = of(rows === null ? i : rows[i] as number);
    if (typeof at === "number") value[i] = at;
    else value.set(at, i * 2);
  }
  const result = { value, size };
  filterValues.set(state, { revision: state.revision, value: result });
  return result;
}

const pointData = new WeakMap<LayerState, { readonly key: readonly unknown[]; readonly data: BinaryData }>();

function pointLayer(
  { ScatterplotLayer }: Library,
  state: LayerState,
  { vertices, rows }: Points,
  look: Look,
  common: Common,
): DeckLayer {
  const count = vertices.length / 2;
  const bytes = (of: Colors) =>
    of instanceof Uint8Array
      ? once(of, () => ({ value: spread(of, rows, 4), size: 4, normalized: true }))
      : undefined;
  const floats = (of: Sizes) =>
    typeof of === "number" ? undefined : once(of, () => ({ value: spread(of, rows, 1), size: 1 }));
  const all: Record<string, Attribute | undefined> = {
    getPosition: once(vertices, () => ({ value: vertices, size: 2 })),
    getFillColor: bytes(look.fill),
    getLineColor: bytes(look.stroke),
    getRadius: floats(look.size),
    getLineWidth: floats(look.strokeWidth),
    getFilterValue: filterAttribute(state, count, rows),
  };
  // The same object while nothing has changed, so that deck.gl does nothing.
  const key = Object.values(all);
  const known = pointData.get(state);
  const isSame = known !== undefined && known.key.every((value, i) => value === key[i]);
  const data = isSame ? known.data : { length: count, attributes: definedOf(all) };
  pointData.set(state, { key, data });
  return new ScatterplotLayer({
    ...common,
    id: deckId(state, "point"),
    data,
    radiusUnits: "pixels",
    // Sizes are diameters.
    radiusScale: 0.5,
    lineWidthUnits: "pixels",
    stroked: hasWidth(look.strokeWidth),
    ...constantColor("getFillColor", look.fill),
    ...constantColor("getLineColor", look.stroke),
    ...typeof look.size === "number" ? { getRadius: look.size } : {},
    ...typeof look.strokeWidth === "number" ? { getLineWidth: look.strokeWidth } : {},
  });
}

function definedOf(all: Record<string, Attribute | undefined>): Record<string, Attribute> {
  const result: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(all)) if (value) result[name] = value;
  return result;
}

const hasWidth = (width: Sizes) => typeof width !== "number" || width > 0;

function constantColor(name: string, of: Colors): Record<string, Rgba> {
  return of instanceof Uint8Array ? {} : { [name]: of };
}

function sheetLayer(
  { BitmapLayer, COORDINATE_SYSTEM }: Library,
  state: LayerState,
  { image, bounds }: Sheet,
): DeckLayer {
  return new BitmapLayer({
    id: deckId(state, "point", "-sheet"),
    coordinateSystem: COORDINATE_SYSTEM.CARTESIAN,
    image,
    bounds,
    pickable: false,
  });
}

// ---------------------------------------------------------------------------------------------- lines and polygons

interface Info {
  readonly index: number;
}

type RgbaArray = [number, number, number, number];

function colorOf(
  of: Colors,
  rowOf: (part: number) => number,
): RgbaArray | ((_: unknown, info: Info) => RgbaArray) {
  if (!(of instanceof Uint8Array)) return [...of];
  return (_, { index }) => {
    const at = rowOf(index) * 4;
    return [of[at] as number, of[at + 1] as number, of[at + 2] as number, of[at + 3] as number];
  };
}

function sizeOf(of: Sizes, rowOf: (part: number) => number): number | ((_: unknown, info: Info) => number) {
  return typeof of === "number" ? of : (_, { index }) => of[rowOf(index)] as number;
}

/** Paths as deck.gl takes them, once for each array of vertices. */
function pathData(vertices: Vertices, starts: Uint32Array<ArrayBuffer>): BinaryData {
  return once(starts, () => ({
    length: starts.length - 1,
    startIndices: starts,
    attributes: { getPath: { value: vertices, size: 2 } },
  }));
}

function pathLayer(
  { PathLayer }: Library,
  state: LayerState,
  id: string,
  data: BinaryData,
  color: Colors,
  width: Sizes,
  rowOf: (part: number) => number,
  common: Common,
): DeckLayer {
  const filter = filterValue(state);
  return new PathLayer({
    ...common,
    id,
    data,
    _pathType: "open",
    widthUnits: "pixels",
    jointRounded: true,
    capRounded: true,
    getColor: colorOf(color, rowOf),
    getWidth: sizeOf(width, rowOf),
    // The extension's own property.
    ...{ getFilterValue: (_: unknown, { index }: Info) => filter(rowOf(index)) },
    updateTriggers: { getColor: color, getWidth: width, getFilterValue: state.revision },
  });
}

function lineLayer(
  library: Library,
  state: LayerState,
  { vertices, starts, rows }: Lines,
  look: Look,
  common: Common,
): DeckLayer {
  const rowOf = (part: number) => rows === null ? part : rows[part] as number;
  const data = pathData(vertices, starts);
  return pathLayer(library, state, deckId(state, "line"), data, look.fill, look.size, rowOf, common);
}

function polygonLayers(
  library: Library,
  state: LayerState,
  polygons: Polygons,
  look: Look,
  common: Common,
): DeckLayer[] {
  const { vertices, ringStarts, starts, rows } = polygons;
  const rowOf = (part: number) => rows === null ? part : rows[part] as number;
  const filter = filterValue(state);
  const fill = new library.SolidPolygonLayer({
    ...common,
    id: deckId(state, "polygon"),
    data: once(polygons, () => ({ length: starts.length - 1 })),
    positionFormat: "XY",
    getPolygon: (_: unknown, { index }: Info) => polygonAt(polygons, index),
    getFillColor: colorOf(look.fill, rowOf),
    ...{ getFilterValue: (_: unknown, { index }: Info) => filter(rowOf(index)) },
    updateTriggers: { getFillColor: look.fill, getFilterValue: state.revision },
  });
  if (!hasWidth(look.strokeWidth)) return [fill];
  if (polygons.outline) {
    const { vertices, starts, rows } = polygons.outline;
    const pieceRow = (part: number) => rows === null ? part : rows[part] as number;
    const id = deckId(state, "polygon", "-outline");
    const props = { ...common, pickable: false };
    const data = pathData(vertices, starts);
    return [fill, pathLayer(library, state, id, data, look.stroke, look.strokeWidth, pieceRow, props)];
  }
  const { partOfRing } = once(
    ringStarts,
    () => ({ partOfRing: partsOfRings(starts, ringStarts.length - 1) }),
  );
  const ringRow = (ring: number) => rowOf(partOfRing[ring] as number);
  const outlines = once(vertices, () => ({ ...pathData(vertices, ringStarts.slice()) }));
  const outline = pathLayer(
    library,
    state,
    deckId(state, "polygon", "-outline"),
    outlines,
    look.stroke,
    look.strokeWidth,
    ringRow,
    { ...common, pickable: false },
  );
  return [fill, outline];
}

/** The rings of one polygon in the form that deck.gl triangulates. */
export function polygonAt(
  { vertices, ringStarts, starts }: Polygons,
  part: number,
): { positions: Float64Array; holeIndices: number[] } {
  const [first, last] = [starts[part] as number, starts[part + 1] as number];
  const from = ringStarts[first] as number;
  const positions = vertices.subarray(from * 2, (ringStarts[last] as number) * 2);
  const holeIndices: number[] = [];
  for (let ring = first + 1; ring < last; ring++) holeIndices.push(((ringStarts[ring] as number) - from) * 2);
  return { positions, holeIndices };
}

function partsOfRings(starts: Uint32Array, rings: number): Uint32Array {
  const result = new Uint32Array(rings);
  for (let part = 0; part < starts.length - 1; part++) {
    result.fill(part, starts[part] as number, starts[part + 1] as number);
  }
  return result;
}

/** The row of what deck.gl picked: which kind it is of stands in the layer's id. */
export function pickedRow(state: LayerState, layerId: string, index: number): number {
  const kind = KINDS.find((each) => layerId === deckId(state, each));
  const rows = kind ? state.data[kind]?.rows : null;
  return rows ? rows[index] ?? -1 : index;
}
