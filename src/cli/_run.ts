import type { Credentials } from "../auth/credentials.ts";
import { ArgumentError, isCartoError } from "../errors/carto_error.ts";
import type { Command, CommandOption } from "./_command.ts";
import { inFlags } from "./_in_flags.ts";
import { type CliIo, processIo } from "./_io.ts";

/** The options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, CommandOption>> = {
  creds: { value: "FILE", description: "credentials file (JSON: username, api_key, base_url)" },
  json: { description: "print JSON" },
  help: { description: "show this help" },
};

/** The commands, each with its line in the overview. */
const COMMANDS = {
  whoami: "Tells the account and where the credentials came from",
  tables: "Lists the account's tables",
  query: "Runs a SQL query and prints its rows",
  check: "Looks at a file as an upload would, and writes nothing",
  upload: "Uploads a file of rows or features as a table",
  download: "Downloads a table as a file",
  import: "Lets CARTO import a file, an address or another database, and waits for it",
  sync: "Tables that CARTO reads again and again from elsewhere",
  datasets: "Lists, shows, renames, opens or deletes datasets",
  visualizations: "Lists, shows, renames, exports or deletes maps of the dashboard",
  maps: "Lists, shows, makes or deletes named maps; addresses of tiles",
  keys: "Lists, makes, regenerates or deletes API keys",
  kuviz: "Lists, publishes, changes or deletes HTML pages",
  users: "Tells of a user of an organisation",
  quotas: "Tells what is left of storage and services",
  emulator: "Starts a local CARTO",
} as const;

/** The name of a command; its file is named alike and exports it by that name. */
export type CommandName = keyof typeof COMMANDS;

/** Loads a command's file, which happens only when the command is called. */
export type LoadCommand = (name: CommandName) => Promise<Command>;

/** How `main` is started other than by a person at a shell. */
export interface MainOptions {
  /** The folder from which relative paths are seen; without it, the process's own. */
  folder?: string | undefined;
  /** Stops the command; without it, Ctrl-C does. */
  signal?: AbortSignal | undefined;
}

/** What `main` does, with the commands loaded as the program's entry point can. */
export async function runCommandLine(
  args: readonly string[],
  load: LoadCommand,
  options: MainOptions = {},
): Promise<number> {
  const io = processIo(options.folder);
  const interrupt = options.signal === undefined ? listenForInterrupt() : undefined;
  const signal = options.signal ?? interrupt?.signal ?? new AbortController().signal;
  try {
    return await run(args, load, options.folder, io, signal);
  } catch (error) {
    // The reader of our output went away, as `head` does: nothing is left to say to it.
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    if (signal.aborted) {
      const isTerminated = interrupt?.isTerminated() === true;
      await io.warn(isTerminated ? "Terminated" : "Interrupted");
      return isTerminated ? 143 : 130;
    }
    await io.warn(describeError(error));
    return exitCode(error);
  } finally {
    interrupt?.stop();
  }
}

/** Finds the command, parses its words and runs it; answers the exit code. */
async function run(
  args: readonly string[],
  load: LoadCommand,
  folder: string | undefined,
  io: CliIo,
  signal: AbortSignal,
): Promise<number> {
  const first = args[0];
  if (first === undefined || first === "help" || first === "--help" || first === "-h") {
    await io.write(overview());
    return 0;
  }
  // With options alone, as in `mod.ts --creds creds.json`, the first question is whose account that is.
  const name = first.startsWith("-") ? "whoami" : first;
  if (!isCommandName(name)) throw usageError(`Unknown command "${name}"`, name, Object.keys(COMMANDS));
  const command = await load(name);
  const { words, values } = await parse(name, command, name === first ? args.slice(1) : args);
  if (values.help === true) {
    await io.write(commandHelp(name, COMMANDS[name], command));
    return 0;
  }
  const [least, most] = command.words;
  if (words.length < least || words.length > most) {
    throw new ArgumentError(`Wrong number of words after "${name}"`, {
      hint: `Usage: ${name} ${command.usage}`,
    });
  }
  const code = await command.run({
    words,
    io,
    signal,
    option: (option) => typeof values[option] === "string" ? values[option] : undefined,
    flag: (option) => values[option] === true,
    credentials: () => resolveCredentials(values.creds, folder, io),
  });
  return code ?? 0;
}

