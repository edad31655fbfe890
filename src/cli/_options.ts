import { ArgumentError } from "../errors/carto_error.ts";
import type { TransportOptions } from "../http/transport.ts";
import type { CommandContext, CommandOption } from "./_command.ts";

type Options = Pick<CommandContext, "option">;

/** The value of an option that takes one of some words; undefined where it was not given. */
export function choice<Word extends string>(
  { option }: Options,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const given = option(name);
  const word = words.find((each) => each === given);
  if (given === undefined || word !== undefined) return word;
  throw new ArgumentError(`Cannot use --${name} ${given}: it takes ${words.join(", ")}`, { argument: name });
}

/** The value of an option that takes a whole number; undefined where it was not given. */
export function wholeNumber(
  { option }: Options,
  name: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: { least?: number; most?: number } = {},
): number | undefined {
  const given = option(name);
  if (given === undefined) return undefined;
  const number = /^\d+$/.test(given) ? Number(given) : -1;
  if (number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`;
  throw new ArgumentError(`Cannot use --${name} ${given}: it takes a whole number${range}`, {
    argument: name,
  });
}

/** How long a server may be silent, as every command with rows takes it. */
export const TIMEOUT: Readonly<Record<string, CommandOption>> = {
  timeout: {
    value: "SECONDS",
    description: "how long the server may be silent (default: 60, and 600 for rows)",
  },
};

/** What `--timeout` says. */
export function transportOf(options: Options): TransportOptions | undefined {
  const seconds = wholeNumber(options, "timeout", { least: 1, most: 1_000_000 });
  return seconds === undefined ? undefined : { timeout: 1000 * seconds };
}

/** The value of an option that takes a list with commas; undefined where it was not given. */
export function list({ option }: Options, name: string): string[] | undefined {
  return option(name)?.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
