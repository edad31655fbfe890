/** Vector tiles: the protobuf messages of the Mapbox Vector Tile format, version 2, as numbers. */

/** A feature of a tile. */
export interface TileFeature {
  /** 1 points, 2 lines, 3 polygons. */
  readonly type: number;
  readonly id: number | null;
  readonly properties: ReadonlyMap<string, string | number | boolean>;
  /** Runs of x and y by turns, in the tile's own units; rings are not closed. */
  readonly parts: readonly (readonly number[])[];
}

/** A layer of a tile. */
export interface TileLayer {
  readonly name: string;
  /** How many units the tile is wide and high. */
  readonly extent: number;
  readonly features: readonly TileFeature[];
}

/** Reads a message field by field. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = from;
    this.#end = to;
  }

  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** A number of any length; beyond 2^53 not exact. */
  varint(): number {
    let [result, factor] = [0, 1];
    for (;;) {
      if (this.#at >= this.#end) throw new Error("The tile is cut off");
      const byte = this.#bytes[this.#at++] as number;
      result += (byte & 127) * factor;
      if (byte < 128) return result;
      factor *= 128;
    }
  }

  /** The number of the next field, and how it is written. */
  field(): [field: number, wire: number] {
    const key = this.varint();
    return [key >>> 3, key & 7];
  }

  part(): Reader {
    const size = this.varint();
    const from = this.#at;
    this.#at += size;
    if (this.#at > this.#end) throw new Error("The tile is cut off");
    return new Reader(this.#bytes, from, this.#at);
  }

  text(): string {
    const { start, end } = this.part().#range;
    return new TextDecoder().decode(this.#bytes.subarray(start, end));
  }

  get #range(): { start: number; end: number } {
    return { start: this.#at, end: this.#end };
  }

  float(): number {
    this.#at += 4;
    return this.#view.getFloat32(this.#at - 4, true);
  }

  double(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#at += 8;
    else if (wire === 2) this.part();
    else if (wire === 5) this.#at += 4;
    else throw new Error("The tile cannot be read");
  }
}

/** Reads the layers of a tile. */
export function readTile(bytes: Uint8Array): TileLayer[] {
  const layers: TileLayer[] = [];
  for (const reader = new Reader(bytes); reader.hasMore;) {
    const [field, wire] = reader.field();
    if (field === 3) layers.push(readLayer(reader.part()));
    else reader.skip(wire);
  }
  return layers;
}

function readLayer(reader: Reader): TileLayer {
  let [name, extent] = ["", 4096];
  const [keys, values, parts]: [string[], (string | number | boolean)[], Reader[]] = [[], [], []];
  while (reader.hasMore) {
    const [field, wire] = reader.field();
    if (field === 1) name = reader.text();
    else if (field === 2) parts.push(reader.part());
    else if (field === 3) keys.push(reader.text());
    else if (field === 4) values.push(readValue(reader.part()));
    else if (field === 5) extent = reader.varint();
    else reader.skip(wire);
  }
  return { name, extent, features: parts.map((part) => readFeature(part, keys, values)) };
}

function readValue(reader: Reader): string | number | boolean {
  let value: string | number | boolean = "";
  while (reader.hasMore) {
    const [field, wire] = reader.field();
    if (field === 1) value = reader.text();
    else if (field === 2) value = reader.float();
    else if (field === 3) value = reader.double();
    else if (field === 4) value = signed(reader.varint());
    else if (field === 5) value = reader.varint();
    else if (field === 6) value = unfold(reader.varint());
    else if (field === 7) value = reader.varint() !== 0;
    else reader.skip(wire);
  }
  return value;
}

/** An int64: negative numbers are written as 2^64 less. */
const signed = (value: number) => value >= 2 ** 63 ? value - 2 ** 64 : value;

/** A number of a kind that writes small negative ones short. */
const unfold = (value: number) => value % 2 === 0 ? value / 2 : -(value + 1) / 2;

function readFeature(
  reader: Reader,
  keys: readonly string[],
  values: readonly (string | number | boolean)[],
): TileFeature {
  let [type, id]: [number, number | null] = [0, null];
  const properties = new Map<string, string | number | boolean>();
  let parts: number[][] = [];
  while (reader.hasMore) {
    const [field, wire] = reader.field();
    if (field === 1) id = reader.varint();
    else if (field === 2) {
      for (const tags = reader.part(); tags.hasMore;) {
        const [key, value] = [keys[tags.varint()], values[tags.varint()]];
        if (key !== undefined && value !== undefined) properties.set(key, value);
      }
    } else if (field === 3) type = reader.varint();
    else if (field === 4) parts = readGeometry(reader.part());
    else reader.skip(wire);
  }
  return { type, id, properties, parts };
}

function readGeometry(reader: Reader): number[][] {
  const parts: number[][] = [];
  let [x, y] = [0, 0];
  while (reader.hasMore) {
    const command = reader.varint();
    const count = command >>> 3;
    // 1 goes to a place, 2 draws a line to one, 7 closes a ring.
    if ((command & 7) === 7) continue;
    for (let i = 0; i < count; i++) {
      x += unfold(reader.varint());
      y += unfold(reader.varint());
      if ((command & 7) === 1) parts.push([x, y]);
      else parts.at(-1)?.push(x, y);
    }
  }
  return parts;
}