/** Splits words from options and refuses what the command does not know. */
async function parse(
  name: string,
  command: Command,
  args: readonly string[],
): Promise<{ words: string[]; values: Record<string, unknown> }> {
  const { parseArgs } = await import("../_deps/parse_args.ts");
  const known = { ...COMMON_OPTIONS, ...command.options };
  const takesValue = Object.keys(known).filter((option) => known[option]?.value !== undefined);
  const unknown: string[] = [];
  const { _, ...values } = parseArgs([...args], {
    string: ["_", ...takesValue],
    boolean: Object.keys(known).filter((option) => known[option]?.value === undefined),
    alias: { help: "h" },
    unknown: (word: string, key?: string) => {
      if (key !== undefined) unknown.push(word);
      return key === undefined;
    },
  }) as { _: unknown[] } & Record<string, unknown>;
  const stranger = unknown[0];
  if (stranger !== undefined) {
    const option = stranger.replace(/=.*$/s, "");
    throw usageError(
      `Unknown option "${option}" of "${name}"`,
      option,
      Object.keys(known).map((key) => `--${key}`),
    );
  }
  for (const option of takesValue) {
    if (values[option] === "") {
      throw new ArgumentError(`Option --${option} needs a value`, { argument: option });
    }
  }
  return { words: _.map(String), values };
}

/** The credentials by the written order; `--creds` wins. */
async function resolveCredentials(
  file: unknown,
  folder: string | undefined,
  io: CliIo,
): Promise<Credentials> {
  const { Credentials } = await import("../auth/credentials.ts");
  const credentials = await Credentials.resolve({
    args: typeof file === "string" ? ["--creds", file] : [],
    directory: folder,
  });
  for (const warning of credentials.warnings) await io.warn(`warning: ${warning}`);
  return credentials;
}

/** The message and the next step, as a person reads them. */
function describeError(error: unknown): string {
  if (!isCartoError(error)) {
    return `error: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  }
  const hint = error.hint === undefined ? "" : `\n  ${inFlags(error.hint).replaceAll("\n", "\n  ")}`;
  return `error: ${error.name}: ${error.message}${hint}`;
}

/** The exit code by the meaning of the error. */
function exitCode(error: unknown): number {
  if (!isCartoError(error)) return 1;
  if (error.code === "invalid-argument") return 2;
  if (error.code === "credentials" || error.code === "permission") return 3;
  return 1;
}

/** The list of commands. */
function overview(): string {
  const lines = ["Reads and writes CARTO tables.", "", "Usage: COMMAND [OPTIONS]", ""];
  for (const [name, summary] of Object.entries(COMMANDS)) lines.push(`  ${name.padEnd(16)}${summary}`);
  lines.push(
    "",
    "COMMAND --help tells its options. Without --creds FILE the credentials come from CARTO_USERNAME,",
  );
  lines.push(
    "CARTO_API_KEY and CARTO_BASE_URL, a .env file, ./creds.json or the user's configuration folder.",
    "",
  );
  return lines.join("\n");
}

/** The help of one command. */
function commandHelp(name: string, summary: string, command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map((
    [option, { value, description }],
  ) => `  --${value === undefined ? option : `${option} ${value}`}`.padEnd(26) + description);
  return [summary, "", `Usage: ${name} ${command.usage}`, "", ...options, ""].join("\n");
}

/** A wrong word, with the nearest right one. */
function usageError(message: string, given: string, right: readonly string[]): ArgumentError {
  const nearest = right.map((word) => ({ word, distance: editDistance(given, word) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const close = nearest !== undefined && nearest.distance <= Math.max(2, given.length / 3);
  return new ArgumentError(message, {
    hint: close ? `Did you mean "${nearest.word}"?` : `Known: ${right.join(", ")}`,
  });
}

/** How many letters have to be added, dropped or changed to turn one word into the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** What asks a program to end: Ctrl-C, and a scheduler, but for Windows, which has no such signal. */
const ENDINGS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** A signal that Ctrl-C or a scheduler aborts; a second time ends the process as usual. */
function listenForInterrupt(): { signal: AbortSignal; isTerminated(): boolean; stop(): void } {
  const controller = new AbortController();
  let isTerminated = false;
  const end = () => {
    stop();
    controller.abort(new DOMException("Interrupted", "AbortError"));
  };
  const listeners = ENDINGS.map((name) => {
    const listener = () => {
      isTerminated = name === "SIGTERM";
      end();
    };
    return [name, listener] as const;
  });
  const stop = () => {
    for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
  };
  for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
  return { signal: controller.signal, isTerminated: () => isTerminated, stop };
}

/** Whether a word is the name of a command. */
function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}
