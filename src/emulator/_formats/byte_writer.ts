const encoder = new TextEncoder();

/**
 * Gathers bytes in one buffer that grows as needed, to be taken away piece by piece.
 *
 * The buffer is not shared with what `take` returned.
 */
export class ByteWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Builds an empty writer; `size` is the first size of its buffer in bytes. */
  constructor(size = 64 * 1024) {
    this.#buffer = new Uint8Array(size);
  }

  /** Bytes that have been written and not been taken. */
  get length(): number {
    return this.#length;
  }

  /** Appends one byte. */
  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  /** Appends bytes. */
  bytes(values: Uint8Array): void {
    if (this.#length + values.length > this.#buffer.length) this.#grow(values.length);
    this.#buffer.set(values, this.#length);
    this.#length += values.length;
  }

  /** Appends a part of some bytes, from `start` up to `end`. */
  slice(values: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#length + length > this.#buffer.length) this.#grow(length);
    // Numbers and short words are the most common: a loop beats the making of a view for them.
    if (length <= 24) {
      for (let at = start; at < end; at++) this.#buffer[this.#length++] = values[at] as number;
      return;
    }
    this.#buffer.set(values.subarray(start, end), this.#length);
    this.#length += length;
  }

  /** Appends text as UTF-8. */
  text(value: string): void {
    const most = value.length * 3;
    if (this.#length + most > this.#buffer.length) this.#grow(most);
    this.#length += encoder.encodeInto(value, this.#buffer.subarray(this.#length)).written;
  }

  /** Hands over what has been written and starts anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(more: number): void {
    const bigger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + more));
    bigger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = bigger;
  }
}
