/** PNG pictures as pixels: what a screenshot of Chromium is, 8 bits a channel, RGB or RGBA, not interlaced. */

/** A picture: four bytes a pixel, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

async function through(
  stream: TransformStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** Reads a PNG file. */
export async function readPng(bytes: Uint8Array<ArrayBuffer>): Promise<Picture> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let [width, height, channels] = [0, 0, 4];
  for (let at = 8; at < bytes.length;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IHDR") {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      const [depth, colorType, interlaced] = [bytes[at + 16], bytes[at + 17], bytes[at + 20]];
      if (depth !== 8 || (colorType !== 2 && colorType !== 6) || interlaced !== 0) {
        throw new Error(`Cannot read the picture: depth ${depth}, colour type ${colorType}`);
      }
      channels = colorType === 6 ? 4 : 3;
    }
    if (type === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + size));
    at += size + 12;
  }
  const packed = new Uint8Array(await new Blob(parts).arrayBuffer());
  const lines = await through(new DecompressionStream("deflate"), packed);
  return { width, height, data: unfilter(lines, width, height, channels) };
}

/** Takes back the filter of each line, and adds the opacity where the file has none. */
function unfilter(
  lines: Uint8Array,
  width: number,
  height: number,
  channels: number,
): Uint8Array<ArrayBuffer> {
  const stride = width * channels;
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)] ?? 0;
    const from = y * (stride + 1) + 1;
    const to = y * stride;
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : rows[to + x - channels] ?? 0;
      const up = y === 0 ? 0 : rows[to + x - stride] ?? 0;
      const corner = x < channels || y === 0 ? 0 : rows[to + x - stride - channels] ?? 0;
      const guess = filter === 0
        ? 0
        : filter === 1
        ? left
        : filter === 2
        ? up
        : filter === 3
        ? (left + up) >> 1
        : paeth(left, up, corner);
      rows[to + x] = (lines[from + x] ?? 0) + guess;
    }
  }
  if (channels === 4) return rows;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < rows.length; i += 3) {
    const j = i / 3 * 4;
    data[j] = rows[i] ?? 0;
    data[j + 1] = rows[i + 1] ?? 0;
    data[j + 2] = rows[i + 2] ?? 0;
  }
  return data;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Writes a PNG file, for pictures that tests keep. */
export async function writePng({ width, height, data }: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const lines = new Uint8Array((width * 3 + 1) * height);
  let to = 0;
  for (let from = 0; from < data.length; from += 4) {
    if (from % (width * 4) === 0) lines[to++] = 0;
    lines[to++] = data[from] ?? 0;
    lines[to++] = data[from + 1] ?? 0;
    lines[to++] = data[from + 2] ?? 0;
  }
  const head = new Uint8Array(13);
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  head.set([8, 2, 0, 0, 0], 8);
  const chunks = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", head),
    chunk("IDAT", await through(new CompressionStream("deflate"), lines)),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function chunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(4, body.length + 8)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  view.setUint32(body.length + 8, ~crc >>> 0);
  return bytes;
}
