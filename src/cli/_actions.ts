import { ClassicClient } from "../classic/client.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { advise } from "../permissions/mod.ts";
import type { Command, CommandContext, CommandOption } from "./_command.ts";
import type { CliIo } from "./_io.ts";

/** What a command of several actions does for one of them. */
export interface Action {
  /** The words after the action's own, as the help shows them. */
  readonly usage: string;
  /** How many words that are: least and most. */
  readonly words: readonly [number, number];
  /** Does the work. */
  run(context: CommandContext): Promise<void>;
}

/** A command whose first word says what is to be done; without a word it lists. */
export function withActions(
  actions: Readonly<Record<string, Action>>,
  options: Readonly<Record<string, CommandOption>>,
): Command {
  const usages = Object.entries(actions).map(([name, { usage }]) => `\n  ${name} ${usage}`.trimEnd());
  return {
    usage: `[ACTION …] [--creds FILE] [--json]\n${usages.join("")}`,
    words: [0, 1 + Math.max(...Object.values(actions).map(({ words }) => words[1]))],
    options,
    async run(context) {
      const [name = "list", ...words] = context.words;
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (action === undefined) {
        throw new ArgumentError(`Unknown action "${name}"`, {
          hint: `Known: ${Object.keys(actions).join(", ")}`,
        });
      }
      const [least, most] = action.words;
      if (words.length < least || words.length > most) {
        throw new ArgumentError(`Wrong number of words after "${name}"`, {
          hint: `Usage: ${name} ${action.usage}`.trimEnd(),
        });
      }
      await action.run({ ...context, words });
    },
  };
}

/** The APIs of the account. */
export async function clientOf({ credentials }: Pick<CommandContext, "credentials">): Promise<ClassicClient> {
  return new ClassicClient(await credentials());
}

/** The text of a file that the user named. */
export async function readText(io: CliIo, given: string): Promise<string> {
  return await advise(
    { operation: `read "${given}"`, needs: [{ kind: "read", path: given }] },
    async () => {
      try {
        return await Deno.readTextFile(io.path(given));
      } catch (cause) {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
        throw new ArgumentError(`Cannot read "${given}": there is no such file`, { argument: given, cause });
      }
    },
  );
}

/** The JSON object in a file that the user named. */
export async function readJson(io: CliIo, given: string): Promise<Record<string, unknown>> {
  return parseObject(await readText(io, given), `"${given}"`);
}

/** The JSON object in a text. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ArgumentError(`Cannot read ${what}: it is no JSON object`, { argument: what });
}

/** One line of JSON. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** A size as a person reads it, in steps of a thousand. */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}
