import { CredentialsError } from "../errors/credentials_error.ts";
import { flagsFor } from "../permissions/mod.ts";
import { loadEnvFile, loadEnvironment } from "./_env.ts";
import type { Loaded, Missed } from "./_fields.ts";
import { inFolder, loadFile, parseFile, readOptional, userFile } from "./_file.ts";
import type { SourceTried } from "./credentials_options.ts";

/** Where to look. */
export interface Places {
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
export function credsFlag(args: readonly string[]): string | undefined {
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
