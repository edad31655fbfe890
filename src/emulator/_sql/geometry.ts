/** Geometry helpers, and the tiles and grids that clients ask for. */
export const GEOMETRY: string = `
CREATE OR REPLACE FUNCTION cartodb.CDB_LatLng(lat numeric, lng numeric) RETURNS geometry
LANGUAGE sql IMMUTABLE AS $body$ SELECT ST_SetSRID(ST_MakePoint(lng::float8, lat::float8), 4326) $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_LatLng(lat float8, lng float8) RETURNS geometry
LANGUAGE sql IMMUTABLE AS $body$ SELECT ST_SetSRID(ST_MakePoint(lng, lat), 4326) $body$;

-- In longitude and latitude, whatever the reference system; without one it is taken to be that already.
CREATE OR REPLACE FUNCTION cartodb._CDB_ToLonLat(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT AS $body$
  SELECT CASE ST_SRID(geom) WHEN 4326 THEN geom WHEN 0 THEN ST_SetSRID(geom, 4326) ELSE ST_Transform(geom, 4326) END
$body$;

-- Whether a geometry is in longitude and latitude, and away from the poles.
CREATE OR REPLACE FUNCTION cartodb._CDB_IsPlain(geom geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $body$
  SELECT ST_SRID(geom) = 4326 AND coalesce(ST_YMin(geom) >= -89 AND ST_YMax(geom) <= 89, true)
$body$;

-- A measure in the place of the height, and back: what cuts geometries carries heights along and loses measures.
CREATE OR REPLACE FUNCTION cartodb._CDB_MeasureAsHeight(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT AS $body$ SELECT ST_Force3DZ(ST_SwapOrdinates(ST_Force4D(geom), 'zm')) $body$;

CREATE OR REPLACE FUNCTION cartodb._CDB_HeightAsMeasure(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT AS $body$ SELECT ST_Force3DM(ST_SwapOrdinates(ST_Force4D(geom), 'zm')) $body$;

-- Mercator has no poles: what lies beyond 89 degrees is cut off, and a geometry that lies there altogether is NULL. The
-- result has the dimensions of the geometry, as its column wants; beside a height, measures of lines and areas become 0.
CREATE OR REPLACE FUNCTION cartodb._CDB_ClipToMercator(geom geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT AS $body$
DECLARE
  extent geometry := ST_MakeEnvelope(-180, -89, 180, 89, 4326);
  flags integer := ST_Zmflag(geom);
  clipped geometry;
BEGIN
  IF ST_GeometryType(geom) IN ('ST_Point', 'ST_MultiPoint') THEN
    SELECT ST_CollectionHomogenize(ST_Collect(p.geom ORDER BY p.path)) INTO clipped FROM ST_DumpPoints(geom) AS p WHERE p.geom @ extent;
  ELSIF flags = 1 THEN
    clipped := cartodb._CDB_HeightAsMeasure(ST_Intersection(ST_MakeValid(cartodb._CDB_MeasureAsHeight(geom)), extent));
  ELSE
    clipped := ST_Intersection(ST_MakeValid(geom), extent);
    IF flags = 3 THEN clipped := ST_Force4D(clipped); END IF;
  END IF;
  RETURN CASE WHEN NOT ST_IsEmpty(clipped) THEN ST_Transform(clipped, 3857) END;
END $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_TransformToWebmercator(geom geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT AS $body$
BEGIN
  IF ST_SRID(geom) = 3857 THEN RETURN geom; END IF;
  geom := cartodb._CDB_ToLonLat(geom);
  IF cartodb._CDB_IsPlain(geom) THEN RETURN ST_Transform(geom, 3857); END IF;
  RETURN cartodb._CDB_ClipToMercator(geom);
END $body$;

-- Metres for one pixel of a tile at a zoom level.
CREATE OR REPLACE FUNCTION cartodb.CDB_XYZ_Resolution(z integer) RETURNS float8
LANGUAGE sql IMMUTABLE AS $body$ SELECT 6378137.0 * 2 * pi() / 256 / power(2, z) $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_XYZ_Extent(x integer, y integer, z integer) RETURNS geometry
LANGUAGE sql IMMUTABLE AS $body$ SELECT ST_TileEnvelope(z, x, y) $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_MakeHexagon(center geometry, radius float8) RETURNS geometry
LANGUAGE sql IMMUTABLE AS $body$
  SELECT ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY(
    SELECT ST_MakePoint(
      ST_X(center) + radius * cos(radians(60.0 * (corner % 6))), ST_Y(center) + radius * sin(radians(60.0 * (corner % 6)))
    ) FROM generate_series(0, 6) AS corner
  ))), ST_SRID(center))
$body$;

-- Hexagons of a given side that cover an extent; the grid passes through the origin.
CREATE OR REPLACE FUNCTION cartodb.CDB_HexagonGrid(
  ext geometry, side float8, origin geometry DEFAULT NULL, maxcells integer DEFAULT 262144
) RETURNS SETOF geometry
LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  dx float8 := side * 1.5;
  dy float8 := side * sqrt(3);
  ox float8 := coalesce(ST_X(origin), 0);
  oy float8 := coalesce(ST_Y(origin), 0);
  first_column bigint := floor((ST_XMin(ext) - ox - side) / dx);
  last_column bigint := ceil((ST_XMax(ext) - ox + side) / dx);
  first_row bigint := floor((ST_YMin(ext) - oy - dy) / dy);
  last_row bigint := ceil((ST_YMax(ext) - oy + dy) / dy);
  cell geometry;
BEGIN
  IF maxcells IS NOT NULL AND (last_column - first_column + 1) * (last_row - first_row + 1) > maxcells * 2 THEN
    RAISE EXCEPTION 'The requested grid is too big to be rendered';
  END IF;
  FOR i IN first_column .. last_column LOOP
    FOR j IN first_row .. last_row LOOP
      cell := cartodb.CDB_MakeHexagon(
        ST_SetSRID(ST_MakePoint(ox + i * dx, oy + j * dy + CASE WHEN i % 2 = 0 THEN 0 ELSE dy / 2 END), ST_SRID(ext)), side
      );
      IF cell && ext THEN RETURN NEXT cell; END IF;
    END LOOP;
  END LOOP;
END $body$;

-- Rectangles that cover an extent; the centre of one lies on the origin.
CREATE OR REPLACE FUNCTION cartodb.CDB_RectangleGrid(
  ext geometry, width float8, height float8, origin geometry DEFAULT NULL, maxcells integer DEFAULT 262144
) RETURNS SETOF geometry
LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  ox float8 := coalesce(ST_X(origin), 0) - width / 2;
  oy float8 := coalesce(ST_Y(origin), 0) - height / 2;
  first_column bigint := floor((ST_XMin(ext) - ox) / width);
  last_column bigint := ceil((ST_XMax(ext) - ox) / width) - 1;
  first_row bigint := floor((ST_YMin(ext) - oy) / height);
  last_row bigint := ceil((ST_YMax(ext) - oy) / height) - 1;
BEGIN
  IF maxcells IS NOT NULL AND (last_column - first_column + 1) * (last_row - first_row + 1) > maxcells THEN
    RAISE EXCEPTION 'The requested grid is too big to be rendered';
  END IF;
  RETURN QUERY SELECT ST_MakeEnvelope(
    ox + i * width, oy + j * height, ox + (i + 1) * width, oy + (j + 1) * height, ST_SRID(ext)
  ) FROM generate_series(first_column, last_column) AS i, generate_series(first_row, last_row) AS j;
END $body$;
`;
