import { DataError, UnsupportedError } from "../../errors/carto_error.ts";
import { isValid, placed, plainBytes } from "../_data.ts";
import { GeometryBuilder } from "../_geometry_builder.ts";
import { columnOf, dataOf } from "../column.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import { projectionOf } from "../geometry/_reproject.ts";
import { strideOf, viewOf, visitRuns, withSrid, wordAt } from "../geometry/_ewkb.ts";
import { type Crs, crsOfSrid } from "./_crs.ts";
import { isLikeWgs84, knownProjection } from "./_known_crs.ts";

/** Moves x and y to longitude and latitude of WGS 84, in place. */
export type Mover = (place: [number, number]) => void;

/** How coordinates get to WGS 84. */
export interface Move {
  readonly move: Mover;
  /** Whether the step between the datums is good to a metre or two only. */
  readonly approximate: boolean;
}

/**
 * The way from a coordinate system to WGS 84; undefined where the coordinates are there already.
 *
 * @throws {UnsupportedError} The formulas or the datum are not known; the message names the coordinate system
 */
export async function moveToWgs84(crs: Crs, named: string): Promise<Move | undefined> {
  if (crs.srid === 4326) return undefined;
  const closed = crs.srid === undefined ? undefined : projectionOf(crs.srid);
  if (closed !== undefined) return { move: closed.inverse, approximate: false };
  const known = crs.srid === undefined ? undefined : knownProjection(crs.srid);
  const geographic = crs.geographic ?? known?.base ?? crs.srid;
  const definition = known?.proj ?? crs.definition ??
    (geographic !== undefined && isLikeWgs84(geographic) ? "+proj=longlat +ellps=GRS80" : undefined);
  if (definition === undefined) throw unknown(crs, named, "its formulas are not known here");
  return await projMove(crs, definition, geographic, named);
}

/** What proj4 makes of a definition, as far as it matters here. */
interface ProjDefinition {
  projName?: string;
  datumCode?: string | undefined;
  datum_params?: unknown;
  nadgrids?: unknown;
}

const PRIVATE_NAME = "cartoframes:being-read";

async function projMove(
  crs: Crs,
  definition: string | object,
  geographic: number | undefined,
  named: string,
): Promise<Move> {
  const { proj4 } = await import("../../_deps/proj4.ts");
  let parsed: ProjDefinition;
  let forward: (place: [number, number]) => readonly number[];
  let shifted = false;
  try {
    proj4.defs(PRIVATE_NAME, definition as string);
    parsed = { ...(proj4.defs(PRIVATE_NAME) as ProjDefinition) };
    shifted = settleDatum(crs, parsed, geographic, named);
    const source = new proj4.Proj(parsed as never);
    const converter = proj4(source as never, "WGS84");
    forward = (place) => converter.forward(place);
  } catch (error) {
    if (error instanceof UnsupportedError) throw error;
    throw unknown(crs, named, "its formulas are not known here", error);
  } finally {
    proj4.defs(PRIVATE_NAME, undefined as never);
  }
  const move: Mover = (place) => {
    const [x, y] = forward([place[0], place[1]]);
    place[0] = x as number;
    place[1] = y as number;
  };
  return { move, approximate: shifted };
}

/**
 * Makes sure that the step from the datum to WGS 84 is known: proj4 takes a datum that it does not know for WGS 84, which
 * is wrong by up to hundreds of metres.
 *
 * @returns Whether there is a shift, which is approximate
 */
function settleDatum(
  crs: Crs,
  parsed: ProjDefinition,
  geographic: number | undefined,
  named: string,
): boolean {
  if (geographic !== undefined && isLikeWgs84(geographic)) {
    parsed.datumCode = undefined;
    parsed.datum_params = undefined;
    return false;
  }
  if (parsed.nadgrids !== undefined) {
    throw unknown(crs, named, "its datum needs a grid, which is not at hand");
  }
  if (parsed.datum_params !== undefined && parsed.datum_params !== null) return true;
  if (geographic !== undefined) {
    parsed.datumCode = `EPSG_${geographic}`;
    if (KNOWN_SHIFTS.has(geographic)) return true;
  }
  // Who writes PROJ text with an ellipsoid alone says that no shift is wanted
  if (typeof crs.definition === "string" && crs.definition.startsWith("+proj=")) return false;
  throw unknown(crs, named, `its datum ${crs.datum === undefined ? "" : `"${crs.datum}" `}is not known here`);
}

