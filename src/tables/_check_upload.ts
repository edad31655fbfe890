import { getDefaultCredentials } from "../auth/default_credentials.ts";
import { type CartoError, DataError, isCartoError } from "../errors/carto_error.ts";
import type { Column } from "../frame/column.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { boundsOfColumn, checkGeometryColumn, scanGeometryColumn } from "../frame/geometry/_column_scan.ts";
import type { CanonicalColumn } from "../frame/geometry/_wkb_columns.ts";
import type { GeometryProblem, GeometryProblemKind } from "../frame/geometry/check_geometry.ts";
import type { Bounds, GeometryType } from "../frame/geometry/geometry_types.ts";
import { normalizeName } from "../frame/names.ts";
import { cartodbIdProblems } from "../frame/plan_columns.ts";
import type { ColumnType } from "../frame/types.ts";
import { checkWhole, normalTableName, resolvePlatform } from "./_arguments.ts";
import { KeyIndex } from "./_check_keys.ts";
import { CheckReport, Problems } from "./_check_report.ts";
import { checkNulls, lookAtTable, type TargetLook, ValueCheck } from "./_check_target.ts";
import { copyEncoder } from "./_copy_parts.ts";
import type { Call, Platform, Quota, WriteColumn, WriteRequest } from "./_platform.ts";
import { readBatches } from "./_read_request.ts";
import type { Target } from "./_target.ts";
import { checkQuota, keyColumns, openFrames, quotaGuard, resolveOptions } from "./_upload.ts";
import { type FaultCode, SRID } from "./_upload_columns.ts";
import type { UploadFrames } from "./_upload_frames.ts";
import type { CheckUploadInput, CheckUploadOptions, CheckUploadReport } from "./check_upload_report.ts";
import type { ToCartoOptions } from "./to_carto_options.ts";

/** The most problems of one code that are listed, unless told otherwise. */
const MAX_PROBLEMS = 20;

/** What `checkUpload` does. */
export async function check(
  data: CheckUploadInput,
  tableName: string,
  options: CheckUploadOptions,
): Promise<CheckUploadReport> {
  const table = normalTableName(tableName);
  const settings = resolveOptions(options);
  const call: Call = { operation: `check the upload of table "${table}"`, signal: options.signal };
  const maxProblems = checkWhole(options.maxProblems ?? MAX_PROBLEMS, "maxProblems", 1);
  const problems = new Problems(maxProblems, call.operation);
  if (isCut(tableName, table)) {
    problems.warn("name-cut", `The table's name is cut to "${table}": PostgreSQL keeps 63 bytes`);
  }
  const account = await lookAtAccount(table, options, call);
  const look = new UploadLook({ ...call, ...settings, table, columns: [] }, account, problems);
  await look.run(data, options);
  return look.report();
}

/** What the account says before a row is looked at; undefined without credentials. */
interface Account {
  readonly platform: Platform;
  readonly quota: Quota;
  readonly target: Target;
}

async function lookAtAccount(
  table: string,
  options: ToCartoOptions,
  call: Call,
): Promise<Account | undefined> {
  if (options.credentials === undefined && getDefaultCredentials() === undefined) return undefined;
  const platform = await resolvePlatform(options);
  return { platform, quota: await platform.quota(call), target: await platform.target(table, call) };
}

/** Whether a name lost its end. */
function isCut(from: string, to: string): boolean {
  return to.length >= 60 && new TextEncoder().encode(from).length > 63;
}

/** Settings of the upload that is looked at. */
type Settings = Omit<WriteRequest, "batches">;

/** One look at the data of an upload. */
class UploadLook {
  readonly #settings: Settings;
  readonly #account: Account | undefined;
  readonly #problems: Problems;
  readonly #notes: string[] = [];
  #frames: UploadFrames | undefined;
  #columns: readonly WriteColumn[] = [];
  #table: TargetLook | undefined;
  #values: ValueCheck | undefined;
  #rows = 0;
  #bytes = 0;
  #complete = true;
  #nulls: number[] = [];
  #keyNames: readonly string[] = [];
  #geometry: GeometrySum | undefined;
  #keys: KeyCheck | undefined;
  #ids: IdCheck | undefined;

