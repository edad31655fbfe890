import { CredentialsError } from "../errors/credentials_error.ts";
import type { Access } from "../permissions/mod.ts";
import { PermissionError } from "../errors/permission_error.ts";
import { flagsFor } from "../permissions/mod.ts";
import { readVariable } from "./_env.ts";

/** The default file's path, or the variables that could not be read to tell it. */
export type UserFile = { readonly path: string } | { readonly refused: readonly Access[] } | undefined;

/**
 * Where CARTOframes keeps its default file: `cartoframes/creds.json` in the user's folder for
 * configuration, which is `$XDG_CONFIG_HOME` or `~/.config`, on macOS
 * `~/Library/Application Support`, on Windows `%LOCALAPPDATA%\cartoframes`. `undefined` when no
 * variable tells the user's folder.
 */
export async function userFile(): Promise<UserFile> {
  const candidates: Record<string, readonly (readonly [string, ...string[]])[]> = {
    windows: [["LOCALAPPDATA", "cartoframes", "cartoframes"]],
    darwin: [["HOME", "Library", "Application Support", "cartoframes"]],
  };
  const others = [["XDG_CONFIG_HOME", "cartoframes"], ["HOME", ".config", "cartoframes"]] as const;
  const refused: Access[] = [];
  const os = "Deno" in globalThis ? Deno.build.os : "";
  for (const [variable, ...folders] of candidates[os] ?? others) {
    const { value, refused: isRefused } = readVariable(variable);
    if (value !== undefined) {
      const { join } = await import("../_deps/path.ts");
      return { path: join(value, ...folders, "creds.json") };
    }
    if (isRefused) refused.push({ kind: "env", variable });
  }
  return refused.length === 0 ? undefined : { refused };
}

/**
 * The default file's path.
 *
 * @throws {PermissionError} Deno does not let the variables be read that tell it
 * @throws {CredentialsError} No variable tells it
 */
export async function userFilePath(operation: string): Promise<string> {
  const found = await userFile();
  if (found === undefined) {
    throw new CredentialsError(`Cannot ${operation}: the user's folder is not known`, {
      hint: "Set HOME, or name a file",
    });
  }
  if ("path" in found) return found.path;
  const flags = flagsFor(found.refused);
  throw new PermissionError(`Cannot ${operation}: the user's folder may not be looked up`, {
    flags,
    hint: `Name a file, or add to this run: ${flags.join(" ")} (then access to the file in that folder)`,
  });
}
