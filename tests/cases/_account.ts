import { assertEquals } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { ClassicClient } from "../../src/classic/mod.ts";
import { type Emulator, startEmulator } from "../../src/emulator/mod.ts";
import { decodeFile, type GeoDataFrame, type ReadFileOptions } from "../../src/frame/mod.ts";
import {
  checkUpload,
  type CheckUploadReport,
  readCarto,
  toCarto,
  type ToCartoInput,
  type ToCartoOptions,
  type ToCartoReport,
} from "../../src/tables/mod.ts";

/** A local account for the tests of one file, begun before the first and ended after the last. */
export class Account {
  #carto: Emulator | undefined;
  #credentials: Credentials | undefined;

  async start(): Promise<void> {
    this.#carto = await startEmulator({ accounts: [{ username: "ana" }] });
    this.#credentials = new Credentials(this.#carto.credentials("ana"));
  }

  async stop(): Promise<void> {
    await this.#carto?.[Symbol.asyncDispose]();
  }

  get credentials(): Credentials {
    if (this.#credentials === undefined) throw new Error("The account has not been started");
    return this.#credentials;
  }

  get client(): ClassicClient {
    return new ClassicClient(this.credentials);
  }

  /** Looks at an upload, makes it, and sees to it that what was promised is what was done. */
  async upload(
    data: ToCartoInput,
    table: string,
    options: ToCartoOptions = {},
  ): Promise<{ look: CheckUploadReport; report: ToCartoReport }> {
    const all = { credentials: this.credentials, ...options };
    const look = await checkUpload(data, table, all);
    const report = await toCarto(data, table, all);
    await this.compare(look, report);
    return { look, report };
  }

  /** Compares a look with the upload that came after it. */
  async compare(look: CheckUploadReport, report: ToCartoReport): Promise<void> {
    assertEquals(look.problems.filter(({ refused }) => refused), []);
    assertEquals(look.complete, true);
    assertEquals(look.tableName, report.table);
    assertEquals(look.renamed, report.renamed);
    assertEquals([look.rows, look.size.bytes], [report.rows, report.bytes]);
    if (!report.created) return;
    const { rows } = await this.client.sql.query(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = '"${report.table}"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    );
    const given = new Set(look.columns.map(({ name }) => name));
    const made = rows.filter(({ name }) => given.has(String(name)) && name !== "cartodb_id");
    const wanted = look.columns.filter(({ name }) => name !== "cartodb_id");
    // There are two ways to write a type
    const plain = (type: unknown) =>
      String(type).replace("timestamp with time zone", "timestamptz").replace(" without time zone", "")
        .replaceAll(" ", "");
    const byName = (a: { name: unknown }, b: { name: unknown }) => String(a.name) < String(b.name) ? -1 : 1;
    assertEquals(
      made.map(({ name, type }) => ({ name, type: plain(type) })).toSorted(byName),
      wanted.map(({ name, type }) => ({ name, type: plain(type) })).toSorted(byName),
    );
  }

  /** The rows of a table in the order of a column. */
  async read(table: string, columns: string, order: string): Promise<GeoDataFrame> {
    return await readCarto(`SELECT ${columns} FROM "${table}" ORDER BY ${order}`, {
      credentials: this.credentials,
    });
  }
}

/** The bytes of an input of `tests/fixtures/cases`. */
export function caseBytes(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`../fixtures/cases/${name}`, import.meta.url));
}

/** The text of one. */
export function caseText(name: string): string {
  return new TextDecoder().decode(caseBytes(name));
}

/** A frame of one. */
export function caseFrame(name: string, options: ReadFileOptions = {}): Promise<GeoDataFrame> {
  return decodeFile(caseBytes(name), { name, ...options });
}
