import { ByteSink, bytesOfHex, canonicalize, excerpt, valueFault, type Where } from "./_ewkb.ts";
import { parseWkt } from "./_wkt.ts";
import { readGeoJson } from "./_geo_json.ts";

/** How a value writes a geometry, by a first look at it; null for "in no way known". */
export type GeometryEncoding = "geometry" | "wkb" | "wkb-hex" | "wkb-bhex" | "wkt" | "ewkt" | "geojson";

/** Reads a value in any notation as canonical EWKB in a buffer of its own; null for nothing. */
export function ewkbOf(value: unknown, where: Where): Uint8Array | null {
  const sink = new ByteSink(typeof value === "string" ? Math.min(64 + value.length, 1 << 20) : 128);
  return appendEwkb(value, where, sink) ? sink.copy() : null;
}

/** Reads a value in any notation and appends canonical EWKB; answers false for nothing. */
function appendEwkb(value: unknown, where: Where, sink: ByteSink): boolean {
  if (isMissing(value)) return false;
  switch (encodingOf(value)) {
    case "geometry":
      // Checked all the same: it may come from another copy of this module, or only look like a geometry.
      sink.append(canonicalize((value as { wkb: Uint8Array }).wkb, where));
      return true;
    case "wkb":
      sink.append(canonicalize(bytesOf(value) as Uint8Array, where));
      return true;
    case "wkb-bhex":
      sink.append(ofHex(new TextDecoder().decode(bytesOf(value)), where));
      return true;
    case "wkb-hex":
      sink.append(ofHex(value as string, where));
      return true;
    case "wkt":
    case "ewkt":
      parseWkt(value as string, where, sink);
      return true;
    case "geojson":
      return readGeoJson(typeof value === "string" ? parseJson(value, where) : value as object, where, sink);
    case null:
      throw unreadable(value, where);
  }
}

/** Whether a value stands for no geometry at all. */
export function isMissing(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (typeof value === "number") return Number.isNaN(value);
  if (typeof value === "string") return value.trim() === "";
  return bytesOf(value)?.length === 0;
}

/** How a value that is not missing is written. */
export function encodingOf(value: unknown): GeometryEncoding | null {
  if (typeof value === "string") return encodingOfText(value);
  if (typeof value !== "object" || value === null) return null;
  const bytes = bytesOf(value);
  if (bytes !== undefined) return (bytes[0] as number) <= 1 || !isHexStart(bytes) ? "wkb" : "wkb-bhex";
  if ((value as { wkb?: unknown }).wkb instanceof Uint8Array) return "geometry";
  return typeof (value as { type?: unknown }).type === "string" ? "geojson" : null;
}

function encodingOfText(text: string): GeometryEncoding {
  const start = text.trimStart();
  if (start.startsWith("{")) return "geojson";
  if (start.startsWith("\\x") || start.startsWith("0")) return "wkb-hex";
  if (/^srid\s*=/i.test(start)) return "ewkt";
  // No type name of WKT is made of the letters A to F alone.
  return /^[\da-f]+\s*$/i.test(start) ? "wkb-hex" : "wkt";
}

/** Whether bytes begin like the ASCII text of hex digits: `00`, `01` or `\x`. */
function isHexStart(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x30 && (bytes[1] === 0x30 || bytes[1] === 0x31)) ||
    (bytes[0] === 0x5c && bytes[1] === 0x78);
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : undefined;
}

function ofHex(text: string, where: Where): Uint8Array {
  const digits = text.trim();
  return canonicalize(bytesOfHex(digits.startsWith("\\x") ? digits.slice(2) : digits, where), where);
}

function parseJson(text: string, where: Where): object {
  try {
    return JSON.parse(text);
  } catch {
    throw valueFault(where, `Cannot read ${excerpt(text)} as a geometry: it is no valid JSON`);
  }
}

function unreadable(value: unknown, where: Where): Error {
  const what = typeof value === "object"
    ? "an object that is no GeoJSON"
    : `the ${typeof value} ${String(value)}`;
  return valueFault(
    where,
    `Cannot read ${what} as a geometry`,
    "Give WKB as bytes or hexadecimal text, WKT, EWKT, or a GeoJSON geometry or feature",
  );
}
