import type { ByteSource } from "./_byte_source.ts";

/** Takes exact numbers of bytes from a source, from front to back. */
export class ByteReader {
  readonly #chunks: AsyncGenerator<Uint8Array, undefined>;
  #rest: Uint8Array = new Uint8Array(0);
  #position = 0;
  #ended = false;

  constructor(source: Pick<ByteSource, "stream">) {
    this.#chunks = source.stream();
  }

  /** How many bytes were taken. */
  get position(): number {
    return this.#position;
  }

  /** Whether there is nothing left at all. */
  get ended(): boolean {
    return this.#ended && this.#rest.length === 0;
  }

  /** So many bytes, in memory of their own; undefined where there are fewer, which are then left. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const result = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.#rest.length === 0 && !await this.#next()) {
        this.#rest = result.subarray(0, filled);
        return undefined;
      }
      const part = this.#rest.subarray(0, count - filled);
      result.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    this.#position += count;
    return result;
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) {
      this.#ended = true;
      return false;
    }
    this.#rest = value;
    return true;
  }
}
