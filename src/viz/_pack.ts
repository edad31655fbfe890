/** From buffers of bytes to text in a page: deflated where that pays. The other side is `page/_unpack.ts`. */
import type { PageBuffer, PageDtype } from "./page/description.ts";

/** How a buffer stands in the page. */
export interface PackedBuffer {
  readonly id: string;
  readonly base64: string;
  /** The size before it was deflated; `undefined` where it was not. */
  readonly deflated?: number;
  /** How many planes its bytes were parted into: all first bytes of the elements, all second bytes, … */
  readonly planes?: number;
}

/** Below this a buffer is only compressed for its size, above it only when a sample says that it pays. */
const SMALL = 32_768;

/** A buffer is deflated when that takes away at least a tenth. */
const PAYS = 0.9;

const WIDTHS: Record<PageDtype, number> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u24: 3,
  u32: 4,
  i32: 4,
  i64: 8,
  f32: 4,
  f64: 8,
  bits: 1,
};

/**
 * Packs a buffer. Bytes of one rank, laid side by side, often deflate better than whole numbers; which of the two ways
 * is better, or neither, a sample tells.
 */
export async function packBuffer(
  { id, dtype, compress }: PageBuffer,
  bytes: Uint8Array,
  isPosition: boolean,
): Promise<PackedBuffer> {
  // Longitude and latitude by turns: both are an element.
  const width = WIDTHS[dtype] * (isPosition ? 2 : 1);
  if (!compress || bytes.length < 64) return { id, base64: bytes.toBase64() };
  const sampled = sample(bytes, width);
  const sizeOf = async (part: Uint8Array) => (await deflate(part)).length / Math.max(1, sampled.length);
  const plain = await sizeOf(sampled);
  const parted = width > 1 ? await sizeOf(toPlanes(sampled, width)) : Infinity;
  if (Math.min(plain, parted) > PAYS) return { id, base64: bytes.toBase64() };
  const isParted = parted < plain * 0.97;
  const packed = await deflate(isParted ? toPlanes(bytes, width) : bytes);
  return {
    id,
    base64: packed.toBase64(),
    deflated: bytes.length,
    ...isParted ? { planes: width } : {},
  };
}

/** Four pieces from all over a large buffer; whole elements only. */
function sample(bytes: Uint8Array, width: number): Uint8Array {
  if (bytes.length <= SMALL) return bytes;
  const piece = Math.floor(SMALL / 4 / width) * width;
  const result = new Uint8Array(piece * 4);
  for (let i = 0; i < 4; i++) {
    const start = Math.floor((bytes.length - piece) * i / 3 / width) * width;
    result.set(bytes.subarray(start, start + piece), i * piece);
  }
  return result;
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(
    new CompressionStream("deflate-raw"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function toPlanes(bytes: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width);
  const planes = new Uint8Array(count * width);
  for (let byte = 0; byte < width; byte++) {
    const start = byte * count;
    for (let i = 0; i < count; i++) planes[start + i] = bytes[i * width + byte] ?? 0;
  }
  return planes;
}
