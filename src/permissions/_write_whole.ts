import { ArgumentError, type CartoError, DataError, isCartoError } from "../errors/carto_error.ts";
import { flagsFor, pathOf } from "./access.ts";
import { accessState, advise, isRefusal } from "./advise.ts";

/** What goes into a file; a function makes it once the file may be written, so that nothing is asked for in vain. */
export type FileChunks = AsyncIterable<Uint8Array> | (() => Promise<AsyncIterable<Uint8Array>>);

/** How a file is written. */
export interface WriteWholeOptions {
  /** Who may read and write it, such as `0o600`; by default as the old file, or as the system makes a new one. */
  readonly mode?: number | undefined;
  /** Whether the old content stays before the new. */
  readonly append?: boolean | undefined;
}

/** A file that is being written. */
interface Draft {
  write(chunk: Uint8Array): Promise<void>;
  /** Makes it the file of that name. */
  commit(): Promise<void>;
  /** Takes back what was written; the error to throw in place of the one that ended it. */
  abandon(error: unknown): Promise<unknown>;
}

/** So much is held in memory before a file that is there is written over in place. */
const HELD_BYTES = 16_777_216;

/**
 * Writes a file, all or nothing.
 *
 * Where Deno lets us write and read beside it, it is written there and moved into its place when it is complete:
 * whatever fails, the old file stays. With `--allow-write=FILE` alone that is not possible: it is written in
 * place, and the old file stays until all of the new one is at hand, or the first 16 MiB of it. A failure after
 * that removes the file, and the error says so; half a file is never left.
 *
 * @param path Where the file is
 * @param name The path as the user typed it, for messages
 * @param chunks What to write; a chunk may be used again once the next one is asked for
 * @param options Mode, or whether to append
 * @returns How many bytes were written
 * @throws {PermissionError} Deno refuses it
 * @throws {DataError} The system refuses it: no such folder, no room
 */
export async function writeWhole(
  path: string | URL,
  name: string,
  chunks: FileChunks,
  options: WriteWholeOptions = {},
): Promise<number> {
  const target = path instanceof URL ? pathOf(path) : path;
  const draft = await advise(
    { operation: `write "${name}"`, needs: [{ kind: "write", path: name }] },
    () =>
      onSystem(
        name,
        async () => await openBeside(target, options) ?? await openInPlace(target, name, options),
      ),
  );
  let written = 0;
  try {
    for await (const chunk of typeof chunks === "function" ? await chunks() : chunks) {
      await onSystem(name, () => draft.write(chunk));
      written += chunk.length;
    }
    await onSystem(name, () => draft.commit());
  } catch (error) {
    throw await draft.abandon(error);
  }
  return written;
}

/** A file beside the one of that name; undefined where there can be none, or where it must not be moved over the other. */
async function openBeside(
  given: string,
  { mode, append = false }: WriteWholeOptions,
): Promise<Draft | undefined> {
  if (append) return undefined;
  let target = given;
  if (!await mayMoveTo(target)) return undefined;
  let old = await lookAt(target);
  if (old?.isSymlink) {
    // The link stays, and what it leads to is replaced
    target = await Deno.realPath(target).catch(() => "");
    if (target === "" || !await mayMoveTo(target)) return undefined;
    old = await lookAt(target);
  }
  if (old !== undefined && !old.isFile) return undefined;
  const wanted = mode ?? (old?.mode === undefined || old.mode === null ? undefined : old.mode & 0o777);
  const aside = besideOf(target);
  let file: Deno.FsFile;
  try {
    file = await Deno.open(aside, {
      write: true,
      createNew: true,
      ...(wanted === undefined ? {} : { mode: wanted }),
    });
  } catch {
    // A folder that takes no new files, a name that is too long: the file itself may be writable all the same
    return undefined;
  }
  return {
    write: (chunk) => writeAll(file, chunk),
    async commit() {
      file.close();
      // What the system's mask took away
      if (wanted !== undefined && Deno.build.os !== "windows") await Deno.chmod(aside, wanted);
      await Deno.rename(aside, target);
    },
    async abandon(error) {
      tryClose(file);
      await removeQuietly(aside);
      return error;
    },
  };
}

