const MAGIC = 0x184d2204;

/**
 * Unpacks an LZ4 frame, as Arrow's compressed buffers are.
 *
 * @throws {RangeError} The bytes are no such frame
 */
export function unpackLz4Frame(input: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError("no LZ4 frame");
  const flags = input[4] as number;
  const output = new Output();
  // Two bytes of flags, the sizes that the flags announce, a checksum
  let at = 6 + ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4) + 1;
  while (true) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) return output.bytes();
    const length = size & 0x7fff_ffff;
    if (at + length > input.length) throw new RangeError("an LZ4 block is cut off");
    const block = input.subarray(at, at + length);
    if (size > 0x7fff_ffff) output.append(block);
    else unpackBlock(block, output);
    at += length + ((flags & 0x10) === 0 ? 0 : 4);
  }
}

function unpackBlock(block: Uint8Array, output: Output): void {
  let at = 0;
  const length = (start: number): number => {
    let total = start;
    if (start !== 15) return total;
    let byte: number;
    do {
      byte = block[at++] ?? 0;
      total += byte;
    } while (byte === 255);
    return total;
  };
  while (at < block.length) {
    const token = block[at++] as number;
    const literals = length(token >> 4);
    if (at + literals > block.length) throw new RangeError("an LZ4 block is cut off");
    output.append(block.subarray(at, at + literals));
    at += literals;
    // The last sequence has literals only
    if (at >= block.length) return;
    const distance = (block[at] as number) | ((block[at + 1] as number) << 8);
    at += 2;
    output.repeat(distance, length(token & 15) + 4);
  }
}

class Output {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  #length = 0;

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Repeats what stands so far back; it may overlap with what is written. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.#length) {
      throw new RangeError("an LZ4 block points before its start");
    }
    this.#reserve(count);
    const from = this.#length - distance;
    for (let i = 0; i < count; i++) this.#bytes[this.#length + i] = this.#bytes[from + i] as number;
    this.#length += count;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}
