import { quoteIdentifier } from "../_db/query.ts";
import { ByteWriter } from "./byte_writer.ts";
import { collectRows, type RunContext } from "./collect_rows.ts";
import { describeGeometry, describeTable, GEOMETRY, MAP_GEOMETRY } from "./table.ts";
import { encodeDbf } from "./dbf.ts";
import { esriProjection } from "./projection.ts";
import { type SpatialTypes, typeName } from "./types.ts";
import { parseWkb, type WkbGeometry } from "./wkb.ts";
import { zip } from "./zip.ts";

const encoder = new TextEncoder();
const HEADER = 100;
const MAGIC = 9994;
const VERSION = 1000;

/** The kinds of shapes; those with a height are 10 more, those with only a measure 20 more. */
const NULL_SHAPE = 0;
const POINT = 1;
const POLYLINE = 3;
const POLYGON = 5;
const MULTIPOINT = 8;

/** The rows as a shapefile in a zip archive. */
export async function shapefileDocument(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
  filename: string,
  spatial: SpatialTypes,
  now: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = await describeTable(context, sql, skipped);
  const info = await describeGeometry(context, source);
  const shown = source.fields.filter(({ name }) => name !== GEOMETRY && name !== MAP_GEOMETRY);
  const columns = [
    ...shown.map(({ name }) => quoteIdentifier(name)),
    ...(info === undefined ? ["NULL"] : [quoteIdentifier(GEOMETRY)]),
  ];
  const { rows } = await collectRows(context, `SELECT ${columns.join(", ")} FROM ${source.from}`);
  const dbf = encodeDbf(
    shown.map((field, index) => ({
      name: field.name,
      type: typeName(field.typeOid, spatial) ?? "text",
      modifier: field.typeModifier,
      values: rows.map((row) => row[index] ?? null),
    })),
    rows.length,
    now,
  );
  const files = [{ name: `${filename}.dbf`, data: dbf }, {
    name: `${filename}.cpg`,
    data: encoder.encode("UTF-8"),
  }];
  if (info !== undefined) {
    const geometries = rows.map((row) => {
      const hex = row[shown.length];
      return typeof hex === "string" ? parseWkb(hex) : null;
    });
    const { shp, shx } = encodeShapes(geometries);
    files.push({ name: `${filename}.shp`, data: shp }, { name: `${filename}.shx`, data: shx });
    const projection = await esriProjection(context, info.srid);
    if (projection !== undefined) files.push({ name: `${filename}.prj`, data: encoder.encode(projection) });
  }
  return zip(files, now);
}

/** Geometries as the two files that hold them: the shapes, and where each starts. All are of the first one's kind. */
export function encodeShapes(geometries: readonly (WkbGeometry | null)[]): {
  shp: Uint8Array<ArrayBuffer>;
  shx: Uint8Array<ArrayBuffer>;
} {
  const first = geometries.find((geometry) => geometry !== null) ?? null;
  const type = shapeType(first);
  const bounds = new Bounds();
  const shapes = geometries.map((geometry) => {
    if (geometry === null || shapeType(geometry) % 10 !== type % 10) return int32(NULL_SHAPE);
    return encodeShape(geometry, type, bounds);
  });
  const shp = new ByteWriter();
  const shx = new ByteWriter();
  const length = HEADER + shapes.reduce((sum, shape) => sum + 8 + shape.length, 0);
  shp.bytes(fileHeader(type, length, bounds));
  shx.bytes(fileHeader(type, HEADER + 8 * shapes.length, bounds));
  shapes.forEach((shape, index) => {
    shx.bytes(bigInt32(shp.length / 2));
    shx.bytes(bigInt32(shape.length / 2));
    shp.bytes(bigInt32(index + 1));
    shp.bytes(bigInt32(shape.length / 2));
    shp.bytes(shape);
  });
  return { shp: shp.take(), shx: shx.take() };
}

function shapeType(geometry: WkbGeometry | null): number {
  if (geometry === null) return NULL_SHAPE;
  const base = [NULL_SHAPE, POINT, POLYLINE, POLYGON, MULTIPOINT, POLYLINE, POLYGON][geometry.kind] ??
    NULL_SHAPE;
  if (base === NULL_SHAPE) return NULL_SHAPE;
  return base + (geometry.hasZ ? 10 : geometry.hasM ? 20 : 0);
}

