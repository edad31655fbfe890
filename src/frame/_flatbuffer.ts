/**
 * Writes flatbuffers, the encoding of Arrow's metadata: tables with optional fields, strings, and vectors. Everything
 * is written back to front, so that what a table points to stands behind it.
 */
export class FlatBuilder {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  /** Bytes used, counted from the end of the buffer; this is also how offsets are told. */
  #used = 0;
  #alignment = 1;
  #slots: number[] = [];
  #tableEnd = 0;

  /** Makes room so that after `extra` more bytes the position is a multiple of `size`. */
  #prepare(size: number, extra: number): void {
    this.#alignment = Math.max(this.#alignment, size);
    const padding = -(this.#used + extra) & (size - 1);
    while (this.#used + padding + extra + size > this.#bytes.length) this.#double();
    this.#used += padding;
  }

  #double(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes, this.#bytes.length);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #int(size: 1 | 2 | 4 | 8, value: number): void {
    this.#prepare(size, 0);
    this.#used += size;
    const at = this.#bytes.length - this.#used;
    if (size === 1) this.#view.setInt8(at, value);
    else if (size === 2) this.#view.setInt16(at, value, true);
    else if (size === 4) this.#view.setInt32(at, value, true);
    else this.#view.setBigInt64(at, BigInt(value), true);
  }

  #offset(target: number): void {
    this.#prepare(4, 0);
    this.#int(4, this.#used - target + 4);
  }

  /** Writes a string; answers its offset. */
  string(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.#prepare(4, bytes.length + 1);
    this.#used += bytes.length + 1;
    this.#bytes[this.#bytes.length - this.#used + bytes.length] = 0;
    this.#bytes.set(bytes, this.#bytes.length - this.#used);
    this.#int(4, bytes.length);
    return this.#used;
  }

  /** Writes a vector of offsets; answers its offset. */
  vector(offsets: readonly number[]): number {
    this.#prepare(4, offsets.length * 4);
    for (const offset of offsets.toReversed()) this.#offset(offset);
    this.#int(4, offsets.length);
    return this.#used;
  }

  /** Writes a vector of structs of 64-bit numbers, all of which are told one after the other. */
  structs(values: readonly number[], perStruct: number): number {
    this.#prepare(4, values.length * 8);
    this.#prepare(8, values.length * 8);
    for (const value of values.toReversed()) this.#int(8, value);
    this.#int(4, values.length / perStruct);
    return this.#used;
  }

  /** Begins a table. Strings, vectors and tables that it points to must be written before. */
  start(): void {
    this.#slots = [];
    this.#tableEnd = this.#used;
  }

  /** Sets a field to a number of so many bytes. */
  number(slot: number, size: 1 | 2 | 4 | 8, value: number): void {
    this.#int(size, value);
    this.#slots[slot] = this.#used;
  }

  /** Lets a field point to what was written before. */
  pointer(slot: number, target: number): void {
    this.#offset(target);
    this.#slots[slot] = this.#used;
  }

  /** Ends the table; answers its offset. */
  end(): number {
    this.#int(4, 0);
    const table = this.#used;
    for (let slot = this.#slots.length - 1; slot >= 0; slot--) {
      const at = this.#slots[slot];
      this.#int(2, at === undefined ? 0 : table - at);
    }
    this.#int(2, table - this.#tableEnd);
    this.#int(2, (this.#slots.length + 2) * 2);
    // The table starts with the distance to its list of fields
    this.#view.setInt32(this.#bytes.length - table, this.#used - table, true);
    return table;
  }

  /** Ends the buffer with its root table. */
  finish(root: number): Uint8Array<ArrayBuffer> {
    this.#prepare(this.#alignment, 4);
    this.#offset(root);
    return this.#bytes.slice(this.#bytes.length - this.#used);
  }
}
