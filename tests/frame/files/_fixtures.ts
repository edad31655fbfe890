import { fromFileUrl } from "@std/path";
import { GeoDataFrame } from "../../../src/frame/mod.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** The path of a file that another program made. */
export function fixture(name: string): string {
  return fromFileUrl(new URL(`files/${name}`, FIXTURES));
}

/** The path of a listed case. */
export function caseFile(name: string): string {
  return fromFileUrl(new URL(`cases/${name}`, FIXTURES));
}

/** Runs with a folder that is gone afterwards. */
export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "files-" });
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether a program is there to be run. */
export function isThere(program: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(Deno.build.os === "windows" ? ";" : ":");
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

/** A stream of small chunks, whose memory is used again, as that of a socket may be. */
export function chunked(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  const memory = new Uint8Array(size);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const part = bytes.subarray(at, at + size);
      memory.set(part);
      controller.enqueue(memory.subarray(0, part.length));
      at += part.length;
    },
  }, { highWaterMark: 0 });
}

/** One column of each type that files can hold, with nulls and extremes. */
export function allTypes(): GeoDataFrame {
  const point = (x: number, y: number) => ({ type: "Point", coordinates: [x, y] });
  return GeoDataFrame.fromRows([
    {
      b: true,
      i2: 32767,
      i4: -2147483648,
      i8: 9223372036854775807n,
      f4: 1.5,
      f8: 0.1,
      n: "12345678901234567890.0123456789",
      t: 'é "q", \n\t\\N',
      d: Temporal.PlainDate.from("1890-12-31"),
      tm: Temporal.PlainTime.from("23:59:59.999999"),
      ts: Temporal.PlainDateTime.from("2019-03-10T02:30:00.123456"),
      tz: Temporal.Instant.from("1700-01-01T00:00:00.000001Z"),
      u: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      j: { a: [1, 9007199254740993n, null], é: "x" },
      by: new Uint8Array([0, 255]),
      geometry: point(-3.7, 40.4),
      shape: { type: "Polygon", coordinates: [[[0, 0, 1], [1, 0, 2], [1, 1, 3], [0, 0, 1]]] },
    },
    Object.fromEntries(
      [
        "b",
        "i2",
        "i4",
        "i8",
        "f4",
        "f8",
        "n",
        "t",
        "d",
        "tm",
        "ts",
        "tz",
        "u",
        "j",
        "by",
        "geometry",
        "shape",
      ]
        .map((name) => [name, null]),
    ),
    {
      b: false,
      i2: 0,
      i4: 0,
      i8: -9223372036854775808n,
      f4: -0,
      f8: NaN,
      n: "-0.50",
      t: "",
      d: Temporal.PlainDate.from("9999-12-31"),
      tm: Temporal.PlainTime.from("00:00"),
      ts: Temporal.PlainDateTime.from("1969-12-31T23:59:59.999999"),
      tz: Temporal.Instant.from("2300-01-01T00:00:00Z"),
      u: "00000000-0000-0000-0000-000000000000",
      j: [],
      by: new Uint8Array(0),
      geometry: point(180, -90),
      shape: { type: "GeometryCollection", geometries: [point(1, 2)] },
    },
  ], {
    types: { i2: "int2", f4: "float4", n: "numeric", u: "uuid", shape: "geometry" },
    geometryColumn: "geometry",
    srid: 4326,
  });
}
