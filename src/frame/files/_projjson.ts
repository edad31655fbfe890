import { UnsupportedError } from "../../errors/carto_error.ts";

/** What a geographic system is called: itself, its datum, its ellipsoid. */
interface Geographic {
  readonly code: number;
  readonly name: string;
  readonly datum: string;
  readonly ellipsoid: object;
}

const WGS84_ELLIPSOID = { name: "WGS 84", semi_major_axis: 6378137, inverse_flattening: 298.257223563 };
const GRS80_ELLIPSOID = { name: "GRS 1980", semi_major_axis: 6378137, inverse_flattening: 298.257222101 };

const WGS84: Geographic = {
  code: 4326,
  name: "WGS 84",
  datum: "World Geodetic System 1984",
  ellipsoid: WGS84_ELLIPSOID,
};
const ETRS89: Geographic = {
  code: 4258,
  name: "ETRS89",
  datum: "European Terrestrial Reference System 1989",
  ellipsoid: GRS80_ELLIPSOID,
};
const NAD83: Geographic = {
  code: 4269,
  name: "NAD83",
  datum: "North American Datum 1983",
  ellipsoid: GRS80_ELLIPSOID,
};

const degrees = [axis("Geodetic latitude", "Lat", "north"), axis("Geodetic longitude", "Lon", "east")];

function axis(name: string, abbreviation: string, direction: string, unit = "degree"): object {
  return { name, abbreviation, direction, unit };
}

function geographic({ code, name, datum, ellipsoid }: Geographic, type?: string): object {
  return {
    ...(type === undefined ? {} : { type }),
    name,
    datum: { type: "GeodeticReferenceFrame", name: datum, ellipsoid },
    coordinate_system: { subtype: "ellipsoidal", axis: degrees },
    id: { authority: "EPSG", code },
  };
}

function parameter(name: string, value: number, unit: string, code: number): object {
  return { name, value, unit, id: { authority: "EPSG", code } };
}

function projected(
  srid: number,
  name: string,
  base: Geographic,
  conversion: object,
  names: readonly string[],
): object {
  const [east = "Easting", north = "Northing", x = "E", y = "N"] = names;
  return {
    $schema: "https://proj.org/schemas/v0.7/projjson.schema.json",
    type: "ProjectedCRS",
    name,
    base_crs: geographic(base),
    conversion,
    coordinate_system: {
      subtype: "Cartesian",
      axis: [axis(east, x, "east", "metre"), axis(north, y, "north", "metre")],
    },
    id: { authority: "EPSG", code: srid },
  };
}

function utm(srid: number, base: Geographic, zone: number, south: boolean): object {
  const half = south ? "S" : "N";
  return projected(srid, `${base.name} / UTM zone ${zone}${half}`, base, {
    name: `UTM zone ${zone}${half}`,
    method: { name: "Transverse Mercator", id: { authority: "EPSG", code: 9807 } },
    parameters: [
      parameter("Latitude of natural origin", 0, "degree", 8801),
      parameter("Longitude of natural origin", zone * 6 - 183, "degree", 8802),
      parameter("Scale factor at natural origin", 0.9996, "unity", 8805),
      parameter("False easting", 500000, "metre", 8806),
      parameter("False northing", south ? 10000000 : 0, "metre", 8807),
    ],
  }, []);
}

/**
 * The PROJJSON of a coordinate system, which GeoParquet wants; undefined for 4326, which it takes for granted.
 *
 * @throws {UnsupportedError} It is not known here
 */
export function projJsonOf(srid: number, named: string): object | undefined {
  switch (srid) {
    case 4326:
      return undefined;
    case 4258:
      return geographic(ETRS89, "GeographicCRS");
    case 4269:
      return geographic(NAD83, "GeographicCRS");
    case 3857:
      return projected(srid, "WGS 84 / Pseudo-Mercator", WGS84, {
        name: "Popular Visualisation Pseudo-Mercator",
        method: { name: "Popular Visualisation Pseudo Mercator", id: { authority: "EPSG", code: 1024 } },
        parameters: [
          parameter("Latitude of natural origin", 0, "degree", 8801),
          parameter("Longitude of natural origin", 0, "degree", 8802),
          parameter("False easting", 0, "metre", 8806),
          parameter("False northing", 0, "metre", 8807),
        ],
      }, ["Easting", "Northing", "X", "Y"]);
  }
  if (srid > 32600 && srid <= 32660) return utm(srid, WGS84, srid - 32600, false);
  if (srid > 32700 && srid <= 32760) return utm(srid, WGS84, srid - 32700, true);
  if (srid >= 25828 && srid <= 25838) return utm(srid, ETRS89, srid - 25800, false);
  if (srid > 26900 && srid <= 26923) return utm(srid, NAD83, srid - 26900, false);
  throw new UnsupportedError(
    `Cannot write ${named} as GeoParquet: the full description (PROJJSON) of EPSG:${srid} is not known here`,
    { hint: "Turn the geometry into EPSG:4326 first, or write another format" },
  );
}
