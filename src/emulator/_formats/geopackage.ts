import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "../_db/query.ts";
import type { RunContext } from "./collect_rows.ts";
import { declaredType, type FeatureTable, readFeatureTable, type StoredGeometry } from "./feature_table.ts";
import { inTransaction, sqliteFile } from "./sqlite_file.ts";
import { GEOMETRY, layerName } from "./table.ts";
import type { SpatialTypes } from "./types.ts";

/** `GPKG`, which marks the file. */
const APPLICATION_ID = 0x47504b47;
/** The version of the standard: 1.2. */
const USER_VERSION = 10200;

const TYPES: Readonly<Record<string, string>> = {
  int2: "SMALLINT",
  int4: "MEDIUMINT",
  int8: "INTEGER",
  bool: "BOOLEAN",
  float4: "FLOAT",
  float8: "REAL",
  numeric: "REAL",
  date: "DATE",
  timestamp: "DATETIME",
  timestamptz: "DATETIME",
  bytea: "BLOB",
  other: "TEXT",
};

/** The tables that every file has; those of tiles stay empty. */
const CORE_TABLES = [
  "gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL, " +
  "organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)",
  "gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, " +
  "description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), " +
  "min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, " +
  "CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))",
  "gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER DEFAULT NULL)",
  "gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, " +
  "srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, " +
  "CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name), " +
  "CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), " +
  "CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))",
  "gpkg_tile_matrix_set (table_name TEXT NOT NULL PRIMARY KEY, srs_id INTEGER NOT NULL, min_x DOUBLE NOT NULL, " +
  "min_y DOUBLE NOT NULL, max_x DOUBLE NOT NULL, max_y DOUBLE NOT NULL, " +
  "CONSTRAINT fk_gtms_table_name FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), " +
  "CONSTRAINT fk_gtms_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))",
  "gpkg_tile_matrix (table_name TEXT NOT NULL, zoom_level INTEGER NOT NULL, matrix_width INTEGER NOT NULL, " +
  "matrix_height INTEGER NOT NULL, tile_width INTEGER NOT NULL, tile_height INTEGER NOT NULL, " +
  "pixel_x_size DOUBLE NOT NULL, pixel_y_size DOUBLE NOT NULL, " +
  "CONSTRAINT pk_ttm PRIMARY KEY (table_name, zoom_level), " +
  "CONSTRAINT fk_tmm_table_name FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name))",
  "gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, " +
  "scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))",
];

/** What the standard wants checked in the table of tiles: name of the check, column, and what must not be. */
const TILE_CHECKS: readonly (readonly [string, string, string])[] = [
  ["zoom_level", "zoom_level", "NEW.zoom_level < 0"],
  ["matrix_width", "matrix_width", "NEW.matrix_width < 1"],
  ["matrix_height", "matrix_height", "NEW.matrix_height < 1"],
  ["pixel_x_size", "pixel_x_size", "NOT (NEW.pixel_x_size > 0)"],
  ["pixel_y_size", "pixel_y_size", "NOT (NEW.pixel_y_size > 0)"],
];

/** The reference systems that every file has. */
const CORE_REFERENCES: readonly (readonly [string, number, string, number, string, string])[] = [
  ["Undefined cartesian SRS", -1, "NONE", -1, "undefined", "undefined cartesian coordinate reference system"],
  ["Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"],
];

