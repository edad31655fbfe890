// What reads and writes credentials elsewhere, as one thing to load when it is first needed.
import { CartoError, CredentialsError, PermissionError, UnsupportedError } from "../errors/carto_error.ts";
import { type Access, flagsFor } from "../permissions/access.ts";
import { advise, isRefusal } from "../permissions/advise.ts";
import { brokenCredentials, type Fields, type Loaded, type Missed, readFields } from "./_fields.ts";
import type { SourceTried } from "./credentials_options.ts";

/** Where to look. */
interface Places {
  readonly args: readonly string[];
  readonly directory: string | undefined;
}

/**
 * Looks through the sources below an explicit argument, in their order, and takes the first that
 * is there.
 *
 * @throws {CredentialsError} A source is there and broken, or none is there
 */
export async function loadFirst(places: Places): Promise<{ loaded: Loaded; tried: readonly SourceTried[] }> {
  const missed: Missed[] = [];
  for (const load of [fromFlag, fromEnvironment, fromEnvFile, fromFolder, fromUser]) {
    const found = await load(places);
    if ("fields" in found) return { loaded: found, tried: missed.map(told) };
    missed.push(found);
  }
  throw noneFound(missed);
}

async function fromFlag({ args, directory }: Places): Promise<Loaded | Missed> {
  return await loadFlag(args, directory) ?? { source: "--creds", reason: "not given", refused: [] };
}

/** The file that `--creds` names, if it is given. */
export async function loadFlag(
  args: readonly string[],
  directory: string | undefined,
): Promise<Loaded | undefined> {
  const file = credsFlag(args);
  if (file === undefined) return undefined;
  return await loadFile(await inFolder(directory, file), `${file} (--creds)`);
}

function fromEnvironment(): Loaded | Missed {
  return loadEnvironment();
}

async function fromEnvFile({ directory }: Places): Promise<Loaded | Missed> {
  return await loadEnvFile(await inFolder(directory, ".env"));
}

async function fromFolder({ directory }: Places): Promise<Loaded | Missed> {
  return await optionalFile(await inFolder(directory, "creds.json"));
}

async function fromUser(): Promise<Loaded | Missed> {
  const file = await userFile();
  const source = "user configuration";
  if (file === undefined) return { source, reason: "the user's folder is not known", refused: [] };
  if ("path" in file) return await optionalFile(file.path);
  return { source, reason: "not allowed to look up the user's folder", refused: file.refused };
}

async function optionalFile(path: string): Promise<Loaded | Missed> {
  const file = await readOptional(path);
  if (file === "refused") {
    return { source: path, reason: "not allowed to read it", refused: [{ kind: "read", path }] };
  }
  if (file === "missing") return { source: path, reason: "no such file", refused: [] };
  return await parseFile(file.text, path, path);
}

/** A place as users see it. */
function told({ source, reason, refused }: Missed): SourceTried {
  return { source, reason, flags: flagsFor(refused) };
}

/** What a source found, or an error where the caller wants this very source. */
export function needed(found: Loaded | Missed): Loaded {
  if ("fields" in found) return found;
  throw new CredentialsError(`Cannot find credentials in ${found.source}: ${found.reason}`, {
    hint: found.refused.length === 0 ? undefined : `Add to this run: ${flagsFor(found.refused).join(" ")}`,
  });
}

/** One error for all the sources, with one flag per kind for those that were refused. */
function noneFound(missed: readonly Missed[]): CredentialsError {
  const list = missed.map(({ source, reason }) => `${source}: ${reason}`).join("; ");
  const flags = flagsFor(missed.flatMap(({ refused }) => refused));
  const ways =
    "Pass credentials, add --creds FILE, set CARTO_USERNAME and CARTO_API_KEY, or write creds.json";
  return new CredentialsError(`Cannot find credentials (${list})`, {
    hint: flags.length === 0
      ? ways
      : `${ways}; where some are kept already, add to this run: ${flags.join(" ")}`,
  });
}

/**
 * The file named by `--creds FILE` or `--creds=FILE` on the command line, the last if repeated.
 * Other arguments are left alone, and so is everything after `--`.
 *
 * @throws {CredentialsError} The flag stands there without a file
 */
function credsFlag(args: readonly string[]): string | undefined {
  let file: string | undefined;
  for (const [index, arg] of args.entries()) {
    if (arg === "--") break;
    if (arg === "--creds") {
      const next = args[index + 1];
      file = next === undefined || next.startsWith("--") ? "" : next;
    } else if (arg.startsWith("--creds=")) {
      file = arg.slice("--creds=".length);
    }
  }
  if (file === "") {
    throw new CredentialsError("Cannot read credentials: --creds stands without a file", {
      hint: "Write --creds FILE",
    });
  }
  return file;
}

/** What follows when a file of credentials could not be read: the host is known from it only. */
const THEN = "--allow-net=HOST:443 for the base_url in it";

/** A path as a person and a flag name it. */
export function pathText(path: string | URL): string {
  if (typeof path === "string") return path;
  const text = decodeURIComponent(path.pathname);
  return Deno.build.os === "windows" ? text.slice(1).replaceAll("/", "\\") : text;
}

