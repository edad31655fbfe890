/**
 * What is known of coordinate systems by their EPSG numbers: those that people's files are in. The figures are those of the
 * EPSG registry, in PROJ's notation.
 */

/** A projected system: its formula, and the number of the geographic system that it stands on. */
interface Known {
  readonly proj: string;
  readonly base: number;
}

const GRS80 = "+ellps=GRS80";
// In figures: where a shift of the datum is known by its number, proj4 forgets an ellipsoid that was told by its name
const AIRY = "+a=6377563.396 +rf=299.3249646";
const BESSEL = "+a=6377397.155 +rf=299.1528128";
const CLARKE_1866 = "+a=6378206.4 +b=6356583.8";
const INTERNATIONAL = "+a=6378388 +rf=297";

const PROJECTED: Readonly<Record<number, readonly [proj: string, base: number]>> = {
  2039: [
    `+proj=tmerc +lat_0=31.7343936111111 +lon_0=35.2045169444444 +k=1.0000067 +x_0=219529.584 +y_0=626907.39 ${GRS80}`,
    4141,
  ],
  2056: [
    `+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 ${BESSEL}`,
    4150,
  ],
  2100: [`+proj=tmerc +lat_0=0 +lon_0=24 +k=0.9996 +x_0=500000 +y_0=0 ${GRS80}`, 4121],
  2154: [`+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 ${GRS80}`, 4171],
  2180: [`+proj=tmerc +lat_0=0 +lon_0=19 +k=0.9993 +x_0=500000 +y_0=-5300000 ${GRS80}`, 4258],
  2193: [`+proj=tmerc +lat_0=0 +lon_0=173 +k=0.9996 +x_0=1600000 +y_0=10000000 ${GRS80}`, 4167],
  3005: [`+proj=aea +lat_0=45 +lon_0=-126 +lat_1=50 +lat_2=58.5 +x_0=1000000 +y_0=0 ${GRS80}`, 4269],
  3006: [`+proj=utm +zone=33 ${GRS80}`, 4619],
  3035: [`+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 ${GRS80}`, 4258],
  3067: [`+proj=utm +zone=35 ${GRS80}`, 4258],
  3310: [`+proj=aea +lat_0=0 +lon_0=-120 +lat_1=34 +lat_2=40.5 +x_0=0 +y_0=-4000000 ${GRS80}`, 4269],
  3347: [
    `+proj=lcc +lat_0=63.390675 +lon_0=-91.8666666666667 +lat_1=49 +lat_2=77 +x_0=6200000 +y_0=3000000 ${GRS80}`,
    4269,
  ],
  3763: [`+proj=tmerc +lat_0=39.6682583333333 +lon_0=-8.13310833333333 +k=1 +x_0=0 +y_0=0 ${GRS80}`, 4258],
  3765: [`+proj=tmerc +lat_0=0 +lon_0=16.5 +k=0.9999 +x_0=500000 +y_0=0 ${GRS80}`, 4258],
  3794: [`+proj=tmerc +lat_0=0 +lon_0=15 +k=0.9999 +x_0=500000 +y_0=-5000000 ${GRS80}`, 4258],
  5070: [`+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +x_0=0 +y_0=0 ${GRS80}`, 4269],
  5514: [
    `+proj=krovak +lat_0=49.5 +lon_0=24.8333333333333 +alpha=30.2881397527778 +k=0.9999 +x_0=0 +y_0=0 ${BESSEL}`,
    4156,
  ],
  6372: [`+proj=lcc +lat_0=12 +lon_0=-102 +lat_1=17.5 +lat_2=29.5 +x_0=2500000 +y_0=0 ${GRS80}`, 6365],
  21781: [
    `+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=600000 +y_0=200000 ${BESSEL}`,
    4149,
  ],
  27700: [
    `+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 ${AIRY}`,
    4277,
  ],
  28992: [
    `+proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 ${BESSEL}`,
    4289,
  ],
  31287: [
    `+proj=lcc +lat_0=47.5 +lon_0=13.3333333333333 +lat_1=49 +lat_2=46 +x_0=400000 +y_0=400000 ${BESSEL}`,
    4312,
  ],
  31370: [
    `+proj=lcc +lat_0=90 +lon_0=4.36748666666667 +lat_1=51.1666672333333 +lat_2=49.8333339 +x_0=150000.013 +y_0=5400088.438 ${INTERNATIONAL}`,
    4313,
  ],
};

/** Families of UTM zones: first and last number, the zone of the first, the half, the geographic system. */
const UTM: readonly (readonly [
  from: number,
  to: number,
  zone: number,
  half: "" | " +south",
  ellipsoid: string,
  base: number,
])[] = [
  [32601, 32660, 1, "", "+ellps=WGS84", 4326],
  [32701, 32760, 1, " +south", "+ellps=WGS84", 4326],
  [25828, 25838, 28, "", GRS80, 4258],
  [26901, 26923, 1, "", GRS80, 4269],
  [26701, 26722, 1, "", CLARKE_1866, 4267],
  [23028, 23038, 28, "", INTERNATIONAL, 4230],
  [31965, 31976, 11, "", GRS80, 4674],
  [31977, 31985, 17, " +south", GRS80, 4674],
  [28348, 28358, 48, " +south", GRS80, 4283],
  [7846, 7859, 46, " +south", GRS80, 7844],
];