/** The rows as a GeoPackage with one layer and its spatial index. */
export async function geopackageDocument(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
  filename: string,
  spatial: SpatialTypes,
): Promise<Uint8Array<ArrayBuffer>> {
  const table = await readFeatureTable(context, sql, skipped, spatial);
  return await sqliteFile((database) => {
    const layer = layerName(filename);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${USER_VERSION}`);
    createCore(database);
    addReferences(database, table);
    createLayer(database, layer, table);
    inTransaction(database, () => insertRows(database, layer, table));
    if (table.info !== undefined) createIndex(database, layer, table);
    inTransaction(database, () => addSummary(database, layer, table));
  });
}

function createCore(database: DatabaseSync): void {
  inTransaction(database, () => {
    for (const definition of CORE_TABLES) database.exec(`CREATE TABLE ${definition}`);
    for (const [name, column, fault] of TILE_CHECKS) {
      for (const event of ["INSERT", `UPDATE OF ${column}`]) {
        const kind = event.split(" ")[0] ?? "";
        database.exec(
          `CREATE TRIGGER gpkg_tile_matrix_${name}_${kind.toLowerCase()} BEFORE ${event} ON gpkg_tile_matrix ` +
            `FOR EACH ROW BEGIN SELECT RAISE(ABORT, '${kind.toLowerCase()} on table ''gpkg_tile_matrix'' violates ` +
            `constraint: ${column} out of range') WHERE ${fault}; END`,
        );
      }
    }
  });
}

function addReferences(database: DatabaseSync, { info, reference }: FeatureTable): void {
  const insert = database.prepare("INSERT OR REPLACE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)");
  inTransaction(database, () => {
    for (const values of CORE_REFERENCES) insert.run(...values);
  });
  if (info === undefined || reference === undefined) return;
  inTransaction(database, () => {
    insert.run(reference.name, info.srid, "EPSG", info.srid, reference.text, null);
  });
}

function createLayer(database: DatabaseSync, layer: string, { columns, info }: FeatureTable): void {
  const list = [
    "fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
    ...(info === undefined ? [] : [`${quoteIdentifier(GEOMETRY)} ${info.kind}`]),
    ...columns.map(({ name, type }) => `${quoteIdentifier(name)} ${declaredType(type, TYPES)}`),
  ];
  const table = quoteIdentifier(layer);
  inTransaction(database, () => database.exec(`CREATE TABLE ${table} (${list.join(", ")})`));
  inTransaction(database, () => {
    database.prepare(
      "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, ?)",
    )
      .run(layer, info === undefined ? "attributes" : "features", layer, info?.srid ?? 0);
    if (info === undefined) return;
    database.prepare("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)")
      .run(layer, GEOMETRY, info.kind, info.srid);
  });
  inTransaction(database, () => {
    database.prepare("INSERT INTO gpkg_ogr_contents VALUES (?, NULL)").run(layer);
    for (const [event, change] of [["insert", "+"], ["delete", "-"]]) {
      database.exec(
        `CREATE TRIGGER ${
          quoteIdentifier(`trigger_${event}_feature_count_${layer}`)
        } AFTER ${event} ON ${table} ` +
          `BEGIN UPDATE gpkg_ogr_contents SET feature_count = feature_count ${change} 1 ` +
          `WHERE lower(table_name) = lower('${layer.replaceAll("'", "''")}'); END`,
      );
    }
  });
}

function insertRows(database: DatabaseSync, layer: string, { columns, rows, info }: FeatureTable): void {
  const count = columns.length + (info === undefined ? 1 : 2);
  const places = Array.from({ length: count }, () => "?").join(", ");
  const insert = database.prepare(`INSERT INTO ${quoteIdentifier(layer)} VALUES (${places})`);
  rows.forEach(({ values, geometry }, index) => {
    insert.run(index + 1, ...(info === undefined ? [] : [encodeGeometry(geometry, info.srid)]), ...values);
  });
}

/** The standard's blob: a header with the reference system and, but for points, the bounds; then the binary form. */
function encodeGeometry(geometry: StoredGeometry | null, srid: number): Uint8Array | null {
  if (geometry === null) return null;
  const { wkb, bounds } = geometry;
  const isPoint = (wkb[1] ?? 0) === 1 && wkb[2] === 0;
  const envelope = bounds === undefined || isPoint ? [] : bounds;
  const blob = new Uint8Array(8 + 8 * envelope.length + wkb.length);
  const view = new DataView(blob.buffer);
  const flags = 1 | (envelope.length > 0 ? 2 : 0) | (bounds === undefined ? 16 : 0);
  blob.set([0x47, 0x50, 0, flags]);
  view.setInt32(4, srid, true);
  envelope.forEach((bound, index) => view.setFloat64(8 + 8 * index, bound, true));
  blob.set(wkb, 8 + 8 * envelope.length);
  return blob;
}

