/** A buffer that grows as little-endian WKB is written into it. */
export class ByteSink {
  /** Where the next byte goes; may be set back to overwrite. */
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;

  constructor(capacity = 128) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Starts a geometry: byte order and type word, and the SRID if the word says there is one. */
  header(word: number, srid = 0): void {
    this.reserve(9);
    this.#bytes[this.length] = 1;
    this.#view.setUint32(this.length + 1, word, true);
    this.length += 5;
    if (srid !== 0) this.uint32(srid);
  }

  /** Appends an unsigned 32-bit number. */
  uint32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Overwrites an unsigned 32-bit number. */
  uint32At(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Appends a double. */
  float64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Reads back a double that was written. */
  float64At(at: number): number {
    return this.#view.getFloat64(at, true);
  }

  /** Appends bytes as they are. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A copy of what was written from `start` on, of exactly its size. */
  copy(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, this.length);
  }
}