/** The formula of a projected system, if its number is known. */
export function knownProjection(srid: number): Known | undefined {
  const own = PROJECTED[srid];
  if (own !== undefined) return { proj: own[0], base: own[1] };
  const family = UTM.find(([from, to]) => srid >= from && srid <= to);
  if (family === undefined) return undefined;
  const [from, , zone, half, ellipsoid, base] = family;
  return { proj: `+proj=utm +zone=${zone + srid - from}${half} ${ellipsoid}`, base };
}

/** Geographic systems that are WGS 84 to within a metre or two: no shift is needed for a map. */
const LIKE_WGS84: ReadonlySet<number> = new Set([
  4326,
  4979,
  4258,
  4937,
  4269,
  4152,
  4617,
  4759,
  6318,
  4283,
  7844,
  4167,
  4171,
  4619,
  4674,
  4170,
  4612,
  6668,
  4737,
  4490,
  4190,
  4694,
  5340,
  4148,
  6706,
  6365,
  9702,
  4761,
  4765,
  4757,
  3824,
  4755,
  4687,
  4759,
]);

/** Whether a geographic system is WGS 84 to within a metre or two. */
export function isLikeWgs84(geographic: number): boolean {
  return LIKE_WGS84.has(geographic);
}

/** How Esri and others spell geographic systems, without their numbers; a word's case and its blanks do not count. */
const GEOGRAPHIC_NAMES: Readonly<Record<string, number>> = {
  wgs1984: 4326,
  wgs84: 4326,
  crs84: 4326,
  wgs84crs84: 4326,
  etrs1989: 4258,
  etrs89: 4258,
  northamerican1983: 4269,
  nad83: 4269,
  northamerican1983harn: 4152,
  nad1983harn: 4152,
  northamerican1983csrs: 4617,
  nad1983csrs: 4617,
  nad19832011: 6318,
  nad1983nsrs2007: 4759,
  northamerican1927: 4267,
  nad27: 4267,
  gda1994: 4283,
  gda94: 4283,
  gda2020: 7844,
  nzgd2000: 4167,
  rgf1993: 4171,
  rgf93: 4171,
  sweref99: 4619,
  etrf2000pl: 9702,
  htrs96: 4761,
  slovenia1996: 4765,
  mexicoitrf2008: 6365,
  sirgas2000: 4674,
  jgd2000: 4612,
  jgd2011: 6668,
  korea2000: 4737,
  chinageodeticcoordinatesystem2000: 4490,
  osgb1936: 4277,
  osgb36: 4277,
  amersfoort: 4289,
  european1950: 4230,
  ed50: 4230,
  belge1972: 4313,
  deutscheshauptdreiecksnetz: 4314,
  dhdn: 4314,
  mgi: 4312,
  ch1903: 4149,
  "ch1903+": 4150,
  sjtsk: 4156,
  pulkovo1942: 4284,
  montemario: 4265,
  tokyo: 4301,
  southamerican1969: 4618,
  israel: 4141,
  ggrs1987: 4121,
  tm65: 4299,
};

/** The number of a geographic system by its name, if it is known. */
export function geographicByName(name: string): number | undefined {
  const key = name.toLowerCase().replace(/^gcs_/, "").replace(/[\s_\-/().]/g, "");
  return Object.hasOwn(GEOGRAPHIC_NAMES, key) ? GEOGRAPHIC_NAMES[key] : undefined;
}

const PROJECTED_NAMES: Readonly<Record<string, number>> = {
  WGS_1984_Web_Mercator_Auxiliary_Sphere: 3857,
  WGS_1984_World_Mercator: 3395,
  British_National_Grid: 27700,
  RGF_1993_Lambert_93: 2154,
  RD_New: 28992,
  Belge_Lambert_1972: 31370,
  "CH1903+_LV95": 2056,
  CH1903_LV03: 21781,
  ETRS_1989_LAEA: 3035,
  GGRS_1987_Greek_Grid: 2100,
  SWEREF99_TM: 3006,
  NZGD_2000_New_Zealand_Transverse_Mercator: 2193,
  ETRS_1989_Poland_CS92: 2180,
  NAD_1983_BC_Environment_Albers: 3005,
  NAD_1983_California_Teale_Albers: 3310,
  NAD_1983_StatePlane_New_York_Long_Island_FIPS_3104_Feet: 2263,
};

/** The number of a projected system by the name that Esri gives it, if it is known. */
export function projectedByName(name: string): number | undefined {
  if (Object.hasOwn(PROJECTED_NAMES, name)) return PROJECTED_NAMES[name];
  const match = /^(WGS_1984|ETRS_1989|NAD_1983|SIRGAS_2000)_UTM_Zone_(\d{1,2})([NS])$/.exec(name);
  if (match === null) return undefined;
  const zone = Number(match[2]);
  const south = match[3] === "S";
  switch (match[1]) {
    case "WGS_1984":
      return (south ? 32700 : 32600) + zone;
    case "ETRS_1989":
      return south ? undefined : 25800 + zone;
    case "NAD_1983":
      return south ? undefined : 26900 + zone;
    default:
      return south ? 31960 + zone : 31954 + zone;
  }
}
