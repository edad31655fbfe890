// The libraries that write vector tiles either lack types that resolve without a node_modules folder or are no longer
// kept; the format itself is small, and PostGIS does the cutting.
import { parseWkb, type WkbGeometry } from "../_formats/wkb.ts";

const encoder = new TextEncoder();

/** A value that a vector tile can hold. */
export type TileValue = string | number | bigint | boolean;

/** A feature in the grid of a tile. */
export interface TileFeature {
  /** Its geometry in the tile's grid, as PostGIS' hexadecimal digits. */
  readonly geometry: string;
  /** Its values by name; those that are null are left out. */
  readonly properties: ReadonlyMap<string, TileValue>;
}

/** Writes one layer of a vector tile, version 2 of the format; nothing for a layer without features. */
export function encodeTileLayer(
  name: string,
  extent: number,
  features: readonly TileFeature[],
): Uint8Array<ArrayBuffer> {
  const keys = new Numbering<string>();
  const values = new Numbering<TileValue>();
  const layer = new ProtobufWriter();
  layer.text(1, name);
  let count = 0;
  for (const { geometry, properties } of features) {
    const { type, commands } = encodeGeometry(parseWkb(geometry));
    if (commands.length === 0) continue;
    const feature = new ProtobufWriter();
    const tags = [...properties].flatMap(([key, value]) => [keys.of(key), values.of(value)]);
    feature.packed(2, tags);
    feature.integer(3, type);
    feature.packed(4, commands);
    layer.bytes(2, feature.finish());
    count++;
  }
  if (count === 0) return new Uint8Array(0);
  for (const key of keys.items) layer.text(3, key);
  for (const value of values.items) layer.bytes(4, encodeValue(value));
  layer.integer(5, extent);
  layer.integer(15, 2);
  const tile = new ProtobufWriter();
  tile.bytes(3, layer.finish());
  return tile.finish();
}

/** Gives each different thing the number of its first coming. */
class Numbering<T> {
  readonly items: T[] = [];
  readonly #numbers = new Map<T, number>();

  of(item: T): number {
    const known = this.#numbers.get(item);
    if (known !== undefined) return known;
    this.#numbers.set(item, this.items.length);
    return this.items.push(item) - 1;
  }
}

function encodeValue(value: TileValue): Uint8Array {
  const writer = new ProtobufWriter();
  if (typeof value === "string") writer.text(1, value);
  else if (typeof value === "boolean") writer.integer(7, value ? 1 : 0);
  else if (typeof value === "number" && !Number.isInteger(value)) writer.double(3, value);
  else if (value >= 0) writer.integer(5, value);
  else writer.integer(6, zigzag(BigInt(value)));
  return writer.finish();
}

const MOVE = 1;
const LINE = 2;
const CLOSE = 7;

interface Encoded {
  /** 1 points, 2 lines, 3 polygons. */
  type: number;
  commands: number[];
}

function encodeGeometry(geometry: WkbGeometry): Encoded {
  const simple = geometry.kind > 3 ? geometry.parts : [geometry];
  const type = geometry.kind > 3 ? geometry.kind - 3 : geometry.kind;
  if (type < 1 || type > 3) return { type: 0, commands: [] };
  const path = new Path();
  if (type === 1) {
    const points = simple.flatMap(({ lines }) => lines[0] ?? []).filter(([x]) => !Number.isNaN(x));
    path.draw(MOVE, points);
  }
  for (const part of type === 1 ? [] : simple) {
    part.lines.forEach((line, index) => {
      if (type === 2) path.line(line);
      else path.ring(line, index === 0);
    });
  }
  return { type, commands: path.commands };
}

/** Writes positions as steps from the one before. */
class Path {
  readonly commands: number[] = [];
  #x = 0;
  #y = 0;

  draw(command: number, positions: readonly (readonly number[])[]): void {
    if (positions.length === 0) return;
    this.commands.push((positions.length << 3) | command);
    for (const [x = 0, y = 0] of positions) {
      this.commands.push(zigzag32(x - this.#x), zigzag32(y - this.#y));
      this.#x = x;
      this.#y = y;
    }
  }

  line(positions: readonly (readonly number[])[]): void {
    const [first, ...rest] = withoutRepeats(positions);
    if (first === undefined || rest.length === 0) return;
    this.draw(MOVE, [first]);
    this.draw(LINE, rest);
  }

  /** Outer rings have a positive area in the grid, whose second axis points down, holes a negative one. */
  ring(positions: readonly (readonly number[])[], isOuter: boolean): void {
    const open = withoutRepeats(positions.slice(0, -1));
    const area = doubleArea(open);
    if (open.length < 3 || area === 0) return;
    const [first, ...rest] = area > 0 === isOuter ? open : open.toReversed();
    if (first === undefined) return;
    this.draw(MOVE, [first]);
    this.draw(LINE, rest);
    this.commands.push((1 << 3) | CLOSE);
  }
}

function withoutRepeats(positions: readonly (readonly number[])[]): (readonly number[])[] {
  return positions.filter((position, index) => {
    const before = positions[index - 1];
    return before === undefined || before[0] !== position[0] || before[1] !== position[1];
  });
}

function doubleArea(ring: readonly (readonly number[])[]): number {
  return ring.reduce((sum, [x = 0, y = 0], index) => {
    const [nextX = 0, nextY = 0] = ring[(index + 1) % ring.length] ?? [];
    return sum + x * nextY - nextX * y;
  }, 0);
}

function zigzag32(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}

/** Writes the fields of a protocol buffer's message. */
class ProtobufWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** The message. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  integer(field: number, value: number | bigint): void {
    this.#varint(field << 3);
    this.#varint(value);
  }

  double(field: number, value: number): void {
    this.#varint((field << 3) | 1);
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(field: number, value: string): void {
    this.bytes(field, encoder.encode(value));
  }

  bytes(field: number, value: Uint8Array): void {
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  packed(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const inner = new ProtobufWriter();
    for (const value of values) inner.#varint(value);
    this.bytes(field, inner.finish());
  }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    let rest = BigInt(value);
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
