import { accessState, advise } from "../permissions/mod.ts";

/**
 * Writes a file from chunks: the file of that name is replaced when all have come, and stays as it
 * was when one fails. Without the right to write beside it, it is written in place, and removed
 * when a chunk fails: half a file is never left.
 *
 * @param path Where the file is
 * @param name The path as the user typed it, for messages
 * @param chunks What to write
 */
export async function writeOutput(
  path: string,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const aside = `${path}.part`;
  const [writesAside, readsAside, writes] = await Promise.all([
    accessState({ kind: "write", path: aside }),
    accessState({ kind: "read", path: aside }),
    accessState({ kind: "write", path }),
  ]);
  const draft = [writesAside, readsAside, writes].every((state) => state === "granted") ? aside : path;
  const file = await advise(
    { operation: `write "${name}"`, needs: [{ kind: "write", path: name }] },
    () => Deno.open(draft, { create: true, write: true, truncate: true }),
  );
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    }
  } catch (error) {
    file.close();
    await Deno.remove(draft);
    throw error;
  }
  file.close();
  if (draft !== path) await Deno.rename(draft, path);
}
