/** Random geometries of every type and dimension go through every notation and come back the same. */
import { assert, assertEquals } from "@std/assert";
import { Geometry } from "../../../src/frame/geometry/mod.ts";

/** A small seeded generator: the same geometries in every run. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  number(): number {
    switch (this.below(6)) {
      case 0:
        return this.below(10) - 5;
      case 1:
        return -0;
      case 2:
        return (this.next() - 0.5) * 10 ** (this.below(40) - 20);
      case 3:
        return Math.round(this.next() * 1e6) / 1e4;
      default:
        return (this.next() - 0.5) * 360;
    }
  }
}

const TYPES = [
  "POINT",
  "LINESTRING",
  "POLYGON",
  "MULTIPOINT",
  "MULTILINESTRING",
  "MULTIPOLYGON",
  "GEOMETRYCOLLECTION",
];
const DIMENSIONS = ["", " Z", " M", " ZM"];
const text = (value: number): string => Object.is(value, -0) ? "-0" : String(value);

class Generator {
  readonly #random: Random;
  readonly #dimension: string;

  constructor(random: Random, dimension: string) {
    this.#random = random;
    this.#dimension = dimension;
  }

  tagged(type: string, depth = 0): string {
    return `${type}${this.#dimension} ${this.#body(type, depth)}`;
  }

  #body(type: string, depth: number): string {
    if (this.#random.below(8) === 0) return "EMPTY";
    switch (type) {
      case "POINT":
        return `(${this.#coordinate()})`;
      case "LINESTRING":
        return `(${this.#some(2, () => this.#coordinate())})`;
      case "POLYGON":
        return `(${this.#some(1, () => this.#ring())})`;
      case "MULTIPOINT":
        return `(${this.#some(1, () => this.#random.below(8) === 0 ? "EMPTY" : this.#coordinate())})`;
      case "MULTILINESTRING":
        return `(${this.#some(1, () => this.#body("LINESTRING", depth))})`;
      case "MULTIPOLYGON":
        return `(${this.#some(1, () => this.#body("POLYGON", depth))})`;
      default:
        return `(${
          this.#some(1, () => this.tagged(TYPES[this.#random.below(depth < 3 ? 7 : 6)] ?? "POINT", depth + 1))
        })`;
    }
  }

  #ring(): string {
    const first = this.#coordinate();
    return `(${[first, this.#some(2, () => this.#coordinate()), first].join(", ")})`;
  }

  #some(least: number, make: () => string): string {
    return Array.from({ length: least + this.#random.below(4) }, make).join(", ");
  }

  #coordinate(): string {
    const size = 2 + this.#dimension.trim().length;
    return Array.from({ length: size }, () => text(this.#random.number())).join(" ");
  }
}

/** The same bytes in big-endian order, or with ISO flags, or both, as other programs write them. */
function dialect(geometry: Geometry, bigEndian: boolean): Uint8Array {
  const input = geometry.toWkb();
  const output = input.slice();
  if (!bigEndian) return output;
  const view = new DataView(input.buffer);
  const target = new DataView(output.buffer);
  const turn = (at: number): number => {
    const word = view.getUint32(at + 1, true);
    const stride = 2 + ([0, 1, 1, 2][Math.trunc(word / 1000)] ?? 0);
    target.setUint8(at, 0);
    target.setUint32(at + 1, word);
    let to = at + 5;
    const numbers = (count: number): void => {
      for (let i = 0; i < count * stride; i++, to += 8) target.setFloat64(to, view.getFloat64(to, true));
    };
    const count = (): number => {
      const value = view.getUint32(to, true);
      target.setUint32(to, value);
      to += 4;
      return value;
    };
    const type = word % 1000;
    if (type === 1) numbers(1);
    else if (type === 2) numbers(count());
    else for (let left = count(); left > 0; left--) type === 3 ? numbers(count()) : to = turn(to);
    return to;
  };
  turn(0);
  return output;
}

for (const dimension of DIMENSIONS) {
  Deno.test(`random geometries${dimension} survive WKT, EWKB of every dialect and GeoJSON`, () => {
    const random = new Random(20240229);
    for (let i = 0; i < 400; i++) {
      const type = TYPES[i % 7] ?? "POINT";
      const wkt = new Generator(random, dimension).tagged(type);
      const srid = [0, 4326, 3857][i % 3] ?? 0;
      const geometry = Geometry.fromWkt(wkt).withSrid(srid);
      assertEquals(geometry.toWkt(), wkt);
      const again = [
        Geometry.from(geometry.toEwkt()),
        Geometry.from(geometry.toEwkbHex()),
        Geometry.from(geometry.wkb),
        Geometry.from(dialect(geometry, false))?.withSrid(srid),
        Geometry.from(dialect(geometry, true))?.withSrid(srid),
      ];
      for (const copy of again) assert(copy?.equals(geometry), wkt);
      if (geometry.hasM) continue;
      const json = Geometry.from(geometry.toGeoJSON())?.withSrid(srid);
      // Without a position GeoJSON cannot tell whether there would be heights
      if (!geometry.isEmpty) assert(json?.equals(geometry), wkt);
      else assertEquals(json?.toWkt().replaceAll(" Z", ""), wkt.replaceAll(" Z", ""));
    }
  });
}
