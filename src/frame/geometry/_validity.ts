/** Whether row `row` of a column has a value. */
export function isValidRow(validity: Uint8Array | undefined, row: number): boolean {
  return validity === undefined || ((validity[row >> 3] as number) >> (row & 7) & 1) === 1;
}

/** Collects the validity bits of a column; costs nothing until the first null. */
export class ValidityBuilder {
  #bits: Uint8Array<ArrayBuffer> | undefined;
  readonly #length: number;
  /** How many rows were marked; each must be marked once. */
  nullCount = 0;

  constructor(length: number) {
    this.#length = length;
  }

  /** Marks a row as null. */
  setNull(row: number): void {
    this.nullCount++;
    this.#bits ??= allValid(this.#length);
    this.#bits[row >> 3] = (this.#bits[row >> 3] as number) & ~(1 << (row & 7));
  }

  /** The bits, or undefined when there was no null. */
  finish(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bits;
  }
}

/** Bits for `length` rows, all set, the rest of the last byte clear. */
function allValid(length: number): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array((length + 7) >> 3).fill(255);
  if (length % 8 !== 0) bits[bits.length - 1] = (1 << length % 8) - 1;
  return bits;
}
