/// <reference lib="dom" />
/** From the text of the page to arrays in memory: the other side of `../_pack.ts`. */
import type { PageBuffer, PageDocument, PageDtype } from "./description.ts";

/** The elements of a buffer; `u24` and `bits` stay bytes. */
export type Values =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Buffers by their ids. */
export type Buffers = ReadonlyMap<string, Values>;

const ARRAYS: Record<PageDtype, new (buffer: ArrayBuffer) => Values> = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u24: Uint8Array,
  u32: Uint32Array,
  i32: Int32Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
  bits: Uint8Array,
};

/** Reads the description; throws when it is of another version. */
export function readDocument(text: string, version: number): PageDocument {
  const page: PageDocument = JSON.parse(text);
  if (page.version !== version) {
    throw new Error(`The page is of version ${page.version}, its viewer of ${version}`);
  }
  return page;
}

/** Reads all buffers, and lets go of their texts. */
export async function readBuffers(buffers: readonly PageBuffer[]): Promise<Buffers> {
  return new Map(
    await Promise.all(buffers.map(async ({ id, dtype }): Promise<[string, Values]> => {
      const element = document.getElementById(`buffer-${id}`);
      if (!(element instanceof HTMLElement)) throw new Error(`The buffer "${id}" is missing`);
      const { deflated, planes } = element.dataset;
      const text = element.textContent ?? "";
      element.remove();
      const bytes = await unpackBytes(text, Number(deflated ?? 0), Number(planes ?? 1));
      return [id, new ARRAYS[dtype](bytes.buffer)];
    })),
  );
}

/** The bytes of one buffer; `deflated` is the size that they had before, or 0 where they were not. */
export async function unpackBytes(
  text: string,
  deflated: number,
  planes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const packed = fromBase64(text);
  const bytes = deflated > 0 ? await inflate(packed, deflated) : packed;
  return planes > 1 ? fromPlanes(bytes, planes) : bytes;
}

/** Base64 to bytes; browsers from before 2025 have no method of their own for it. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const native: typeof Uint8Array.fromBase64 | undefined = Uint8Array.fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const result = new Uint8Array(size);
  let at = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    result.set(part.value, at);
    at += part.value.length;
  }
  return result;
}

/** Puts the bytes of each element together again, which lay in planes: all first bytes, all second bytes, … */
function fromPlanes(planes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(planes.length);
  const count = planes.length / width;
  for (let byte = 0; byte < width; byte++) {
    const start = byte * count;
    for (let i = 0; i < count; i++) result[i * width + byte] = planes[start + i] as number;
  }
  return result;
}
