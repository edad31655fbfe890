import { collectRows, type RunContext } from "./collect_rows.ts";

/** Names that Esri's software expects for common parts of a reference system. */
const ESRI_NAMES: Readonly<Record<string, string>> = {
  "WGS 84": "GCS_WGS_1984",
  "WGS_1984": "D_WGS_1984",
  "ETRS89": "GCS_ETRS_1989",
  "European_Terrestrial_Reference_System_1989": "D_ETRS_1989",
  "NAD83": "GCS_North_American_1983",
  "North_American_Datum_1983": "D_North_American_1983",
  "WGS 84 / Pseudo-Mercator": "WGS_1984_Web_Mercator_Auxiliary_Sphere",
  "GRS 1980": "GRS_1980",
};

/** The reference system as the text of a `.prj` file; `undefined` for one that the database does not know. */
export async function esriProjection(context: RunContext, srid: number): Promise<string | undefined> {
  if (srid <= 0) return undefined;
  const { rows } = await collectRows(context, `SELECT srtext FROM spatial_ref_sys WHERE srid = ${srid}`);
  const text = rows[0]?.[0];
  return text === null || text === undefined ? undefined : toEsri(text);
}

/** A reference system in Esri's dialect of well-known text: no authorities and axes, and its own names. */
export function toEsri(text: string): string {
  return text
    .replace(/,(?:AUTHORITY|TOWGS84|EXTENSION|AXIS)\[[^\]]*\]/g, "")
    .replace(
      /(PROJCS|GEOGCS|DATUM|SPHEROID)\["([^"]*)"/g,
      (_, part: string, name: string) => `${part}["${esriName(part, name)}"`,
    )
    .replace(/UNIT\["degree",[\d.]+\]/gi, 'UNIT["Degree",0.0174532925199433]')
    .replace(/UNIT\["metre",1\]/gi, 'UNIT["Meter",1.0]')
    .replace(/PARAMETER\["([^"]*)"/g, (_, name: string) => `PARAMETER["${capitals(name)}"`)
    .replace(/,(-?\d+)(?=[\],])/g, ",$1.0");
}

function esriName(part: string, name: string): string {
  const known = ESRI_NAMES[name];
  if (known !== undefined && (part !== "SPHEROID" || name !== "WGS 84")) return known;
  const plain = name.replace(/[^A-Za-z0-9]+/g, "_");
  if (part === "SPHEROID" && name === "WGS 84") return "WGS_1984";
  if (part === "DATUM") return `D_${plain}`;
  return part === "GEOGCS" ? `GCS_${plain}` : plain;
}

function capitals(name: string): string {
  return name.replace(/(^|_)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}