  constructor(settings: Settings, account: Account | undefined, problems: Problems) {
    this.#settings = settings;
    this.#account = account;
    this.#problems = problems;
    if (account === undefined) {
      this.#notes.push("No credentials: the table that may be there and the quota were not looked at");
    }
  }

  /** Reads the data to their end, or to a fault that ends the reading. */
  async run(data: CheckUploadInput, options: CheckUploadOptions): Promise<void> {
    const { operation, signal } = this.#settings;
    try {
      const faults = { onFault: this.#onFault, onBadValue: this.#onBadValue };
      const made = typeof data === "function" ? await data({ onBadValue: this.#onBadValue }) : data;
      this.#frames = await openFrames(made, options, operation, faults);
      this.#begin(this.#frames);
      const encoder = copyEncoder(this.#columns, this.#settings.format);
      for await (const frame of this.#frames.frames) {
        signal?.throwIfAborted();
        this.#see(frame);
        this.#encode(frame, (part) => encoder.encode(part, 1));
        this.#rows += frame.numRows;
        options.onProgress?.({ phase: "read", rows: this.#rows, bytes: this.#bytes });
      }
    } catch (error) {
      this.#stop(error);
    } finally {
      await this.#frames?.close();
    }
    await this.#end(options);
  }

  /** What an upload refuses; batches that differ end the reading. */
  readonly #onFault = (code: FaultCode, error: CartoError): void => {
    if (code === "batch") throw error;
    this.#problems.refuse(code === "cartodb-id" ? "bad-id" : code, error);
  };

  readonly #onBadValue = (error: CartoError, type: ColumnType): void => {
    this.#problems.refuse(type === "geometry" || type === "geography" ? "bad-geometry" : "bad-value", error);
  };

  /** A fault after which nothing can be read; what is none of the data is thrown. */
  #stop(error: unknown): void {
    this.#settings.signal?.throwIfAborted();
    const isOfData = isCartoError(error) &&
      ["invalid-data", "invalid-argument", "unsupported"].includes(error.code);
    if (!isOfData) throw error;
    this.#complete = false;
    this.#problems.refuse(error instanceof DataError ? "bad-value" : "unusable", error);
    this.#notes.push(
      this.#rows === 0
        ? "The fault ended the look: the rows were not looked at"
        : `The fault ended the look: rows after ${this.#rows.toLocaleString("en")} were not looked at`,
    );
  }

  /** Settles what depends on the columns alone. */
  #begin({ columns: plan, whole, first }: UploadFrames): void {
    const { columns, renamed, warnings } = plan;
    this.#columns = columns;
    this.#nulls = columns.map(() => 0);
    this.#notes.push(...first.notes);
    for (const { from, to, reason } of renamed) {
      if (isCut(from, to)) {
        this.#problems.warn("name-cut", `The name is cut to "${to}": PostgreSQL keeps 63 bytes`, {
          column: from,
        });
      } else if (!reason.startsWith("CARTO's names are") && !to.startsWith("cartodb_id_")) {
        this.#problems.warn("name-taken", `The column becomes "${to}": ${reason}`, { column: from });
      }
    }
    for (const warning of warnings) this.#problems.warn("left-out", warning);
    this.#tellLostIds(first);
    const { key, operation } = this.#settings;
    const keyNames = this.#keyNames = keyColumns(key, columns, operation);
    if (this.#account !== undefined) {
      const { target } = this.#account;
      const intent = { ...this.#settings, key: keyNames };
      this.#table = lookAtTable(target, columns, intent, this.#problems);
      this.#values = new ValueCheck(target, columns, this.#table.casts, this.#problems);
    }
    this.#keys = keyNames.length === 0 ? undefined : new KeyCheck(keyNames, columns, this.#problems);
    // Of rows at hand those with repeated ids have lost them already
    const id = columns.find(({ name }) => name === "cartodb_id");
    this.#ids = id === undefined ? undefined : new IdCheck(id.column, whole === undefined, this.#problems);
  }

