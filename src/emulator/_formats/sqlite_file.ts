import { DatabaseSync } from "node:sqlite";
import { ApiError } from "../_handler.ts";

/**
 * Makes an SQLite file: `fill` writes into an empty database, and its bytes come back.
 *
 * SQLite can only write to a file, so this needs leave to write to the folder for temporary files.
 *
 * @throws {ApiError} 501 without that leave
 */
export async function sqliteFile(fill: (database: DatabaseSync) => void): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await temporaryFolder();
  try {
    const path = `${folder}/document.sqlite`;
    const database = new DatabaseSync(path);
    try {
      fill(database);
    } finally {
      database.close();
    }
    return await Deno.readFile(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await Deno.makeTempDir({ prefix: "cartoframes-" });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new ApiError(
      501,
      "Cannot write an SQLite file: the emulator may not write to the folder for temporary files",
      {
        hint: "Start it with --allow-write",
      },
    );
  }
}

/** Runs statements as one transaction. */
export function inTransaction(database: DatabaseSync, run: () => void): void {
  database.exec("BEGIN");
  run();
  database.exec("COMMIT");
}
