import { quoteIdentifier } from "../_db/query.ts";
import { collectRows, type RunContext } from "./collect_rows.ts";
import { describeTable, GEOMETRY, layerName, MAP_GEOMETRY } from "./table.ts";
import { type SpatialTypes, typeName } from "./types.ts";

/** Columns that become the name and the description of a place, whatever their case. */
const SPECIAL = ["name", "description"];

/** The rows as the places of a KML document. */
export async function kmlDocument(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
  filename: string,
  spatial: SpatialTypes,
): Promise<string> {
  const { from, fields } = await describeTable(context, sql, skipped);
  const layer = escapeXml(layerName(filename));
  const shown = fields.filter(({ name }) => name !== GEOMETRY && name !== MAP_GEOMETRY);
  const special = SPECIAL.map((word) => shown.findIndex(({ name }) => name.toLowerCase() === word));
  const geometry = quoteIdentifier(GEOMETRY);
  const columns = [
    ...shown.map(({ name }) => quoteIdentifier(name)),
    fields.some(({ name }) => name === GEOMETRY)
      ? `ST_AsKML(CASE WHEN ST_SRID(${geometry}) = 0 THEN ST_SetSRID(${geometry}, 4326) ELSE ${geometry} END, 15)`
      : "NULL",
    fields.some(({ name }) => name === GEOMETRY) ? `GeometryType(${geometry})` : "NULL",
  ];
  const { rows } = await collectRows(context, `SELECT ${columns.join(", ")} FROM ${from}`);
  const lines = [
    '<?xml version="1.0" encoding="utf-8" ?>',
    '<kml xmlns="http://www.opengis.net/kml/2.2">',
    '<Document id="root_doc">',
  ];
  const data = shown.map((field, index) => ({ field, index })).filter(({ index }) =>
    !special.includes(index)
  );
  if (data.length > 0) {
    lines.push(`<Schema name="${layer}" id="${layer}">`);
    for (const { field } of data) {
      const type = simpleType(typeName(field.typeOid, spatial) ?? "");
      lines.push(`\t<SimpleField name="${escapeXml(field.name)}" type="${type}"></SimpleField>`);
    }
    lines.push("</Schema>");
  }
  lines.push(`<Folder><name>${layer}</name>`);
  for (const row of rows) {
    lines.push("  <Placemark>");
    SPECIAL.forEach((tag, index) => {
      const value = row[special[index] ?? -1];
      if (typeof value === "string") lines.push(`\t<${tag}>${escapeXml(value)}</${tag}>`);
    });
    const kml = row[shown.length];
    if (/^(?:MULTI)?(?:LINESTRING|POLYGON)/.test(row[shown.length + 1] ?? "")) {
      lines.push(
        "\t<Style><LineStyle><color>ff0000ff</color></LineStyle><PolyStyle><fill>0</fill></PolyStyle></Style>",
      );
    }
    const values = data.filter(({ index }) => typeof row[index] === "string");
    if (values.length > 0) {
      lines.push(`\t<ExtendedData><SchemaData schemaUrl="#${layer}">`);
      for (const { field, index } of values) {
        const value = escapeXml(
          plainValue(row[index] ?? "", typeName(field.typeOid, spatial), field.typeModifier),
        );
        lines.push(`\t\t<SimpleData name="${escapeXml(field.name)}">${value}</SimpleData>`);
      }
      lines.push("\t</SchemaData></ExtendedData>");
    }
    if (typeof kml === "string") lines.push(`      ${kml}`);
    lines.push("  </Placemark>");
  }
  lines.push("</Folder>", "</Document></kml>", "");
  return lines.join("\n");
}

function simpleType(type: string): string {
  if (type === "int4" || type === "int2" || type === "bool") return "int";
  if (type === "int8" || type === "numeric" || type.startsWith("float")) return "float";
  return "string";
}

/** A value as the file's library writes it: 15 digits, and dates with slashes. */
function plainValue(value: string, type: string | undefined, modifier: number): string {
  if (type === "bool") return value === "t" ? "1" : "0";
  if (type === "float8" || (type === "numeric" && modifier < 0)) return fifteenDigits(Number(value));
  if (type === "date" || type?.startsWith("timestamp")) {
    return value.replace(/^(\d+)-(\d\d)-(\d\d)/, "$1/$2/$3");
  }
  return value;
}

function fifteenDigits(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan");
  const [digits = "", exponent] = Number(value.toPrecision(15)).toString().split("e");
  return exponent === undefined ? digits : `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}
