import { type AccountOptions, type Engine, ownerRole, PUBLIC_ROLE, type TableGrant } from "./engine.ts";
import { query, quoteIdentifier, quoteLiteral } from "./query.ts";
import { defaultCacheDir, loadTemplate } from "./_template.ts";
import { cartoSchema } from "../_sql/carto_schema.ts";

/** Where the database of an emulator lives, and whom it serves. */
export interface OpenEngineOptions {
  /** A server to use, `postgres://user:password@host:port/database`; left out, the embedded database is used. */
  database?: string | undefined;
  /** Whether the database that is made on the server stays there when the engine is closed. */
  keepDatabase?: boolean | undefined;
  /** The folder that keeps the embedded database; left out, nothing is kept. */
  dataDir?: string | undefined;
  /**
   * The folder that keeps the template of the embedded database, which makes later starts faster; `false` for none.
   * Left out, `cartoframes` in the user's cache folder, if the environment and the folder may be used.
   */
  cacheDir?: string | false | undefined;
  /** The accounts; all of one engine share one database, named for the first (`{username}_db`). */
  accounts: readonly AccountOptions[];
}

/** The name of the database of the accounts. */
export function databaseName(accounts: readonly AccountOptions[]): string {
  return `${accounts[0]?.username ?? "carto"}_db`;
}

/**
 * Opens a database with PostGIS, the CARTO functions and the roles of the accounts.
 *
 * The embedded one needs leave to read the folder that npm packages lie in; a folder for data or a cache, leave to
 * read and write it; a server, leave to reach it.
 */
export async function openEngine(options: OpenEngineOptions): Promise<Engine> {
  const engine = options.database === undefined
    ? await openEmbedded(options)
    : await openServer(options.database, options);
  try {
    await installAccounts(engine, options.accounts);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

async function openServer(url: string, options: OpenEngineOptions): Promise<Engine> {
  const { ServerEngine } = await import("./server_engine.ts");
  const engine = await ServerEngine.open({
    url,
    database: databaseName(options.accounts),
    keepDatabase: options.keepDatabase,
  });
  try {
    await query(engine, cartoSchema({ raster: true }));
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/**
 * The embedded PostGIS guesses badly how many rows a join of two analysed tables gives that lie apart: it takes an
 * address for the number, and the statement fails. Without statistics of geometries it does not guess from them.
 */
const NO_SPATIAL_STATISTICS =
  "ALTER TYPE geometry SET (ANALYZE = NONE); ALTER TYPE geography SET (ANALYZE = NONE);";

async function openEmbedded(options: OpenEngineOptions): Promise<Engine> {
  const { PgliteEngine } = await import("./pglite_engine.ts");
  const schema = [cartoSchema({ raster: false }), NO_SPATIAL_STATISTICS].join("\n");
  const cacheDir = options.cacheDir === false ? undefined : options.cacheDir ?? defaultCacheDir();
  const template = () =>
    loadTemplate(schema, async () => {
      const engine = await PgliteEngine.open({});
      await query(engine, schema);
      return engine;
    }, cacheDir);
  const database = databaseName(options.accounts);
  if (options.dataDir === undefined) {
    return await PgliteEngine.open({ template: await template(), database, cacheDir });
  }
  const { DataFolder } = await import("./_data_folder.ts");
  const folder = await DataFolder.open(options.dataDir, database);
  try {
    return await PgliteEngine.open({
      dataDir: folder.clusterDir,
      database: folder.database,
      isNew: folder.isNew,
      template: folder.isNew ? await template() : undefined,
      cacheDir,
      onOpen: () => folder.markComplete(),
      onClose: () => folder.close(),
    });
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Makes the roles of the accounts, and gives them what they may use; can be done again. */
async function installAccounts(engine: Engine, accounts: readonly AccountOptions[]): Promise<void> {
  const statements = accounts.flatMap(accountStatements);
  const quota = accounts[0]?.quotaBytes ?? 0;
  statements.push(`SELECT cartodb.CDB_SetUserQuotaInBytes(${Math.max(0, Math.trunc(quota))})`);
  await query(engine, statements.join(";\n"));
  for (const account of accounts) await grantKeys(engine, account);
}

/** Makes the roles of an account that comes later. */
export async function installAccount(engine: Engine, account: AccountOptions): Promise<void> {
  await query(engine, accountStatements(account).join(";\n"));
  await grantKeys(engine, account);
}

function accountStatements({ username, keys }: AccountOptions): string[] {
  const owner = ownerRole(username);
  const roles = new Set([PUBLIC_ROLE, owner, ...keys.map(({ role }) => role)]);
  return [
    ...[...roles].map(quoteIdentifier).flatMap((role) => [
      `DO $do$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation ` +
      `THEN NULL; END $do$`,
      `GRANT USAGE ON SCHEMA public, cartodb TO ${role}`,
    ]),
    `GRANT ALL ON SCHEMA public TO ${quoteIdentifier(owner)}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON cartodb.cdb_tablemetadata, cartodb.cdb_analysis_catalog ` +
    `TO ${quoteIdentifier(owner)}`,
  ];
}

async function grantKeys(engine: Engine, { keys }: AccountOptions): Promise<void> {
  for (const key of keys) {
    for (const grant of key.grants ?? []) await grantTable(engine, key.role, grant);
  }
}

/** Gives a role its rights on a table; a table that does not exist yet is passed over. */
export async function grantTable(engine: Engine, role: string, grant: TableGrant): Promise<void> {
  if (grant.permissions.length === 0) return;
  const table = `${quoteIdentifier(grant.schema)}.${quoteIdentifier(grant.name)}`;
  const exists = await query(engine, `SELECT to_regclass(${quoteLiteral(table)}) IS NOT NULL`);
  if (exists.rows[0]?.[0] !== "t") return;
  const { rows } = await query(
    engine,
    `SELECT pg_get_serial_sequence(${quoteLiteral(table)}, attname) FROM pg_attribute
     WHERE attrelid = ${quoteLiteral(table)}::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  const sequences = grant.permissions.includes("insert") ? rows.flatMap(([sequence]) => sequence ?? []) : [];
  await query(
    engine,
    [
      `GRANT ${grant.permissions.join(", ")} ON ${table} TO ${quoteIdentifier(role)}`,
      ...sequences.map((sequence) =>
        `GRANT USAGE, SELECT ON SEQUENCE ${sequence} TO ${quoteIdentifier(role)}`
      ),
    ].join("; "),
  );
}
