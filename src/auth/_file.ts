import { CredentialsError } from "../errors/credentials_error.ts";
import { PermissionError } from "../errors/permission_error.ts";
import { UnsupportedError } from "../errors/unsupported_error.ts";
import { accessState } from "../permissions/advise.ts";
import { type Access, advise, flagsFor, isRefusal } from "../permissions/mod.ts";
import { readVariable } from "./_env.ts";
import { brokenCredentials, type Loaded, readFields } from "./_fields.ts";

/** What follows when a file of credentials could not be read: the host is known from it only. */
const THEN = "--allow-net=HOST:443 for the base_url in it";

/** A path as a person and a flag name it. */
export function pathText(path: string | URL): string {
  if (typeof path === "string") return path;
  const text = decodeURIComponent(path.pathname);
  return Deno.build.os === "windows" ? text.slice(1).replaceAll("/", "\\") : text;
}

/** The text of a file, or why an optional one cannot be had: it is missing, or Deno refuses. */
export async function readOptional(path: string | URL): Promise<{ text: string } | "missing" | "refused"> {
  needDeno();
  try {
    return { text: await Deno.readTextFile(path) };
  } catch (error) {
    if (isRefusal(error)) return "refused";
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "missing";
    throw unreadable(pathText(path), error);
  }
}

/**
 * Reads a file of credentials that must be there.
 *
 * @throws {CredentialsError} It is missing, broken, or the system refuses it
 * @throws {PermissionError} Deno refuses it
 */
export async function loadFile(path: string | URL, source: string): Promise<Loaded> {
  needDeno();
  const name = pathText(path);
  const text = await advise(
    { operation: `read "${name}"`, needs: [{ kind: "read", path: name }], then: THEN },
    async () => {
      try {
        return await Deno.readTextFile(path);
      } catch (error) {
        if (isRefusal(error)) throw error;
        throw unreadable(name, error);
      }
    },
  );
  return await parseFile(text, path, source);
}

/** Reads the fields out of a file's text, and notes a mode that lets others read it. */
export async function parseFile(text: string, path: string | URL, source: string): Promise<Loaded> {
  const loaded = readFields(parseJson(text, source), source);
  const { mode } = await Deno.stat(path);
  if (mode === null || (mode & 0o077) === 0) return loaded;
  const name = pathText(path);
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  const note = `"${name}" can be read by other users (mode ${octal}): run chmod 600 ${name}`;
  return { ...loaded, warnings: [...loaded.warnings, note] };
}

/**
 * Writes a file that only its owner can read: beside the old one and then in its place where Deno
 * allows that, otherwise over it.
 *
 * @throws {PermissionError} Deno refuses it
 */
export async function writeFile(path: string | URL, content: Record<string, unknown>): Promise<void> {
  needDeno();
  const name = pathText(path);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  const draft = `${name}.tmp`;
  const aside = await accessState({ kind: "write", path: draft }) === "granted" &&
    await accessState({ kind: "read", path: draft }) === "granted" &&
    await accessState({ kind: "write", path: name }) === "granted";
  await advise({ operation: `write "${name}"`, needs: [{ kind: "write", path: name }] }, async () => {
    try {
      if (!aside) return await writePrivate(name, text);
      await writePrivate(draft, text);
      await Deno.rename(draft, name);
    } catch (error) {
      if (isRefusal(error)) throw error;
      throw new CredentialsError(`Cannot write "${name}": ${systemReason(error)}`, { cause: error });
    }
  });
}

/** Makes the folder of the default file. */
export async function makeFolder(path: string): Promise<void> {
  const { dirname } = await import("../_deps/path.ts");
  const folder = dirname(path);
  await advise(
    { operation: `write "${path}"`, needs: [{ kind: "write", path: folder }] },
    () => Deno.mkdir(folder, { recursive: true, mode: 0o700 }),
  );
}

/** Removes a file; `false` when there is none. */
export async function removeFile(path: string | URL): Promise<boolean> {
  needDeno();
  const name = pathText(path);
  return await advise({ operation: `delete "${name}"`, needs: [{ kind: "write", path: name }] }, async () => {
    try {
      await Deno.remove(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
}

/**
 * The path of a name in a folder; an absolute one stays as it is, and without a folder the name itself is
 * returned, so that flags stay short.
 */
export async function inFolder(folder: string | undefined, name: string): Promise<string> {
  if (folder === undefined) return name;
  // Loaded only here, for it would double the start of every program.
  const { isAbsolute, join } = await import("../_deps/path.ts");
  return isAbsolute(name) ? name : join(folder, name);
}

async function writePrivate(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  // The mode above is for new files; one that was there may have a wider one
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
}

function needDeno(): void {
  if ("Deno" in globalThis) return;
  throw new UnsupportedError("Cannot read or write files of credentials: this runtime is not Deno", {
    hint: "Pass the credentials to `new Credentials(…)`",
  });
}

function unreadable(name: string, error: unknown): CredentialsError {
  const missing = error instanceof Deno.errors.NotFound;
  return new CredentialsError(`Cannot read "${name}": ${systemReason(error)}`, {
    hint: missing ? `Write one with \`await new Credentials({ … }).save("${name}")\`` : undefined,
    cause: error,
  });
}

/** What the system said, in our words where they are known. */
function systemReason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not let this user";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return error instanceof Error ? error.message.replace(/ \(os error \d+\).*$/, "") : String(error);
}

/** Parses JSON and says where it is wrong; the parser's own words are not shown, they quote the text. */
function parseJson(text: string, source: string): Record<string, unknown> {
  const json = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(json);
  } catch (error) {
    const position = positionOf(json, error);
    const before = json.slice(0, position).split("\n");
    const place = position === undefined
      ? ""
      : ` at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw brokenCredentials(source, `the file is not valid JSON${place}`);
  }
}

/** Where JSON stops being JSON: what the parser tells, else the first thing that is no token. */
function positionOf(json: string, error: unknown): number | undefined {
  const told = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  if (told !== undefined) return Number(told);
  const token =
    // deno-lint-ignore no-control-regex
    /[\s{}[\],:]+|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?\d[\d.eE+-]*|true|false|null/y;
  while (token.lastIndex < json.length) {
    const start = token.lastIndex;
    if (!token.test(json)) return start;
  }
  return undefined;
}

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
