/// <reference lib="dom" />
/**
 * Points drawn by the processor, as deck.gl's circles look: the whole picture of a million points takes a fraction of a
 * second. It is the first frame of every page, before deck.gl is there; where no graphics card is at work it is how
 * large layers of points are drawn at all, since such a browser takes more than ten seconds for them.
 */
import { WORLD } from "./_mercator.ts";
import type { Vertices } from "./_model.ts";
import type { Colors, Sizes } from "./_scales.ts";

/** What is drawn. */
export interface RasterPoints {
  readonly vertices: Vertices;
  /** The row of each point; null where point i is row i. */
  readonly rows: Uint32Array | null;
  readonly fill: Colors;
  /** Diameters in CSS pixels. */
  readonly size: Sizes;
  readonly stroke: Colors;
  readonly strokeWidth: Sizes;
  /** The opacity of each row beside that of its colours, 0 to 255; 0 leaves it out. */
  readonly shown: Uint8Array | null;
}

/** The part of the plane that is drawn, and how finely. */
export interface RasterView {
  /** The upper left corner in the plane. */
  readonly west: number;
  readonly north: number;
  /** Size in pixels of the device. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the device in a unit of the plane. */
  readonly scale: number;
  /** Pixels of the device in a CSS pixel. */
  readonly ratio: number;
}

/** Parts of a pixel that a circle's centre is placed to. */
const PHASES = 4;

/** A circle's pixels: how much each is covered, and how much of that is outline, 0 to 256. */
interface Stamp {
  readonly reach: number;
  readonly width: number;
  readonly cover: Uint16Array;
  readonly line: Uint16Array;
}

/** Draws points into a picture of their own: red, green, blue and opacity, not premultiplied. */
export function drawPoints(points: RasterPoints, view: RasterView): ImageData {
  const pixels = new Uint32Array(view.width * view.height);
  // A circle at the edge of a world reaches into the next.
  const worldsWest = Math.floor((view.west - 64 / view.scale) / WORLD);
  const worldsEast = Math.floor((view.west + (view.width + 64) / view.scale) / WORLD);
  for (let world = worldsWest; world <= worldsEast; world++) drawWorld(pixels, points, view, world * WORLD);
  return unpremultiply(pixels, view.width, view.height);
}

function drawWorld(pixels: Uint32Array, points: RasterPoints, view: RasterView, shift: number): void {
  const { vertices, rows, fill, size, stroke, strokeWidth, shown } = points;
  const { north, width, height, scale, ratio } = view;
  const west = view.west - shift;
  const stamps = new Map<number, Stamp>();
  const count = vertices.length / 2;
  for (let point = 0; point < count; point++) {
    const row = rows === null ? point : rows[point] as number;
    const opacity = shown === null ? 255 : shown[row] as number;
    if (opacity === 0) continue;
    const x = ((vertices[point * 2] as number) - west) * scale;
    const y = (north - (vertices[point * 2 + 1] as number)) * scale;
    // The largest circle there is may reach in from outside.
    if (!(x > -256 && y > -256 && x < width + 256 && y < height + 256)) continue;

    const diameter = (typeof size === "number" ? size : size[row] as number) * ratio;
    const outline = (typeof strokeWidth === "number" ? strokeWidth : strokeWidth[row] as number) * ratio;
    // A pixel's centre lies half a pixel from its corner.
    const column = Math.floor(x);
    const line = Math.floor(y);
    const phase = Math.floor((x - column) * PHASES) * PHASES + Math.floor((y - line) * PHASES);
    const key = (Math.round(diameter * 4) * 1024 + Math.round(outline * 4)) * PHASES * PHASES + phase;
    let stamp = stamps.get(key);
    if (!stamp) stamps.set(key, stamp = makeStamp(diameter, outline, phase));

    let [red, green, blue, alpha] = [0, 0, 0, 0];
    if (fill instanceof Uint8Array) {
      red = fill[row * 4] as number;
      green = fill[row * 4 + 1] as number;
      blue = fill[row * 4 + 2] as number;
      alpha = fill[row * 4 + 3] as number;
    } else [red, green, blue, alpha] = fill;
    alpha = alpha * opacity * 256 / 65025;
    if (outline <= 0) stampFill(pixels, width, height, stamp, column, line, blue << 16 | red, green, alpha);
    else {
      const at = row * 4;
      const [r, g, b, a] = stroke instanceof Uint8Array
        ? [stroke[at] as number, stroke[at + 1] as number, stroke[at + 2] as number, stroke[at + 3] as number]
        : stroke;
      const rgba: Mixed = [red, green, blue, alpha, r, g, b, a * opacity * 256 / 65025];
      stampBoth(pixels, width, height, stamp, column, line, rgba);
    }
  }
}

function makeStamp(diameter: number, outline: number, phase: number): Stamp {
  const outer = diameter / 2 + outline / 2;
  const inner = diameter / 2 - outline / 2;
  const reach = Math.ceil(outer + 1);
  const width = reach * 2 + 1;
  const cover = new Uint16Array(width * width);
  const line = new Uint16Array(width * width);
  const dx = (Math.floor(phase / PHASES) + 0.5) / PHASES - 0.5;
  const dy = (phase % PHASES + 0.5) / PHASES - 0.5;
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const at = (y + reach) * width + x + reach;
      const distance = Math.hypot(x - dx, y - dy);
      cover[at] = Math.round(256 * (1 - smooth(outer, distance)));
      line[at] = outline > 0 ? Math.round(256 * smooth(inner, distance)) : 0;
    }
  }
  return { reach, width, cover, line };
}

