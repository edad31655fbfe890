import { DataError, isCartoError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Geometry } from "../frame/geometry/mod.ts";
import { scanGeometries } from "./_geometry_check.ts";
import { SRID } from "./_upload_columns.ts";

/**
 * The frame with its geometries in longitude and latitude of WGS 84 (SRID 4326). A geometry that tells no coordinate
 * system has the column's; a column that tells none is taken to be right already.
 *
 * @throws {UnsupportedError} The coordinate system is none of those that can be reprojected here
 */
export function toWgs84(frame: GeoDataFrame, operation: string): GeoDataFrame {
  const { geometry, geometryColumn } = frame;
  if (geometry === undefined || geometryColumn === undefined) return frame;
  const ofColumn = frame.srid ?? SRID;
  const srids = scanGeometries(geometry)?.srids ?? [ofColumn];
  if (srids.every((srid) => (srid === 0 ? ofColumn : srid) === SRID)) return frame;
  const moved = geometry.toArray().map((value, row) => {
    const each = value as Geometry | null;
    try {
      return each === null ? null : each.withSrid(each.srid === 0 ? ofColumn : each.srid).reproject(SRID);
    } catch (error) {
      if (!isCartoError(error) || error.code !== "invalid-data") throw error;
      throw new DataError(`Cannot ${operation}: ${error.message}`, {
        place: { ...frame.placeOf(row), column: geometryColumn },
        cause: error,
      });
    }
  });
  return frame.setGeometry(moved, { name: geometryColumn, srid: SRID });
}