/** Geographic systems whose shift proj4 has, and whose shifts were compared with PROJ's. */
const KNOWN_SHIFTS: ReadonlySet<number> = new Set([
  4121,
  4141,
  4149,
  4150,
  4156,
  4230,
  4265,
  4267,
  4277,
  4284,
  4289,
  4299,
  4301,
  4312,
  4313,
  4314,
  4618,
]);

function unknown(crs: Crs, named: string, why: string, cause?: unknown): UnsupportedError {
  const name = crs.srid === undefined || crs.name === `EPSG:${crs.srid}`
    ? `"${crs.name}"`
    : `"${crs.name}" (EPSG:${crs.srid})`;
  return new UnsupportedError(`Cannot reproject ${named} from ${name}: ${why}`, {
    hint:
      'Reproject it before, for example with ogr2ogr -t_srs EPSG:4326, or tell how: { crs: "+proj=… +towgs84=…" }',
    cause,
  });
}

/**
 * A frame with its geometry in longitude and latitude.
 *
 * @throws {DataError} A coordinate has no place there; the place tells the row
 */
export function movedFrame(frame: GeoDataFrame, move: Mover, firstRow: number): GeoDataFrame {
  const { geometry } = frame;
  if (geometry === undefined) return frame;
  const data = dataOf(geometry);
  const builder = new GeometryBuilder();
  const place: [number, number] = [0, 0];
  const at = (x: number, y: number): void => {
    place[0] = x;
    place[1] = y;
    move(place);
    if (Number.isFinite(place[0]) && Number.isFinite(place[1])) return;
    throw new DataError(`The coordinate ${x} ${y} has no place in longitude and latitude`);
  };
  const bytes = data.kind === "point" ? undefined : plainBytes(data);
  for (let row = 0; row < data.length; row++) {
    if (!isValid(data.validity, row)) {
      builder.null();
      continue;
    }
    try {
      if (data.kind === "point") {
        at(data.xy[2 * row] as number, data.xy[2 * row + 1] as number);
        builder.pushPoint(place[0], place[1], 4326);
      } else if (bytes !== undefined) {
        const wkb = withSrid(bytes.bytes.subarray(bytes.offsets[row], bytes.offsets[row + 1]), 4326);
        moveWkb(wkb, at, place);
        builder.pushEwkb(wkb, 0, wkb.length);
      }
    } catch (error) {
      const where = frame.placeOf(row);
      throw placed(error, {
        ...where,
        ...(where.row === undefined ? {} : { row: firstRow + row }),
        column: geometry.name,
      });
    }
  }
  const moved = columnOf({ ...geometry.field, srid: 4326 }, builder.finish());
  return frame.withColumn(geometry.name, moved);
}

function moveWkb(wkb: Uint8Array, at: (x: number, y: number) => void, place: [number, number]): void {
  const view = viewOf(wkb);
  const step = 8 * strideOf(wordAt(view, 0));
  visitRuns(view, 0, (start, count) => {
    for (let here = start; here < start + count * step; here += step) {
      at(view.getFloat64(here, true), view.getFloat64(here + 8, true));
      view.setFloat64(here, place[0], true);
      view.setFloat64(here + 8, place[1], true);
    }
  });
}

/** A frame of any known coordinate system in longitude and latitude, for formats that have no other. */
export async function frameInWgs84(frame: GeoDataFrame, named: string): Promise<GeoDataFrame> {
  const { srid } = frame;
  if (srid === undefined || srid === 4326) return frame;
  const move = await moveToWgs84(crsOfSrid(srid), named);
  return move === undefined ? frame : movedFrame(frame, move.move, 1);
}
