import { quoteIdentifier } from "../_db/query.ts";
import type { RunContext } from "./collect_rows.ts";
import { declaredType, type FeatureTable, readFeatureTable } from "./feature_table.ts";
import { inTransaction, sqliteFile } from "./sqlite_file.ts";
import { GEOMETRY, layerName } from "./table.ts";
import type { SpatialTypes } from "./types.ts";

const TYPES: Readonly<Record<string, string>> = {
  int2: "INTEGER",
  int4: "INTEGER",
  int8: "BIGINT",
  bool: "INTEGER",
  float4: "FLOAT",
  float8: "FLOAT",
  numeric: "FLOAT",
  date: "DATE",
  timestamp: "TIMESTAMP",
  timestamptz: "TIMESTAMP",
  bytea: "BLOB",
  other: "VARCHAR",
};

const GEOMETRY_TYPES = [
  "GEOMETRY",
  "POINT",
  "LINESTRING",
  "POLYGON",
  "MULTIPOINT",
  "MULTILINESTRING",
  "MULTIPOLYGON",
  "GEOMETRYCOLLECTION",
];

/** The rows as a table of an SQLite file, with the two tables that tell of its geometry. */
export async function spatialiteDocument(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
  filename: string,
  spatial: SpatialTypes,
): Promise<Uint8Array<ArrayBuffer>> {
  const table = await readFeatureTable(context, sql, skipped, spatial);
  return await sqliteFile((database) => {
    const layer = layerName(filename);
    inTransaction(database, () => {
      database.exec(
        "CREATE TABLE geometry_columns (f_table_name VARCHAR, f_geometry_column VARCHAR, geometry_type INTEGER, " +
          "coord_dimension INTEGER, srid INTEGER, geometry_format VARCHAR)",
      );
      database.exec(
        "CREATE TABLE spatial_ref_sys (srid INTEGER UNIQUE, auth_name TEXT, auth_srid TEXT, srtext TEXT)",
      );
    });
    inTransaction(database, () => {
      database.exec(`CREATE TABLE ${quoteIdentifier(layer)} (${columnList(table).join(", ")})`);
      if (table.info === undefined) return;
      const { kind, srid } = table.info;
      database.prepare("INSERT INTO geometry_columns VALUES (?, ?, ?, 2, ?, 'WKB')")
        .run(layer, GEOMETRY, Math.max(0, GEOMETRY_TYPES.indexOf(kind)), srid);
      if (table.reference !== undefined) {
        database.prepare("INSERT INTO spatial_ref_sys VALUES (?, 'EPSG', ?, ?)")
          .run(srid, String(srid), table.reference.text);
      }
    });
    inTransaction(database, () => {
      const places = Array.from({ length: columnList(table).length }, () => "?").join(", ");
      const insert = database.prepare(`INSERT INTO ${quoteIdentifier(layer)} VALUES (${places})`);
      table.rows.forEach(({ values, geometry }, index) => {
        insert.run(index + 1, ...(table.info === undefined ? [] : [geometry?.wkb ?? null]), ...values);
      });
    });
  });
}

function columnList({ columns, info }: FeatureTable): string[] {
  return [
    "ogc_fid INTEGER PRIMARY KEY AUTOINCREMENT",
    ...(info === undefined ? [] : [`${quoteIdentifier(GEOMETRY)} BLOB`]),
    ...columns.map(({ name, type }) => `${quoteIdentifier(name)} ${declaredType(type, TYPES)}`),
  ];
}
