/** One layer while the page is open: its data, whether it is shown, what its widgets filter, what is within sight. */
import type { PageLayer, PageStyle, PageWidget } from "./description.ts";
import { Clock } from "./_clock.ts";
import type { Box } from "./_mercator.ts";
import { type Column, type Data, overlaps, rowBoxes } from "./_model.ts";
import { type Colors, colorsOf, followsZoom, type Sizes, sizesOf } from "./_scales.ts";

/** The kinds of geometry, bottom to top. */
export const KINDS = ["polygon", "line", "point"] as const;

/** A kind of geometry. */
export type Kind = typeof KINDS[number];

/** A style at a zoom. */
export interface Look {
  readonly fill: Colors;
  readonly size: Sizes;
  readonly stroke: Colors;
  readonly strokeWidth: Sizes;
}

/** What a widget lets through. */
export type Filter = (row: number) => boolean;

/** A layer of a map. */
export class LayerState {
  readonly id: string;
  readonly layer: PageLayer;
  /** The clock of its animation. */
  readonly clock: Clock | null;
  #data: Data;
  isShown = true;
  /** Grows whenever data or filters change: what was made from them before is out of date. */
  revision = 0;
  /** Bit i of a row is set where filter i keeps the row out. */
  #failed: Uint32Array | null = null;
  readonly #filters = new Map<PageWidget, { readonly bit: number; readonly filter: Filter }>();
  #shown: Uint8Array<ArrayBuffer> | null = null;
  #boxes: Float64Array<ArrayBuffer> | null = null;
  readonly #looks = new Map<Kind, { readonly zoom: number; readonly data: Data; readonly look: Look }>();

  /** `id` is unique in the page. */
  constructor(id: string, layer: PageLayer, data: Data) {
    this.id = id;
    this.layer = layer;
    this.#data = data;
    this.clock = layer.animation && new Clock(layer.animation);
  }

  /** Its rows. */
  get data(): Data {
    return this.#data;
  }

  /** Takes other rows, as a layer of tiles does; filters hold for them too. */
  replace(data: Data): void {
    this.#data = data;
    this.#boxes = null;
    this.#refilter();
  }

  /** A column by its name. */
  column(name: string | null): Column | undefined {
    return name === null ? undefined : this.#data.columns.get(name);
  }