/** The text of a file, or why an optional one cannot be had: it is missing, or Deno refuses. */
async function readOptional(path: string | URL): Promise<{ text: string } | "missing" | "refused"> {
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
async function parseFile(text: string, path: string | URL, source: string): Promise<Loaded> {
  const loaded = readFields(parseJson(text, source), source);
  const { mode } = await Deno.stat(path);
  if (mode === null || (mode & 0o077) === 0) return loaded;
  const name = pathText(path);
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  const note = `"${name}" can be read by other users (mode ${octal}): run chmod 600 ${name}`;
  return { ...loaded, warnings: [...loaded.warnings, note] };
}

/**
 * Writes a file that only its owner can read, all or nothing.
 *
 * @throws {PermissionError} Deno refuses it
 */
export async function writeFile(path: string | URL, content: Record<string, unknown>): Promise<void> {
  needDeno();
  const name = pathText(path);
  const { writeWhole } = await import("../permissions/_write_whole.ts");
  const bytes = new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
  try {
    await writeWhole(name, name, ReadableStream.from([bytes]), { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof CartoError) || error instanceof PermissionError) throw error;
    throw new CredentialsError(`Cannot write "${name}": ${systemReason(error.cause)}`, {
      cause: error.cause,
    });
  }
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
type UserFile = { readonly path: string } | { readonly refused: readonly Access[] } | undefined;

/**
 * Where CARTOframes keeps its default file: `cartoframes/creds.json` in the user's folder for
 * configuration, which is `$XDG_CONFIG_HOME` or `~/.config`, on macOS
 * `~/Library/Application Support`, on Windows `%LOCALAPPDATA%\cartoframes`. `undefined` when no
 * variable tells the user's folder.
 */
async function userFile(): Promise<UserFile> {
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

/** The variables and the fields that they fill. */
const VARIABLES = {
  CARTO_USERNAME: "username",
  CARTO_API_KEY: "apiKey",
  CARTO_BASE_URL: "baseUrl",
} as const;
type Variable = keyof typeof VARIABLES;

/** Variables as they were found, and those that Deno did not let be read. */
interface Variables {
  readonly values: Partial<Record<Variable, string>>;
  readonly refused: readonly Variable[];
}

/** One variable of the environment; `refused` when Deno does not let it be read. */
function readVariable(name: string): { value: string | undefined; refused: boolean } {
  if (!("Deno" in globalThis)) return { value: undefined, refused: false };
  try {
    const value = Deno.env.get(name);
    return { value: value === "" ? undefined : value, refused: false };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { value: undefined, refused: true };
  }
}

/** Credentials from the environment, or why there are none. */
export function loadEnvironment(): Loaded | Missed {
  const values: Variables["values"] = {};
  const refused: Variable[] = [];
  for (const name of Object.keys(VARIABLES) as Variable[]) {
    const variable = readVariable(name);
    if (variable.value !== undefined) values[name] = variable.value;
    if (variable.refused) refused.push(name);
  }
  return fromVariables({ values, refused }, "environment");
}

/** Credentials from a `.env` file, or why there are none. */
export async function loadEnvFile(path: string | URL): Promise<Loaded | Missed> {
  const source = pathText(path);
  const file = await readOptional(path);
  if (file === "refused") {
    return { source, reason: "not allowed to read it", refused: [{ kind: "read", path: source }] };
  }
  if (file === "missing") return { source, reason: "no such file", refused: [] };
  const all = await parseEnv(file.text.replace(/^\uFEFF/, ""), source);
  const values: Variables["values"] = {};
  for (const name of Object.keys(VARIABLES) as Variable[]) {
    const value = all[name];
    if (value !== undefined && value !== "") values[name] = value;
  }
  return fromVariables({ values, refused: [] }, source);
}

/** An unquoted value that refers to its own name: the parser would look for its end in vain. */
const SELF_REFERENCE = /^\s*(?:export\s+)?(\w+)[ \t]*=[^'"\r\n]*\$\{?\1\b/m;

async function parseEnv(text: string, source: string): Promise<Record<string, string>> {
  // Loaded only now: most runs have no such file
  const { parse } = await import("../_deps/dotenv.ts");
  return await advise(
    // An unquoted value may name another variable, which is looked up in the environment
    { operation: `read "${source}"`, needs: [{ kind: "env", variable: referredVariable(text) }] },
    () => {
      try {
        if (!SELF_REFERENCE.test(text)) return parse(text);
      } catch (error) {
        if (isRefusal(error)) throw error;
        // Values that refer to each other; the parser's own error tells nothing
      }
      throw brokenCredentials(
        source,
        "a value without quotes refers to a variable that cannot be filled in",
        "Put values with a dollar sign between single quotes",
      );
    },
  );
}

/** The first variable that an unquoted value refers to, for the advice when it cannot be read. */
function referredVariable(text: string): string {
  return /=[^'"\n]*\$\{?(\w+)/.exec(text)?.[1] ?? "NAME";
}

/** A user name or a base URL makes a set; a key alone is a mistake that must be told. */
function fromVariables({ values, refused }: Variables, source: string): Loaded | Missed {
  const lacking = refused.map((variable): Access => ({ kind: "env", variable }));
  const flags = flagsFor(lacking).join(" ");
  if (values.CARTO_USERNAME === undefined && values.CARTO_BASE_URL === undefined) {
    if (values.CARTO_API_KEY !== undefined) {
      throw brokenCredentials(
        source === "environment" ? "the environment" : source,
        "CARTO_API_KEY is set, but neither CARTO_USERNAME nor CARTO_BASE_URL",
        flags !== ""
          ? `Add to this run: ${flags}`
          : "Set CARTO_USERNAME or CARTO_BASE_URL in the same place: the sources are not mixed",
      );
    }
    const reason = refused.length > 0
      ? `not allowed to read ${refused.join(", ")}`
      : "neither CARTO_USERNAME nor CARTO_BASE_URL is set";
    return { source, reason, refused: lacking };
  }
  const fields: Fields = {};
  for (const [name, value] of Object.entries(values)) fields[VARIABLES[name as Variable]] = value;
  const warnings = refused.length > 0
    ? [`Counted as not set, for they could not be read: ${refused.join(", ")} (allow with ${flags})`]
    : [];
  return { fields, source, warnings };
}
