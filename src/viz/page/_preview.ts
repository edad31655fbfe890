/// <reference lib="dom" />
/** The first frame: the whole map, drawn by the processor, before the library that draws it later is even read. */
import type { PageMap } from "./description.ts";
import { backgroundOf, land, landColors } from "./_basemap.ts";
import type { Cluster } from "./_clusters.ts";
import { type Kind, KINDS, type LayerState, type Look } from "./_layer_state.ts";
import { cssColor } from "./_legends.ts";
import { type Camera, toX, toY, WORLD } from "./_mercator.ts";
import type { Lines, Polygons, Vertices } from "./_model.ts";
import { drawPoints, type RasterView } from "./_raster.ts";
import type { Colors, Sizes } from "./_scales.ts";

/** Above so many vertices shapes wait for the library. */
const MAX_VERTICES = 400_000;

/** What a camera that looks straight down sees of the plane, as pixels of the device. */
export function rasterView(
  { longitude, latitude, zoom }: Camera,
  width: number,
  height: number,
  ratio: number,
): RasterView {
  const scale = 2 ** zoom * ratio;
  return {
    west: toX(longitude) - width * ratio / 2 / scale,
    north: toY(latitude) + height * ratio / 2 / scale,
    width: Math.max(1, Math.round(width * ratio)),
    height: Math.max(1, Math.round(height * ratio)),
    scale,
    ratio,
  };
}

/** Points of a layer as the processor draws them. */
export function drawLayerPoints(state: LayerState, look: Look, view: RasterView): ImageData | null {
  const { point } = state.data;
  return point
    ? drawPoints({ vertices: point.vertices, rows: point.rows, ...look, shown: state.opacities }, view)
    : null;
}

/** Draws a map into a canvas of the view's size. */
export function drawPreview(
  canvas: HTMLCanvasElement,
  map: PageMap,
  states: readonly LayerState[],
  clusters: ReadonlyMap<LayerState, readonly Cluster[]>,
  camera: Camera,
  view: RasterView,
): void {
  [canvas.width, canvas.height] = [view.width, view.height];
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = cssColor(backgroundOf(map));
  context.fillRect(0, 0, view.width, view.height);
  if (map.basemap.kind !== "color") drawLand(context, map, view);
  const shifts = worldsWithin(view);
  for (const state of states) {
    for (const kind of KINDS) drawKind(context, state, kind, clusters.get(state), camera, view, shifts);
  }
}

/** Draws the outline of the world's land. */
export function drawLand(context: CanvasRenderingContext2D, { theme }: PageMap, view: RasterView): void {
  const { land: fill, shore } = landColors(theme);
  for (const shift of worldsWithin(view)) {
    drawShapes(
      context,
      land(),
      fill,
      shore,
      1,
      () => true,
      view,
      shift,
    );
  }
}

function worldsWithin({ west, width, scale }: RasterView): number[] {
  const shifts: number[] = [];
  for (let world = Math.floor(west / WORLD); world <= Math.floor((west + width / scale) / WORLD); world++) {
    shifts.push(world * WORLD);
  }
  return shifts;
}

function drawKind(
  context: CanvasRenderingContext2D,
  state: LayerState,
  kind: Kind,
  clusters: readonly Cluster[] | undefined,
  camera: Camera,
  view: RasterView,
  shifts: readonly number[],
): void {
  const look = state.look(kind, camera.zoom);
  const { line, polygon } = state.data;
  if (!look) return;
  const passes = (row: number) => state.passes(row);
  if (kind === "point") {
    if (clusters) return drawClusters(context, clusters, look, view);
    const image = drawLayerPoints(state, look, view);
    if (!image) return;
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [view.width, view.height];
    sheet.getContext("2d")?.putImageData(image, 0, 0);
    context.drawImage(sheet, 0, 0);
  }
  for (const shift of shifts) {
    if (kind === "polygon" && polygon && polygon.vertices.length / 2 <= MAX_VERTICES) {
      drawShapes(context, polygon, look.fill, look.stroke, look.strokeWidth, passes, view, shift);
    }
    if (kind === "line" && line && line.vertices.length / 2 <= MAX_VERTICES) {
      drawLines(context, line, look, passes, view, shift);
    }
  }
}

function drawClusters(
  context: CanvasRenderingContext2D,
  clusters: readonly Cluster[],
  look: Look,
  { west, north, scale, ratio }: RasterView,
): void {
  for (const { x, y, size, rows } of clusters) {
    context.beginPath();
    context.arc((x - west) * scale, (north - y) * scale, size / 2 * ratio, 0, 2 * Math.PI);
    context.fillStyle = colorAt(look.fill, rows[0] ?? 0);
    context.fill();
  }
}

const colorAt = (of: Colors, row: number) =>
  of instanceof Uint8Array
    ? cssColor([
      of[row * 4] as number,
      of[row * 4 + 1] as number,
      of[row * 4 + 2] as number,
      of[row * 4 + 3] as number,
    ])
    : cssColor(of);
const sizeAt = (of: Sizes, row: number) => typeof of === "number" ? of : of[row] as number;

function trace(
  context: CanvasRenderingContext2D,
  vertices: Vertices,
  from: number,
  to: number,
  { west, north, scale }: RasterView,
  shift: number,
): void {
  for (let i = from; i < to; i++) {
    const x = ((vertices[i * 2] as number) + shift - west) * scale;
    const y = (north - (vertices[i * 2 + 1] as number)) * scale;
    if (i === from) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
}

function drawShapes(
  context: CanvasRenderingContext2D,
  { vertices, ringStarts, starts, rows, outline }: Polygons,
  fill: Colors,
  stroke: Colors,
  strokeWidth: Sizes,
  passes: (row: number) => boolean,
  view: RasterView,
  shift: number,
): void {
  context.lineJoin = "round";
  const parts = starts.length - 1;
  const each = (draw: (row: number) => void) => {
    for (let part = 0; part < parts; part++) {
      const row = rows === null ? part : rows[part] as number;
      if (!passes(row)) continue;
      context.beginPath();
      for (let ring = starts[part] as number; ring < (starts[part + 1] as number); ring++) {
        trace(context, vertices, ringStarts[ring] as number, ringStarts[ring + 1] as number, view, shift);
        context.closePath();
      }
      draw(row);
    }
  };
  each((row) => {
    context.fillStyle = colorAt(fill, row);
    context.fill("evenodd");
  });
  if (strokeWidth === 0) return;
  if (outline) {
    return drawLines(context, outline, { fill: stroke, size: strokeWidth }, passes, view, shift);
  }
  each((row) => {
    context.lineWidth = sizeAt(strokeWidth, row) * view.ratio;
    if (context.lineWidth <= 0) return;
    context.strokeStyle = colorAt(stroke, row);
    context.stroke();
  });
}

function drawLines(
  context: CanvasRenderingContext2D,
  { vertices, starts, rows }: Lines,
  { fill, size }: Pick<Look, "fill" | "size">,
  passes: (row: number) => boolean,
  view: RasterView,
  shift: number,
): void {
  context.lineJoin = context.lineCap = "round";
  for (let part = 0; part < starts.length - 1; part++) {
    const row = rows === null ? part : rows[part] as number;
    const width = sizeAt(size, row);
    if (!passes(row) || width <= 0) continue;
    context.beginPath();
    trace(context, vertices, starts[part] as number, starts[part + 1] as number, view, shift);
    context.lineWidth = width * view.ratio;
    context.strokeStyle = colorAt(fill, row);
    context.stroke();
  }
}
