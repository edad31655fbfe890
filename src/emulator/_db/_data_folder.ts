/** What a folder of data is known by. */
interface Note {
  database: string;
}

/**
 * The folder that keeps an embedded database: the cluster, a note that it is whole, and a lock.
 *
 * Two engines on the same files would ruin them, so the folder is locked for as long as one is open.
 */
export class DataFolder {
  /** The folder of the cluster. */
  readonly clusterDir: string;
  /** The name of the database in it. */
  readonly database: string;
  /** Whether there is no cluster yet. */
  readonly isNew: boolean;
  readonly #notePath: string;
  readonly #lock: Deno.FsFile;

  private constructor(path: string, database: string, isNew: boolean, lock: Deno.FsFile) {
    this.clusterDir = `${path}/cluster`;
    this.#notePath = `${path}/emulator.json`;
    this.database = database;
    this.isNew = isNew;
    this.#lock = lock;
  }

  /** Opens or makes the folder; a cluster that was not finished is removed. */
  static async open(path: string, database: string): Promise<DataFolder> {
    await Deno.mkdir(path, { recursive: true });
    const lock = await Deno.open(`${path}/lock`, { create: true, write: true });
    try {
      if (!await lock.tryLock(true)) {
        throw new Error(`Cannot open the data folder "${path}": another emulator uses it`);
      }
      const note = await readNote(`${path}/emulator.json`);
      if (note === undefined) {
        await Deno.remove(`${path}/cluster`, { recursive: true }).catch((error) => {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        });
      }
      return new DataFolder(path, note?.database ?? database, note === undefined, lock);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Notes that the cluster is whole. */
  async markComplete(): Promise<void> {
    const note: Note = { database: this.database };
    await Deno.writeTextFile(this.#notePath, `${JSON.stringify(note)}\n`);
  }

  /** Lets others use the folder. */
  close(): void {
    this.#lock.close();
  }
}

async function readNote(path: string): Promise<Note | undefined> {
  try {
    const note: unknown = JSON.parse(await Deno.readTextFile(path));
    const database = typeof note === "object" && note !== null && "database" in note
      ? note.database
      : undefined;
    return typeof database === "string" ? { database } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
