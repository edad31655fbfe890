import { crc32, deflateRawSync } from "node:zlib";
import { ByteWriter } from "./byte_writer.ts";

const encoder = new TextEncoder();
const DEFLATED = 8;
const VERSION = 20;
const UTF8_NAMES = 0x0800;

/** Packs files into a zip archive, in their order. */
export function zip(
  files: readonly { name: string; data: Uint8Array }[],
  now: Date,
): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  const directory = new ByteWriter();
  for (const { name, data } of files) {
    const packed = deflateRawSync(data);
    const label = encoder.encode(name);
    const common = [
      ...int16(VERSION),
      ...int16(UTF8_NAMES),
      ...int16(DEFLATED),
      ...dosTime(now),
      ...int32(crc32(data)),
      ...int32(packed.length),
      ...int32(data.length),
      ...int16(label.length),
      ...int16(0),
    ];
    const offset = out.length;
    out.bytes(Uint8Array.of(0x50, 0x4b, 3, 4, ...common));
    out.bytes(label);
    out.bytes(packed);
    directory.bytes(Uint8Array.of(0x50, 0x4b, 1, 2, ...int16(VERSION), ...common));
    // No comment, the first disk, no attributes; then where the file starts.
    directory.bytes(Uint8Array.of(...new Uint8Array(10), ...int32(offset)));
    directory.bytes(label);
  }
  const start = out.length;
  const index = directory.take();
  out.bytes(index);
  const count = int16(files.length);
  out.bytes(
    Uint8Array.of(
      0x50,
      0x4b,
      5,
      6,
      0,
      0,
      0,
      0,
      ...count,
      ...count,
      ...int32(index.length),
      ...int32(start),
      0,
      0,
    ),
  );
  return out.take();
}

function int16(value: number): number[] {
  return [value & 0xff, value >>> 8 & 0xff];
}

function int32(value: number): number[] {
  return [...int16(value & 0xffff), ...int16(value >>> 16)];
}

function dosTime(date: Date): number[] {
  const time = date.getUTCHours() << 11 | date.getUTCMinutes() << 5 | date.getUTCSeconds() >> 1;
  const day = (date.getUTCFullYear() - 1980) << 9 | (date.getUTCMonth() + 1) << 5 | date.getUTCDate();
  return [...int16(time), ...int16(day)];
}
