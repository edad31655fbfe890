import type { PageBuffer, PageBufferId, PageDtype, PageTexts } from "./page/description.ts";

/** Any array whose bytes can lie in a page. */
export type PageArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Gathers the buffers of a page. */
export class BufferSink {
  /** What the buffers are. */
  readonly buffers: PageBuffer[] = [];
  /** Their bytes, by id; they may share memory with frames, and are not to be changed. */
  readonly bytes: Map<string, Uint8Array> = new Map();
  /** Whether the buffers that come next may be compressed. */
  compress = true;

  /** Adds an array; `dtype` and `length` are told where the array itself does not. */
  add(values: PageArray, dtype: PageDtype = dtypeOf(values), length: number = values.length): PageBufferId {
    const id = `b${this.buffers.length}`;
    this.buffers.push({ id, dtype, length, compress: this.compress });
    this.bytes.set(id, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return id;
  }

  /** Adds bits, the lowest first. */
  bits(bits: Uint8Array, length: number): PageBufferId {
    return this.add(bits.subarray(0, (length + 7) >> 3), "bits", length);
  }

  /** Adds texts that lie one after the other. */
  texts(bytes: Uint8Array, offsets: Int32Array): PageTexts {
    const [first, last] = [offsets[0] ?? 0, offsets.at(-1) ?? 0];
    const starts = first === 0 ? offsets : offsets.map((offset) => offset - first);
    return {
      bytes: this.add(bytes.subarray(first, last)),
      offsets: this.add(new Uint32Array(starts.buffer, starts.byteOffset, starts.length)),
    };
  }
}

function dtypeOf(values: PageArray): PageDtype {
  if (values instanceof Uint8Array) return "u8";
  if (values instanceof Int8Array) return "i8";
  if (values instanceof Uint16Array) return "u16";
  if (values instanceof Int16Array) return "i16";
  if (values instanceof Uint32Array) return "u32";
  if (values instanceof Int32Array) return "i32";
  if (values instanceof BigInt64Array) return "i64";
  return values instanceof Float32Array ? "f32" : "f64";
}