/** From 0 within an edge to 1 beyond it, over one pixel. */
function smooth(edge: number, at: number): number {
  const t = Math.max(0, Math.min(1, at - edge + 0.5));
  return t * t * (3 - 2 * t);
}

/** Lays a circle of one colour over the pixels, two channels at a time: blue and red, opacity and green. */
function stampFill(
  pixels: Uint32Array,
  width: number,
  height: number,
  { reach, width: stampWidth, cover }: Stamp,
  column: number,
  line: number,
  blueRed: number,
  green: number,
  alpha: number,
): void {
  const alphaGreen = 255 << 16 | green;
  const left = Math.max(0, column - reach);
  const right = Math.min(width - 1, column + reach);
  const bottom = Math.min(height - 1, line + reach);
  for (let y = Math.max(0, line - reach); y <= bottom; y++) {
    let from = (y - line + reach) * stampWidth + left - column + reach;
    let to = y * width + left;
    for (let x = left; x <= right; x++, from++, to++) {
      const part = (cover[from] as number) * alpha >> 8;
      if (part === 0) continue;
      const rest = 256 - part;
      const below = pixels[to] as number;
      const br = Math.imul(below & 0xff00ff, rest) + Math.imul(blueRed, part) + 0x800080;
      const ag = Math.imul(below >>> 8 & 0xff00ff, rest) + Math.imul(alphaGreen, part) + 0x800080;
      pixels[to] = br >>> 8 & 0xff00ff | ag & 0xff00ff00;
    }
  }
}

/** A fill and an outline, each with its opacity, 0 to 256. */
type Mixed = readonly [number, number, number, number, number, number, number, number];

/** Lays a circle with an outline over the pixels. */
function stampBoth(
  pixels: Uint32Array,
  width: number,
  height: number,
  { reach, width: stampWidth, cover, line: lines }: Stamp,
  column: number,
  line: number,
  [red, green, blue, alpha, lineRed, lineGreen, lineBlue, lineAlpha]: Mixed,
): void {
  const left = Math.max(0, column - reach);
  const right = Math.min(width - 1, column + reach);
  const bottom = Math.min(height - 1, line + reach);
  for (let y = Math.max(0, line - reach); y <= bottom; y++) {
    let from = (y - line + reach) * stampWidth + left - column + reach;
    let to = y * width + left;
    for (let x = left; x <= right; x++, from++, to++) {
      const covered = cover[from] as number;
      if (covered === 0) continue;
      const share = lines[from] as number;
      const mixed = share === 0 ? alpha : alpha + ((lineAlpha - alpha) * share >> 8);
      const part = covered * mixed >> 8;
      if (part === 0) continue;
      const b = blue + ((lineBlue - blue) * share >> 8);
      const r = red + ((lineRed - red) * share >> 8);
      const g = green + ((lineGreen - green) * share >> 8);
      const rest = 256 - part;
      const below = pixels[to] as number;
      const br = Math.imul(below & 0xff00ff, rest) + Math.imul(b << 16 | r, part) + 0x800080;
      const ag = Math.imul(below >>> 8 & 0xff00ff, rest) + Math.imul(255 << 16 | g, part) + 0x800080;
      pixels[to] = br >>> 8 & 0xff00ff | ag & 0xff00ff00;
    }
  }
}

function unpremultiply(pixels: Uint32Array<ArrayBuffer>, width: number, height: number): ImageData {
  const bytes = new Uint8ClampedArray(pixels.buffer);
  for (let at = 0; at < bytes.length; at += 4) {
    const alpha = bytes[at + 3] as number;
    if (alpha === 0 || alpha === 255) continue;
    const factor = 255 / alpha;
    bytes[at] = (bytes[at] as number) * factor;
    bytes[at + 1] = (bytes[at + 1] as number) * factor;
    bytes[at + 2] = (bytes[at + 2] as number) * factor;
  }
  spreadColors(pixels, width);
  return new ImageData(bytes, width, height);
}

/**
 * Gives pixels that show nothing the colour of what is beside them: when the picture is turned or scaled, colours are
 * mixed across the edges of points, and black would make dark rims.
 */
function spreadColors(pixels: Uint32Array, width: number): void {
  for (let i = width + 1; i < pixels.length - width - 1; i++) {
    if ((pixels[i] as number) > 0xffffff) continue;
    const beside = [pixels[i - 1], pixels[i + 1], pixels[i - width], pixels[i + width]] as const;
    for (const other of beside) {
      if ((other as number) > 0xffffff) {
        pixels[i] = (other as number) & 0xffffff;
        break;
      }
    }
  }
}

/** The row of the topmost point that lies at a place in the plane; -1 where there is none. */
export function pointAt(
  { vertices, rows, size, strokeWidth, shown }: RasterPoints,
  x: number,
  y: number,
  scale: number,
): number {
  for (let point = vertices.length / 2 - 1; point >= 0; point--) {
    const dy = Math.abs((vertices[point * 2 + 1] as number) - y) * scale;
    if (dy > 256) continue;
    const wide = Math.abs((vertices[point * 2] as number) - x);
    const dx = Math.min(wide, WORLD - wide) * scale;
    const row = rows === null ? point : rows[point] as number;
    const outline = typeof strokeWidth === "number" ? strokeWidth : strokeWidth[row] as number;
    const reach = (typeof size === "number" ? size : size[row] as number) / 2 + outline / 2 + 0.5;
    if (dx * dx + dy * dy <= reach * reach && (shown === null || shown[row] !== 0)) return row;
  }
  return -1;
}