/** The least and greatest of each coordinate. */
class Bounds {
  readonly least = [Infinity, Infinity, Infinity, Infinity];
  readonly greatest = [-Infinity, -Infinity, -Infinity, -Infinity];

  add(axis: number, value: number): void {
    this.least[axis] = Math.min(this.least[axis] ?? value, value);
    this.greatest[axis] = Math.max(this.greatest[axis] ?? value, value);
  }

  range(axis: number): [number, number] {
    const least = this.least[axis] ?? 0;
    return Number.isFinite(least) ? [least, this.greatest[axis] ?? 0] : [0, 0];
  }
}

function encodeShape(geometry: WkbGeometry, type: number, all: Bounds): Uint8Array {
  const base = type % 10;
  const hasZ = type > 10 && type < 20;
  const hasM = type > 20 || (hasZ && geometry.hasM);
  const zAxis = 2;
  const mAxis = hasZ ? 3 : 2;
  const pieces = base === POLYGON ? polygonRings(geometry) : linesOf(geometry);
  const own = new Bounds();
  const positions = pieces.flat();
  for (const position of positions) {
    for (const bounds of [own, all]) {
      bounds.add(0, position[0] ?? 0);
      bounds.add(1, position[1] ?? 0);
      if (hasZ) bounds.add(2, position[zAxis] ?? 0);
      if (hasM) bounds.add(3, position[mAxis] ?? 0);
    }
  }
  const out = new ByteWriter(256);
  if (positions.length === 0 || positions.some((position) => Number.isNaN(position[0]))) {
    return int32(NULL_SHAPE);
  }
  out.bytes(int32(type));
  if (base === POINT) {
    const [position = []] = positions;
    out.bytes(doubles([position[0] ?? 0, position[1] ?? 0]));
    if (hasZ) out.bytes(doubles([position[zAxis] ?? 0, hasM ? position[mAxis] ?? 0 : 0]));
    else if (hasM) out.bytes(doubles([position[mAxis] ?? 0]));
    return out.take();
  }
  const [x0, x1] = own.range(0);
  const [y0, y1] = own.range(1);
  out.bytes(doubles([x0, y0, x1, y1]));
  if (base !== MULTIPOINT) out.bytes(int32(pieces.length));
  out.bytes(int32(positions.length));
  if (base !== MULTIPOINT) {
    let start = 0;
    for (const piece of pieces) {
      out.bytes(int32(start));
      start += piece.length;
    }
  }
  for (const position of positions) out.bytes(doubles([position[0] ?? 0, position[1] ?? 0]));
  if (hasZ) out.bytes(doubles([...own.range(2), ...positions.map((position) => position[zAxis] ?? 0)]));
  if (hasM) out.bytes(doubles([...own.range(3), ...positions.map((position) => position[mAxis] ?? 0)]));
  return out.take();
}

function linesOf(geometry: WkbGeometry): readonly (readonly (readonly number[])[])[] {
  return geometry.parts.length > 0 ? geometry.parts.flatMap(linesOf) : geometry.lines;
}

/** Rings in the order of the format: the outer one of each polygon clockwise, its holes the other way round. */
function polygonRings(geometry: WkbGeometry): readonly (readonly (readonly number[])[])[] {
  if (geometry.kind !== 3) return geometry.parts.flatMap(polygonRings);
  return geometry.lines.map((ring, index) =>
    (signedArea(ring) < 0) === (index === 0) ? ring : ring.toReversed()
  );
}

function signedArea(ring: readonly (readonly number[])[]): number {
  let area = 0;
  for (let index = 1; index < ring.length; index++) {
    const [x0 = 0, y0 = 0] = ring[index - 1] ?? [];
    const [x1 = 0, y1 = 0] = ring[index] ?? [];
    area += x0 * y1 - x1 * y0;
  }
  return area / 2;
}

function fileHeader(type: number, length: number, bounds: Bounds): Uint8Array {
  const header = new Uint8Array(HEADER);
  const view = new DataView(header.buffer);
  view.setInt32(0, MAGIC);
  view.setInt32(24, length / 2);
  view.setInt32(28, VERSION, true);
  view.setInt32(32, type, true);
  const [x0, x1] = bounds.range(0);
  const [y0, y1] = bounds.range(1);
  [x0, y0, x1, y1, ...bounds.range(2), ...bounds.range(3)].forEach((value, index) =>
    view.setFloat64(36 + 8 * index, value, true)
  );
  return header;
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function bigInt32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

function doubles(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setFloat64(8 * index, value, true));
  return bytes;
}
