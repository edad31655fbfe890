import { ArgumentError } from "../../errors/carto_error.ts";
import { geographicByName, projectedByName } from "./_known_crs.ts";
import { parseWktCrs, wktChild, wktEpsg, wktGeographic, wktName, type WktNode } from "./_wkt_crs.ts";

/** A coordinate system as a file tells it. */
export interface Crs {
  /** Its EPSG number, where that is known. */
  readonly srid: number | undefined;
  /** What people call it. */
  readonly name: string;
  /** WKT, PROJ text or PROJJSON, where the file holds it. */
  readonly definition: string | object | undefined;
  /** The EPSG number of the geographic system beneath, where it is known. */
  readonly geographic: number | undefined;
  /** What the datum is called. */
  readonly datum: string | undefined;
}

/** Longitude and latitude of WGS 84. */
export const WGS84: Crs = {
  srid: 4326,
  name: "EPSG:4326",
  definition: undefined,
  geographic: 4326,
  datum: "WGS 84",
};

/** The coordinate system of an EPSG number. */
export function crsOfSrid(srid: number): Crs {
  if (srid === 4326) return WGS84;
  return { srid, name: `EPSG:${srid}`, definition: undefined, geographic: undefined, datum: undefined };
}

/** The coordinate system of WKT, such as a `.prj` file; undefined where the text is none. */
export function crsOfWkt(text: string): Crs | undefined {
  const root = parseWktCrs(text);
  if (root === undefined) return undefined;
  // A vertical system on top does not move x and y
  const flat = ["COMPD_CS", "COMPOUNDCRS"].includes(root.keyword)
    ? root.values.find((value): value is WktNode => typeof value === "object") ?? root
    : root;
  const bound = flat.keyword === "BOUNDCRS" ? wktChild(flat, "SOURCECRS") : undefined;
  const own = (bound?.values[0] as WktNode | undefined) ?? flat;
  const geographic = wktGeographic(own);
  const base = geographic === undefined ? undefined : wktEpsg(geographic) ??
    geographicByName(wktName(geographic));
  const isGeographic = own === geographic;
  const datum = geographic === undefined
    ? undefined
    : wktChild(geographic, "DATUM", "GEODETICDATUM", "ENSEMBLE");
  const degrees = isGeographic && geographic !== undefined && inDegrees(geographic);
  const srid = wktEpsg(own) ?? (isGeographic ? (degrees ? base : undefined) : projectedByName(wktName(own)));
  return {
    srid,
    name: wktName(own) || (srid === undefined ? own.keyword : `EPSG:${srid}`),
    definition: text,
    geographic: base,
    datum: datum === undefined ? undefined : wktName(datum),
  };
}

/** Whether angles are degrees, counted from Greenwich. */
function inDegrees(geographic: WktNode): boolean {
  const meridian = wktChild(geographic, "PRIMEM", "PRIMEMERIDIAN");
  if (meridian !== undefined && meridian.values[1] !== 0) return false;
  const unit = wktChild(geographic, "UNIT", "ANGLEUNIT");
  return unit === undefined || Math.abs(Number(unit.values[1]) - Math.PI / 180) < 1e-9;
}

interface ProjJson {
  readonly type?: string;
  readonly name?: string;
  readonly id?: { readonly authority?: string; readonly code?: unknown };
  readonly base_crs?: ProjJson;
  readonly source_crs?: ProjJson;
  readonly components?: readonly ProjJson[];
  readonly datum?: { readonly name?: string };
  readonly datum_ensemble?: { readonly name?: string };
}

/** The coordinate system of PROJJSON, as GeoParquet and GeoArrow have it. */
export function crsOfProjJson(json: object): Crs {
  const given = json as ProjJson;
  const flat = given.components?.[0] ?? given;
  const own = flat.source_crs ?? flat;
  const base = own.base_crs ?? own;
  const srid = epsgOf(own);
  const geographic = epsgOf(base) ?? geographicByName(base.name ?? "");
  return {
    srid: srid ?? (own.base_crs === undefined ? geographic : undefined),
    name: own.name ?? (srid === undefined ? "without a name" : `EPSG:${srid}`),
    definition: own,
    geographic,
    datum: base.datum?.name ?? base.datum_ensemble?.name,
  };
}

function epsgOf({ id }: ProjJson): number | undefined {
  if (id?.authority === "OGC" && /^CRS84h?$/i.test(String(id.code))) return 4326;
  return id?.authority === "EPSG" ? Number(id.code) || undefined : undefined;
}

/** The coordinate system that a caller tells: WKT, PROJ text, PROJJSON or `EPSG:25830`. */
export function crsOfText(text: string): Crs {
  const code = /^(?:EPSG:|urn:ogc:def:crs:EPSG:[\d.]*:)(\d{1,6})$/i.exec(text.trim())?.[1];
  if (code !== undefined) return crsOfSrid(Number(code));
  if (/^(?:OGC:|urn:ogc:def:crs:OGC:[\d.]*:)CRS84h?$/i.test(text.trim())) return WGS84;
  if (text.trim().startsWith("+proj=")) {
    return {
      srid: undefined,
      name: text.trim(),
      definition: text.trim(),
      geographic: undefined,
      datum: undefined,
    };
  }
  if (text.trim().startsWith("{")) {
    try {
      return crsOfProjJson(JSON.parse(text));
    } catch {
      // Told below
    }
  }
  const crs = crsOfWkt(text);
  if (crs !== undefined) return crs;
  throw new ArgumentError(
    "The coordinate system is not known: it is neither WKT, PROJ text, PROJJSON nor EPSG:…",
    {
      argument: "crs",
      hint: 'Examples: "EPSG:25830", "+proj=utm +zone=30 +ellps=GRS80"',
    },
  );
}