  /** A column that was to be the ids and cannot: row by row, why. */
  #tellLostIds(first: GeoDataFrame): void {
    for (const { column, name } of this.#columns) {
      if (name === "cartodb_id" || normalizeName(column) !== "cartodb_id") continue;
      for (const { row, message } of cartodbIdProblems(first.column(column))) {
        this.#problems.warn("bad-id", message, {
          column,
          ...(row < 0 ? {} : { row: row + 1, ...lineOf(first, row) }),
          hint: `The rows get new ids, and the column becomes "${name}"`,
        });
      }
    }
  }

  #see(frame: GeoDataFrame): void {
    this.#columns.forEach(({ column }, i) => {
      this.#nulls[i] = (this.#nulls[i] ?? 0) + frame.column(column).nullCount;
    });
    const { geometryColumn } = frame;
    if (geometryColumn !== undefined) {
      this.#geometry ??= new GeometrySum(geometryColumn, this.#problems);
      this.#geometry.see(frame, frame.column(geometryColumn), this.#rows);
    }
    this.#keys?.see(frame, this.#rows);
    this.#ids?.see(frame, this.#rows);
    this.#values?.see(frame, this.#rows);
  }

  /** Encodes rows as the upload would; those that cannot be are told, and the next ones go on. */
  #encode(frame: GeoDataFrame, encode: (frame: GeoDataFrame) => Iterable<Uint8Array>): void {
    for (let start = 0; start < frame.numRows;) {
      const part = start === 0 ? frame : frame.slice(start);
      try {
        for (const chunk of encode(part)) this.#bytes += chunk.length;
        return;
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        const at = rowIn(part, error);
        this.#problems.refuse("bad-value", error, { row: this.#rows + start + at + 1 });
        start += at + 1;
      }
    }
  }

  /** What only all rows together can tell. */
  async #end(options: CheckUploadOptions): Promise<void> {
    this.#geometry?.end();
    if (this.#account === undefined) return;
    const { target, quota } = this.#account;
    checkNulls(target, this.#columns, this.#nulls, this.#keyNames, this.#problems);
    const { ifExists, operation, table } = this.#settings;
    if (ifExists === "append" && this.#table?.table.exists === true && !this.#problems.hasErrors) {
      await this.#ids?.compare(table, options);
    }
    if (options.skipQuotaWarning === true || quota.remaining === undefined) return;
    try {
      checkQuota(this.#frames?.whole, this.#columns, quota.remaining, operation);
      quotaGuard(quota.remaining, undefined, operation)?.({
        phase: "upload",
        rows: this.#rows,
        bytes: this.#bytes,
      });
    } catch (error) {
      if (!isCartoError(error)) throw error;
      // A value that cannot be written has been told already
      if (error.code === "quota-exceeded") this.#problems.refuse("quota", error);
    }
  }

  report(): CheckUploadReport {
    const { total, remaining } = this.#account?.quota ?? {};
    return new CheckReport({
      tableName: this.#settings.table,
      rows: this.#rows,
      complete: this.#complete,
      columns: this.#columns.map(({ column, name, sqlType }, i) => ({
        name,
        ...(column === name ? {} : { from: column }),
        type: sqlType,
        nulls: this.#nulls[i] ?? 0,
      })),
      renamed: this.#frames?.columns.renamed ?? [],
      geometry: this.#geometry?.sum(),
      problems: this.#problems.list,
      counts: this.#problems.counts,
      table: this.#table?.table,
      size: {
        bytes: this.#bytes,
        ...(total === undefined ? {} : { quotaBytes: total }),
        ...(remaining === undefined ? {} : { remainingBytes: remaining }),
      },
      notes: this.#notes,
    });
  }
}

/** The row that an error of a frame means, from 0. */
function rowIn(frame: GeoDataFrame, { place }: DataError): number {
  if (place.row !== undefined) return place.row - 1;
  for (let row = 0; row < frame.numRows; row++) if (frame.placeOf(row).line === place.line) return row;
  return frame.numRows - 1;
}

/** The line of a row in its file, where that is known. */
function lineOf(frame: GeoDataFrame, row: number): { line?: number } {
  const { line } = frame.placeOf(row);
  return line === undefined ? {} : { line };
}