/** The spatial index, filled, and the triggers that would keep it so. */
function createIndex(database: DatabaseSync, layer: string, { rows }: FeatureTable): void {
  const index = `rtree_${layer}_${GEOMETRY}`;
  const table = quoteIdentifier(layer);
  const rtree = quoteIdentifier(index);
  const geometry = quoteIdentifier(GEOMETRY);
  inTransaction(database, () => {
    database.prepare("INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')")
      .run(layer, GEOMETRY, "http://www.geopackage.org/spec120/#extension_rtree");
    database.exec(`CREATE VIRTUAL TABLE ${rtree} USING rtree(id, minx, maxx, miny, maxy)`);
    const insert = database.prepare(`INSERT INTO ${rtree} VALUES (?, ?, ?, ?, ?)`);
    rows.forEach(({ geometry }, row) => {
      if (geometry?.bounds !== undefined) insert.run(row + 1, ...geometry.bounds);
    });
    const isShown = (row: string) => `${row}.${geometry} NOT NULL AND NOT ST_IsEmpty(${row}.${geometry})`;
    const put = `INSERT OR REPLACE INTO ${rtree} VALUES (NEW.fid, ST_MinX(NEW.${geometry}), ` +
      `ST_MaxX(NEW.${geometry}), ST_MinY(NEW.${geometry}), ST_MaxY(NEW.${geometry}))`;
    const drop = (ids: string) => `DELETE FROM ${rtree} WHERE id ${ids}`;
    const triggers: readonly (readonly [string, string, string, string])[] = [
      ["insert", `INSERT ON ${table}`, isShown("NEW"), put],
      ["update1", `UPDATE OF ${geometry} ON ${table}`, `OLD.fid = NEW.fid AND ${isShown("NEW")}`, put],
      [
        "update2",
        `UPDATE OF ${geometry} ON ${table}`,
        `OLD.fid = NEW.fid AND NOT (${isShown("NEW")})`,
        drop("= OLD.fid"),
      ],
      [
        "update3",
        `UPDATE ON ${table}`,
        `OLD.fid != NEW.fid AND ${isShown("NEW")}`,
        `${drop("= OLD.fid")}; ${put}`,
      ],
      [
        "update4",
        `UPDATE ON ${table}`,
        `OLD.fid != NEW.fid AND NOT (${isShown("NEW")})`,
        drop("IN (OLD.fid, NEW.fid)"),
      ],
      ["delete", `DELETE ON ${table}`, `OLD.${geometry} NOT NULL`, drop("= OLD.fid")],
    ];
    for (const [name, event, condition, action] of triggers) {
      database.exec(
        `CREATE TRIGGER ${
          quoteIdentifier(`${index}_${name}`)
        } AFTER ${event} WHEN (${condition}) BEGIN ${action}; END`,
      );
    }
  });
}

/** What the table of contents tells: bounds and number of the rows. */
function addSummary(database: DatabaseSync, layer: string, { rows }: FeatureTable): void {
  const bounds = rows.flatMap(({ geometry }) => geometry?.bounds === undefined ? [] : [geometry.bounds]);
  const least = (axis: 0 | 2) => bounds.reduce((value, box) => Math.min(value, box[axis]), Infinity);
  const greatest = (axis: 1 | 3) => bounds.reduce((value, box) => Math.max(value, box[axis]), -Infinity);
  const box = bounds.length === 0 ? [null, null, null, null] : [least(0), least(2), greatest(1), greatest(3)];
  database.prepare("UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?")
    .run(...box, layer);
  database.prepare("UPDATE gpkg_ogr_contents SET feature_count = ? WHERE table_name = ?").run(
    rows.length,
    layer,
  );
}
