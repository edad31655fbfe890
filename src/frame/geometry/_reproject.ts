import { DataError, UnsupportedError } from "../../errors/carto_error.ts";
import { strideOf, viewOf, visitRuns, wordAt } from "./_ewkb.ts";

/** Moves the coordinates of canonical bytes, in place, from one coordinate system to another; answers the bytes. */
export function reproject(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const inverse = known(from).inverse;
  const forward = known(to).forward;
  const view = viewOf(bytes);
  const step = 8 * strideOf(wordAt(view, 0));
  const place: [number, number] = [0, 0];
  visitRuns(view, 0, (at, count) => {
    for (let i = 0; i < count; i++) {
      const here = at + i * step;
      const x = place[0] = view.getFloat64(here, true);
      const y = place[1] = view.getFloat64(here + 8, true);
      inverse(place);
      forward(place);
      if (!(Number.isFinite(place[0]) && Number.isFinite(place[1]))) throw noPlace(x, y, from, to);
      view.setFloat64(here, place[0], true);
      view.setFloat64(here + 8, place[1], true);
    }
  });
  return bytes;
}

function known(srid: number): Projection {
  const projection = projectionOf(srid);
  if (projection !== undefined) return projection;
  throw new UnsupportedError(`Cannot reproject from or to SRID ${srid}: its formulas are not known here`, {
    hint: "Reproject before, for example with ST_Transform in SQL, to SRID 4326",
  });
}

function noPlace(x: number, y: number, from: number, to: number): DataError {
  return new DataError(
    `Cannot reproject the coordinate ${x} ${y} from SRID ${from} to ${to}: it has no place there`,
  );
}

/** The formulas of one coordinate system; both overwrite x and y in place. */
export interface Projection {
  /** From longitude and latitude in degrees. */
  readonly forward: (place: [number, number]) => void;
  /** To longitude and latitude in degrees. */
  readonly inverse: (place: [number, number]) => void;
}

const DEGREE = Math.PI / 180;
/** The semi-major axis of WGS 84 and GRS 80, in metres. */
const AXIS = 6378137;
const WGS84_ECCENTRICITY = Math.sqrt((2 - 1 / 298.257223563) / 298.257223563);
const GRS80_ECCENTRICITY = Math.sqrt((2 - 1 / 298.257222101) / 298.257222101);
const US_FOOT = 1200 / 3937;

const GEOGRAPHIC: Projection = { forward() {}, inverse() {} };

/** Mercator on a sphere or an ellipsoid: EPSG methods 1024 and 9804. */
function mercator(eccentricity: number): Projection {
  return {
    forward(place) {
      const latitude = place[1] * DEGREE;
      place[0] = place[0] * DEGREE * AXIS;
      place[1] = Math.abs(place[1]) < 90 ? AXIS * isometric(latitude, eccentricity) : NaN;
    },
    inverse(place) {
      place[0] = place[0] / AXIS / DEGREE;
      place[1] = latitudeOf(place[1] / AXIS, eccentricity) / DEGREE;
    },
  };
}

/** What {@linkcode lambertConic} needs: degrees, metres, metres per unit. */
interface Conic {
  readonly origin: readonly [longitude: number, latitude: number];
  readonly parallels: readonly [south: number, north: number];
  readonly falseEasting: number;
  readonly falseNorthing: number;
  readonly unit: number;
  readonly eccentricity: number;
}

/** Lambert's conformal conic with two standard parallels: EPSG method 9802. */
function lambertConic(conic: Conic): Projection {
  const { eccentricity: e, origin, parallels, falseEasting, falseNorthing, unit } = conic;
  const parallelRadius = (degrees: number): number => {
    const sine = Math.sin(degrees * DEGREE);
    return Math.cos(degrees * DEGREE) / Math.sqrt(1 - e * e * sine * sine);
  };
  const south = parallelRadius(parallels[0]);
  const ratio = Math.log(south / parallelRadius(parallels[1])) /
    (isometric(parallels[1] * DEGREE, e) - isometric(parallels[0] * DEGREE, e));
  const scale = AXIS * south / ratio * Math.exp(ratio * isometric(parallels[0] * DEGREE, e));
  const originRadius = scale * Math.exp(-ratio * isometric(origin[1] * DEGREE, e));
  return {
    forward(place) {
      const radius = scale * Math.exp(-ratio * isometric(place[1] * DEGREE, e));
      const angle = ratio * (place[0] - origin[0]) * DEGREE;
      place[0] = (falseEasting + radius * Math.sin(angle)) / unit;
      place[1] = (falseNorthing + originRadius - radius * Math.cos(angle)) / unit;
    },
    inverse(place) {
      const x = place[0] * unit - falseEasting;
      const y = originRadius - (place[1] * unit - falseNorthing);
      place[0] = Math.atan2(x, y) / ratio / DEGREE + origin[0];
      place[1] = latitudeOf(-Math.log(Math.hypot(x, y) / scale) / ratio, e) / DEGREE;
    },
  };
}

/** The isometric latitude, in radians. */
function isometric(latitude: number, e: number): number {
  const sine = Math.sin(latitude);
  return Math.asinh(Math.tan(latitude)) - e * Math.atanh(e * sine);
}

/** The latitude of an isometric latitude, by iteration; exact at once on a sphere. */
function latitudeOf(psi: number, e: number): number {
  let latitude = Math.atan(Math.sinh(psi));
  if (e === 0) return latitude;
  for (let i = 0; i < 12; i++) {
    const next = Math.atan(Math.sinh(psi + e * Math.atanh(e * Math.sin(latitude))));
    if (Math.abs(next - latitude) < 1e-15) return next;
    latitude = next;
  }
  return latitude;
}

/** The formulas of an SRID, or undefined. NAD 83 and ETRS 89 count as WGS 84, as they do in PROJ without a grid. */
export function projectionOf(srid: number): Projection | undefined {
  switch (srid) {
    case 4326:
    case 4269:
    case 4258:
      return GEOGRAPHIC;
    case 3857:
    case 3785:
    case 900913:
    case 102100:
    case 102113:
      return mercator(0);
    case 3395:
      return mercator(WGS84_ECCENTRICITY);
    case 2263:
      return lambertConic({
        origin: [-74, 40 + 10 / 60],
        parallels: [40 + 40 / 60, 41 + 2 / 60],
        falseEasting: 984250 * US_FOOT,
        falseNorthing: 0,
        unit: US_FOOT,
        eccentricity: GRS80_ECCENTRICITY,
      });
    default:
      return undefined;
  }
}