/** What to do about a geometry. */
const HINTS: Readonly<Record<GeometryProblemKind, string>> = {
  "latitude": "Correct the coordinates, or set the geometry to null: it has no place on a map",
  "longitude":
    "Bring the longitude into -180 to 180, unless the geometry is meant to cross the 180th meridian",
  "not-finite": "Set the geometry to null",
  "too-few-points": "Mend the geometry, or set it to null",
  "open-ring": "Close the rings with repairGeometry, or set the geometry to null",
  "self-intersection": "Mend it before, or with ST_MakeValid afterwards",
  "repeated-vertex": "repairGeometry leaves such vertices out",
  "orientation": "repairGeometry turns such rings round",
  "not-checked": "Look at it with ST_IsValidReason after the upload",
};

/** Which of CARTO's kinds of layer a type is for. */
const LAYERS: Readonly<Record<string, string>> = {
  Point: "points",
  MultiPoint: "points",
  LineString: "lines",
  MultiLineString: "lines",
  Polygon: "polygons",
  MultiPolygon: "polygons",
};

/** Adds up the geometries of all rows, and tells of those that something is wrong with. */
class GeometrySum {
  readonly #column: string;
  readonly #problems: Problems;
  readonly #types = new Map<GeometryType, number>();
  #bounds: Bounds | undefined;
  #nulls = 0;
  #empties = 0;

  constructor(column: string, problems: Problems) {
    this.#column = column;
    this.#problems = problems;
  }

  see(frame: GeoDataFrame, column: Column, rowsBefore: number): void {
    if (column.bytes === undefined) return;
    const geometries: CanonicalColumn = { ...column.bytes, validity: column.validity };
    const { types, nulls, empties } = scanGeometryColumn(geometries);
    for (const [type, rows] of types) this.#types.set(type, (this.#types.get(type) ?? 0) + rows);
    this.#nulls += nulls;
    this.#empties += empties;
    this.#widen(boundsOfColumn(geometries));
    checkGeometryColumn(geometries, (row, problems) => {
      for (const problem of problems) this.#tell(problem, frame, row, rowsBefore);
    });
  }

  #tell(
    { kind, severity, message }: GeometryProblem,
    frame: GeoDataFrame,
    row: number,
    before: number,
  ): void {
    // Told by the upload's own check
    if (kind === "open-ring" || kind === "too-few-points") return;
    this.#problems.add({
      severity: severity === "error" ? "error" : "warning",
      code: kind,
      refused: false,
      row: before + row + 1,
      ...lineOf(frame, row),
      column: this.#column,
      message,
      hint: HINTS[kind],
    });
  }

  #widen(more: Bounds | undefined): void {
    const known = this.#bounds;
    if (more === undefined || known === undefined) {
      this.#bounds = known ?? more;
      return;
    }
    this.#bounds = [
      Math.min(known[0], more[0]),
      Math.min(known[1], more[1]),
      Math.max(known[2], more[2]),
      Math.max(known[3], more[3]),
    ];
  }

  end(): void {
    const layers = [...new Set([...this.#types.keys()].map((type) => LAYERS[type] ?? "other kinds"))];
    if (layers.length < 2) return;
    this.#problems.warn(
      "mixed-geometry",
      `There are ${layers.slice(0, -1).join(", ")} and ${layers.at(-1)} in one table`,
      {
        column: this.#column,
        hint: "CARTO's maps style one kind a layer: upload each kind as a table, or make layers by queries",
      },
    );
  }

  sum() {
    return {
      column: this.#column,
      types: Object.fromEntries(this.#types) as Partial<Record<GeometryType, number>>,
      srid: SRID,
      bounds: this.#bounds,
      nulls: this.#nulls,
      empties: this.#empties,
    };
  }
}

/** Compares the keys of all rows. */
class KeyCheck {
  readonly #columns: readonly WriteColumn[];
  readonly #problems: Problems;
  readonly #index = new KeyIndex();
  #isTold = false;

  constructor(names: readonly string[], columns: readonly WriteColumn[], problems: Problems) {
    this.#columns = names.map((name) => columns.find((each) => each.name === name) as WriteColumn);
    this.#problems = problems;
  }

  see(frame: GeoDataFrame, rowsBefore: number): void {
    const columns = this.#columns.map(({ column }) => frame.column(column));
    for (let row = 0; row < frame.numRows; row++) {
      const at = { row: rowsBefore + row + 1, ...lineOf(frame, row) };
      const empty = columns.find((column) => column.isNull(row));
      if (empty !== undefined) {
        this.#refuse("null-key", "The key is missing", empty.name, at, "Give every row a key");
        continue;
      }
      const texts = columns.map((column) => keyText(column, row));
      const before = this.#index.add(texts.length === 1 ? texts[0] as string : JSON.stringify(texts), at.row);
      if (before === undefined) continue;
      this.#refuse(
        "duplicate-key",
        `The key ${
          texts.map((text) => JSON.stringify(text.slice(0, 40))).join(", ")
        } is there already, in row ${before}`,
        columns.map(({ name }) => name).join(", "),
        at,
        "Keep one row for each key, or add a column to `key`",
      );
    }
    if (!this.#index.isFull || this.#isTold) return;
    this.#isTold = true;
    this.#problems.warn(
      "not-compared",
      "There are too many keys to compare all: the database compares the rest",
    );
  }

  #refuse(
    code: "null-key" | "duplicate-key",
    message: string,
    column: string,
    at: { row: number; line?: number },
    hint: string,
  ): void {
    this.#problems.add({ severity: "error", code, refused: true, ...at, column, message, hint });
  }
}

