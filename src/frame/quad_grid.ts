import { ArgumentError } from "../errors/carto_error.ts";
import { gatherData, placed } from "./_data.ts";
import { GeometryBuilder } from "./_geometry_builder.ts";
import { type Column, columnOf, dataOf } from "./column.ts";
import { columnFromValues } from "./rows.ts";
import { GeoDataFrame } from "./geo_data_frame.ts";
import { Geometry } from "./geometry/geometry.ts";
import type { GeoJsonGeometry } from "./geometry/geo_json_types.ts";
import { type Cell, cellBounds, CellCover, MAX_ZOOM, quadkeyOf } from "./_quad_cells.ts";

/** How {@linkcode QuadGrid.polyfill} goes about it. */
export interface PolyfillOptions {
  /** The most cells that may come out, so that a slip in the zoom does not fill the memory. Default 10,000,000. */
  maxCells?: number | undefined;
}

/**
 * A grid of the cells that web maps cut the world into: cells of zoom `z` are `2^z` to a side, and each has a quadkey, a
 * text of `z` digits whose beginning is the quadkey of the cell around it.
 *
 * @example Cover a box with cells
 * ```ts
 * import { GeoDataFrame, QuadGrid } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const areas = GeoDataFrame.fromRows([{ name: "box", geom: "POLYGON((1 1, 2 1, 2 2, 1 2, 1 1))" }])
 *   .setGeometry("geom", { drop: true, srid: 4326 });
 * const cells = new QuadGrid().polyfill(areas, 8);
 * assertEquals(cells.toColumns().quadkey, ["12222220", "12222222", "12222221", "12222223"]);
 * assertEquals(cells.column("name").get(1), "box");
 * ```
 */
export class QuadGrid {
  /**
   * One row for each cell that a row's geometry touches: the geometry is the cell's rectangle in degrees, the column
   * `quadkey` is added, the others are repeated. Cells come column by column from the west, each from the north. Rows
   * without geometry have no cells, and neither have places beyond 85.05 degrees of latitude, where web maps end.
   *
   * Lines between corners are straight in degrees. Source: `QuadGrid.polyfill` of CARTOframes.
   *
   * @param frame The frame; its geometry is taken to longitude and latitude first where its SRID says another system
   * @param zoom The zoom, a whole number from 0 to 26
   * @param options The most cells
   * @returns A frame whose geometry has SRID 4326
   * @throws {ArgumentError} There is no geometry, a column `quadkey` is there already, or there would be too many cells
   * @throws {UnsupportedError} The coordinate system is none of those known here
   * @throws {DataError} A geometry is a curve or has a coordinate that is not finite; the place tells the row
   */
  polyfill(frame: GeoDataFrame, zoom: number, options: PolyfillOptions = {}): GeoDataFrame {
    const { geometry: column } = frame;
    if (column === undefined) {
      throw new ArgumentError("Cannot fill a frame that has no geometry with cells", {
        argument: "frame",
        hint: "Make one first: frame.setGeometry(…) or frame.setGeometryFromXY(…)",
      });
    }
    if (!Number.isInteger(zoom) || zoom < 0 || zoom > MAX_ZOOM) {
      throw new ArgumentError(`Cannot use zoom ${zoom}: it is a whole number from 0 to ${MAX_ZOOM}`, {
        argument: "zoom",
      });
    }
    if (frame.hasColumn("quadkey")) {
      throw new ArgumentError('Cannot add the column "quadkey": there is one', {
        argument: "frame",
        hint: 'Rename it first: frame.rename({ quadkey: "parent" })',
      });
    }
    const { maxCells = 10_000_000 } = options;
    const rows: number[] = [];
    const quadkeys: string[] = [];
    const rectangles = new GeometryBuilder();
    let row = -1;
    for (const value of column) {
      row++;
      if (!(value instanceof Geometry) || value.isEmpty) continue;
      const cover = new CellCover(zoom, maxCells - rows.length);
      try {
        addGeometry(cover, inDegrees(value, frame.srid).toGeoJSON({ measures: "drop" }));
      } catch (error) {
        throw placed(error, { ...frame.placeOf(row), column: column.name });
      }
      for (const cell of cover.cells()) {
        rows.push(row);
        quadkeys.push(quadkeyOf(cell, zoom));
        pushRectangle(rectangles, cell, zoom);
      }
    }
    const columns = frame.columns.map((each): Column =>
      each === column
        ? columnOf({ name: each.name, type: "geometry", nullable: false, srid: 4326 }, rectangles.finish())
        : columnOf(each.field, gatherData(dataOf(each), rows), each.int8AsNumber)
    );
    columns.push(columnFromValues("quadkey", quadkeys, { types: { quadkey: "text" } }));
    return new GeoDataFrame(columns, { geometryColumn: column.name });
  }
}

/** A geometry in longitude and latitude; the frame's SRID counts where it tells none of its own. */
function inDegrees(geometry: Geometry, srid: number | undefined): Geometry {
  return (geometry.srid === 0 && srid !== undefined ? geometry.withSrid(srid) : geometry).toWgs84();
}

/** Adds the parts of a geometry. */
function addGeometry(cover: CellCover, geometry: GeoJsonGeometry): void {
  switch (geometry.type) {
    case "Point":
      return cover.addLine([geometry.coordinates]);
    case "MultiPoint":
      return geometry.coordinates.forEach((point) => cover.addLine([point]));
    case "LineString":
      return cover.addLine(geometry.coordinates);
    case "MultiLineString":
      return geometry.coordinates.forEach((line) => cover.addLine(line));
    case "Polygon":
      return cover.addPolygon(geometry.coordinates);
    case "MultiPolygon":
      return geometry.coordinates.forEach((rings) => cover.addPolygon(rings));
    case "GeometryCollection":
      return geometry.geometries.forEach((member) => addGeometry(cover, member));
  }
}

/** EWKB of a polygon of one ring with five points, SRID 4326; the coordinates are filled in. */
const RECTANGLE_HEAD = [1, 3, 0, 0, 0x20, 0xe6, 0x10, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];

/** Appends the rectangle of a cell, its corners turning left from the south-west. */
function pushRectangle(builder: GeometryBuilder, cell: Cell, zoom: number): void {
  const [west, south, east, north] = cellBounds(cell, zoom);
  const bytes = new Uint8Array(RECTANGLE_HEAD.length + 80);
  bytes.set(RECTANGLE_HEAD);
  const view = new DataView(bytes.buffer, RECTANGLE_HEAD.length);
  [west, south, east, south, east, north, west, north, west, south].forEach((number, i) =>
    view.setFloat64(8 * i, number, true)
  );
  builder.pushEwkb(bytes, 0, bytes.length);
}