  /** How a kind of geometry looks at a zoom; `undefined` where the layer has none. */
  look(kind: Kind, zoom: number): Look | undefined {
    const style = this.layer.styles[kind];
    if (!style || !this.#data[kind]) return undefined;
    const at = followsZoom(style) ? zoom : 0;
    const known = this.#looks.get(kind);
    if (known && known.zoom === at && known.data === this.#data) return known.look;
    const look = lookOf(style, this.#data, zoom);
    this.#looks.set(kind, { zoom: at, data: this.#data, look });
    return look;
  }

  /** Sets what a widget lets through; `null` lets everything through. */
  setFilter(widget: PageWidget, filter: Filter | null): void {
    const bit = this.#filters.get(widget)?.bit ?? this.#filters.size;
    if (filter === null && !this.#filters.has(widget)) return;
    this.#filters.set(widget, { bit, filter: filter ?? (() => true) });
    this.#refilter();
  }

  #refilter(): void {
    this.revision++;
    const { rows } = this.#data;
    const filters = [...this.#filters.values()];
    if (filters.length === 0) return;
    this.#failed = new Uint32Array(rows);
    this.#shown = new Uint8Array(rows).fill(255);
    for (const { bit, filter } of filters) {
      const mask = 1 << (bit & 31);
      for (let row = 0; row < rows; row++) {
        if (filter(row)) continue;
        this.#failed[row] = (this.#failed[row] as number) | mask;
        this.#shown[row] = 0;
      }
    }
  }

  /** 255 for each row that the filters let through, 0 for others; null where all are. */
  get shown(): Uint8Array<ArrayBuffer> | null {
    return this.#shown;
  }

  /** Whether all filters let a row through. */
  passes(row: number): boolean {
    return this.#failed === null || this.#failed[row] === 0;
  }

  /** Whether all filters but that of a widget let a row through. */
  passesBut(row: number, widget: PageWidget): boolean {
    if (this.#failed === null) return true;
    const own = this.#filters.get(widget);
    const mask = own ? 1 << (own.bit & 31) : 0;
    return ((this.#failed[row] as number) & ~mask) === 0;
  }

  /** How much of each row the animation shows now, 0 to 255, filters included; null where all of all. */
  get opacities(): Uint8Array<ArrayBuffer> | null {
    const column = this.clock && this.column(this.clock.animation.column);
    if (!this.clock || !column) return this.#shown;
    const { value, speed, animation: { fade: [fadeIn, fadeOut] } } = this.clock;
    const result = new Uint8Array(this.#data.rows);
    for (let row = 0; row < result.length; row++) {
      if (this.#shown !== null && this.#shown[row] === 0) continue;
      const seconds = speed === 0 ? 0 : (value - column.number(row)) / speed;
      result[row] = 255 * opacityAt(seconds, fadeIn, fadeOut);
    }
    return result;
  }

  /** The rows within a box, in order. A row is there when any of it may be. */
  rowsWithin(box: Box): Uint32Array<ArrayBuffer> {
    const { rows, point, line, polygon } = this.#data;
    const result = new Uint32Array(rows);
    let count = 0;
    if (point && !line && !polygon && point.rows === null) {
      const { vertices } = point;
      for (let row = 0; row < rows; row++) {
        const y = vertices[row * 2 + 1] as number;
        if (y < box.south || y > box.north) continue;
        const x = vertices[row * 2] as number;
        if ((x >= box.west && x <= box.east) || overlaps(box, x, y, x, y)) result[count++] = row;
      }
      return result.subarray(0, count);
    }
    const boxes = this.#boxes ??= this.#allBoxes();
    for (let row = 0; row < rows; row++) {
      const west = boxes[row * 4] as number;
      const east = boxes[row * 4 + 2] as number;
      if (west > east) continue;
      if (overlaps(box, west, boxes[row * 4 + 1] as number, east, boxes[row * 4 + 3] as number)) {
        result[count++] = row;
      }
    }
    return result.subarray(0, count);
  }

  #allBoxes(): Float64Array<ArrayBuffer> {
    const boxes = rowBoxes(this.#data);
    const { point } = this.#data;
    for (let i = 0; point && i < point.vertices.length / 2; i++) {
      const at = (point.rows?.[i] ?? i) * 4;
      const [x, y] = [point.vertices[i * 2] as number, point.vertices[i * 2 + 1] as number];
      boxes[at] = Math.min(boxes[at] as number, x);
      boxes[at + 1] = Math.min(boxes[at + 1] as number, y);
      boxes[at + 2] = Math.max(boxes[at + 2] as number, x);
      boxes[at + 3] = Math.max(boxes[at + 3] as number, y);
    }
    return boxes;
  }
}

function lookOf(style: PageStyle, data: Data, zoom: number): Look {
  return {
    fill: colorsOf(style.color, style.opacity, data, zoom),
    size: sizesOf(style.size, data, zoom),
    stroke: colorsOf(style.strokeColor, style.strokeOpacity, data, zoom),
    strokeWidth: sizesOf(style.strokeWidth, data, zoom),
  };
}

/** How long what has appeared stays before it fades, in seconds. */
export const HOLD = 0.1;

/** How much is to be seen of what came so many seconds ago. */
export function opacityAt(seconds: number, fadeIn: number, fadeOut: number): number {
  if (Number.isNaN(seconds) || seconds < -fadeIn || seconds > HOLD + fadeOut) return 0;
  if (seconds < 0) return 1 + seconds / fadeIn;
  return seconds <= HOLD ? 1 : 1 - (seconds - HOLD) / fadeOut;
}
