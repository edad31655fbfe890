/** A geometry read from well-known binary; coordinates with x, y and, where there is one, z. */
export interface WkbGeometry {
  /** The kind: 1 point, 2 line, 3 polygon, 4 to 6 several of these, 7 a collection. */
  readonly kind: number;
  /** Whether positions have a height. */
  readonly hasZ: boolean;
  /** Whether positions have a measure. */
  readonly hasM: boolean;
  /** The positions of a point or a line, or of each ring of a polygon. */
  readonly lines: readonly (readonly (readonly number[])[])[];
  /** The parts of a geometry of several. */
  readonly parts: readonly WkbGeometry[];
}

/** Reads a geometry from the hexadecimal digits that PostGIS writes. */
export function parseWkb(hex: string): WkbGeometry {
  return new WkbReader(Uint8Array.fromHex(hex)).geometry();
}

class WkbReader {
  readonly #view: DataView;
  #at = 0;
  #isLittle = true;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  geometry(): WkbGeometry {
    this.#isLittle = this.#view.getUint8(this.#at++) === 1;
    const type = this.#integer();
    if ((type & 0x20000000) !== 0) this.#at += 4;
    const hasZ = (type & 0x80000000) !== 0;
    const hasM = (type & 0x40000000) !== 0;
    const kind = type & 0xff;
    const size = 2 + (hasZ ? 1 : 0) + (hasM ? 1 : 0);
    if (kind > 3) {
      const parts = Array.from({ length: this.#integer() }, () => this.geometry());
      return { kind, hasZ, hasM, lines: [], parts };
    }
    const lines = kind === 1
      ? [[this.#position(size)]]
      : Array.from({ length: kind === 2 ? 1 : this.#integer() }, () => this.#line(size));
    return { kind, hasZ, hasM, lines, parts: [] };
  }

  #line(size: number): number[][] {
    return Array.from({ length: this.#integer() }, () => this.#position(size));
  }

  #position(size: number): number[] {
    return Array.from({ length: size }, () => {
      this.#at += 8;
      return this.#view.getFloat64(this.#at - 8, this.#isLittle);
    });
  }

  #integer(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, this.#isLittle);
  }
}