/** A value as text that is the same where PostgreSQL takes two values to be equal. */
function keyText(column: Column, row: number): string {
  const text = column.getText(row) as string;
  if (column.type.startsWith("float")) return text === "-0" ? "0" : text;
  if (column.type !== "numeric") return text;
  const plain = text.replace(/^\+/, "").replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  return plain === "-0" ? "0" : plain;
}

/** Compares the ids of all rows, as far as that was not done batch by batch. */
class IdCheck {
  readonly #column: string;
  readonly #problems: Problems;
  readonly #index: KeyIndex | undefined;
  #least = Infinity;
  #greatest = -Infinity;

  constructor(column: string, isStream: boolean, problems: Problems) {
    this.#column = column;
    this.#problems = problems;
    this.#index = isStream ? new KeyIndex() : undefined;
  }

  see(frame: GeoDataFrame, rowsBefore: number): void {
    frame.column(this.#column).toNumbers().forEach((id, row) => {
      if (id < this.#least) this.#least = id;
      if (id > this.#greatest) this.#greatest = id;
      const before = this.#index?.add(String(id), rowsBefore + row + 1);
      // Within a batch the upload's own check has told it
      if (before === undefined || before > rowsBefore) return;
      this.#problems.add({
        severity: "error",
        code: "bad-id",
        refused: true,
        row: rowsBefore + row + 1,
        ...lineOf(frame, row),
        column: this.#column,
        message: `${id} is there already, in row ${before}`,
        hint: "Leave the column out to get new ids, or give it another name",
      });
    });
  }

  /** Compares them with those of the table, which refuses one that it has. */
  async compare(table: string, { credentials, transport, signal }: CheckUploadOptions): Promise<void> {
    const query =
      `SELECT min(cartodb_id)::float8 AS least, max(cartodb_id)::float8 AS greatest FROM "${table}"`;
    const how = { batchRows: 1, isWhole: true };
    for await (const batch of readBatches(query, { credentials, transport, signal }, how)) {
      if (Array.isArray(batch) || batch.numRows === 0) continue;
      const [least, greatest] = [batch.column("least").get(0), batch.column("greatest").get(0)];
      if (typeof least !== "number" || typeof greatest !== "number") continue;
      if (least > this.#greatest || greatest < this.#least) continue;
      this.#problems.warn(
        "ids-in-table",
        `The table has ids from ${least} to ${greatest}, the data from ${this.#least} to ${this.#greatest}`,
        {
          column: this.#column,
          hint: "One that is there twice refuses the upload: leave the column out to get new ids",
        },
      );
    }
  }
}
