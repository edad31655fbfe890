import { accessState, advise } from "../../permissions/mod.ts";

/**
 * Writes a file from chunks: the file of that name is replaced when all have come, and stays as it
 * was when one fails. Without the right to write beside it, it is written in place, and removed
 * when a chunk fails: half a file is never left.
 *
 * @param path Where the file is
 * @param name The path as the user typed it, for messages
 * @param chunks What to write
 * @returns How many bytes were written
 */
export async function writeWhole(
  path: string | URL,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number> {
  const target = path instanceof URL ? pathOf(path) : path;
  const aside = `${target}.${crypto.randomUUID().slice(0, 8)}.part`;
  const states = await Promise.all([
    accessState({ kind: "write", path: aside }),
    accessState({ kind: "read", path: aside }),
    accessState({ kind: "write", path: target }),
  ]);
  const draft = states.every((state) => state === "granted") ? aside : target;
  const file = await advise(
    { operation: `write "${name}"`, needs: [{ kind: "write", path: name }] },
    () => Deno.open(draft, { create: true, write: true, truncate: true }),
  );
  let written = 0;
  try {
    try {
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
        written += chunk.length;
      }
    } finally {
      file.close();
    }
    if (draft !== target) await Deno.rename(draft, target);
  } catch (error) {
    await removeDraft(draft);
    throw error;
  }
  return written;
}

/** Removes what is half written; a device stays. */
async function removeDraft(draft: string): Promise<void> {
  try {
    if ((await Deno.lstat(draft)).isFile) await Deno.remove(draft);
  } catch (error) {
    // Whoever may write may remove, but need not be allowed to look
    if (error instanceof Deno.errors.NotCapable) await Deno.remove(draft);
    else if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}