/** The file of that name itself. One that is there is written over as late as possible. */
async function openInPlace(
  target: string,
  name: string,
  { mode, append = false }: WriteWholeOptions,
): Promise<Draft> {
  const { file, isNew } = await openOldOrNew(target, mode);
  // By going there, since looking at the file would need --allow-read
  const before = append ? await file.seek(0, Deno.SeekMode.End) : 0;
  let [held, heldBytes]: [Uint8Array[], number] = [[], 0];
  let isBegun = isNew || append;
  const begin = async () => {
    isBegun = true;
    await truncated(file, 0);
    if (mode !== undefined && Deno.build.os !== "windows") await Deno.chmod(target, mode);
    for (const chunk of held) await writeAll(file, chunk);
    held = [];
  };
  return {
    async write(chunk) {
      if (!isBegun && heldBytes + chunk.length < HELD_BYTES) {
        held.push(new Uint8Array(chunk));
        heldBytes += chunk.length;
        return;
      }
      if (!isBegun) await begin();
      await writeAll(file, chunk);
    },
    async commit() {
      if (!isBegun) await begin();
      file.close();
    },
    async abandon(error) {
      // A device cannot be cut, and must not be removed
      const isCut = isBegun && await truncated(file, before).catch(() => false);
      tryClose(file);
      if (isCut && (isNew || !append)) await removeQuietly(target);
      return isCut && !isNew && !append ? withLoss(error, name) : error;
    },
  };
}

/** Opens a file without changing it, and tells whether it was not there. */
async function openOldOrNew(target: string, mode: number | undefined) {
  const how = { write: true, ...(mode === undefined ? {} : { mode }) };
  try {
    return { file: await Deno.open(target, { ...how, createNew: true }), isNew: true };
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return { file: await Deno.open(target, { ...how, create: true }), isNew: false };
  }
}

/** Whether Deno lets us write beside a file, read what we wrote, and move it there. Asks nobody. */
async function mayMoveTo(target: string): Promise<boolean> {
  const paths = [target, besideOf(target)];
  const kinds = ["read", "write"] as const;
  const states = paths.flatMap((path) => kinds.map((kind) => accessState({ kind, path })));
  return (await Promise.all(states)).every((state) => state === "granted");
}

function besideOf(target: string): string {
  return `${target}.${crypto.randomUUID().slice(0, 8)}.part`;
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch {
    // What is wrong with it is told when it is opened
    return undefined;
  }
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
}

/** Cuts a file; false for what has no length, such as a terminal or a pipe. */
async function truncated(file: Deno.FsFile, length: number): Promise<boolean> {
  try {
    await file.truncate(length);
    return true;
  } catch {
    return false;
  }
}

/** Closes a file that may have been closed. */
function tryClose(file: Deno.FsFile): void {
  try {
    file.close();
  } catch {
    // It was
  }
}

/** Removes what is half written. Why the write failed is what the user must hear, not why this did. */
async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // Empty at least, or in a folder where nothing can be removed
  }
}

/** What the system refuses, in our words. */
async function onSystem<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isRefusal(error) || isCartoError(error) || !(error instanceof Error)) throw error;
    if (error instanceof Deno.errors.IsADirectory) {
      throw new ArgumentError(`Cannot write "${name}": it is a folder`, { argument: "path", cause: error });
    }
    throw new DataError(`Cannot write the file: ${reasonOf(error)}`, { place: { file: name }, cause: error });
  }
}

function reasonOf(error: Error): string {
  if (error instanceof Deno.errors.NotFound) return "no such folder";
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not let this user";
  const reason = error.message.replace(/ \(os error \d+\).*$/, "");
  return reason.charAt(0).toLowerCase() + reason.slice(1);
}

/** The error, which says as well that the old file is gone. It was made for this call, so it may be added to. */
function withLoss(error: unknown, name: string): unknown {
  if (!isCartoError(error)) return error;
  const folder = name.replace(/[^/\\]*$/, "") || ".";
  const flags = flagsFor([{ kind: "read", path: folder }, { kind: "write", path: folder }]).join(" ");
  const loss =
    `"${name}" was being written over and is gone. With ${flags} an old file stays until the new one ` +
    "is complete";
  const told: { -readonly [Key in keyof CartoError]: CartoError[Key] } = error;
  told.hint = error.hint === undefined ? loss : `${error.hint}\n${loss}`;
  return error;
}
