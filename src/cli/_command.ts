import type { Credentials } from "../auth/credentials.ts";
import type { CliIo } from "./_io.ts";

/** One option of a command, as the help shows it and the parser reads it. */
export interface CommandOption {
  /** What the value is called in the help, such as `FILE`; an option without one is a switch. */
  readonly value?: string | undefined;
  /** One line for the help. */
  readonly description: string;
}

/** What a command works with once its words have been checked. */
export interface CommandContext {
  /** The words that are not options, in order. */
  readonly words: readonly string[];
  /** The value of an option, or undefined when it was not given. */
  option(name: string): string | undefined;
  /** Whether a switch was given. */
  flag(name: string): boolean;
  /** Where output goes and how paths are read. */
  readonly io: CliIo;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The credentials by the written order, `--creds` first. */
  credentials(): Promise<Credentials>;
}

/** A command of the command line. */
export interface Command {
  /** The words after the name, as the help shows them: `FILE --table NAME`. */
  readonly usage: string;
  /** How many words it takes: least and most. */
  readonly words: readonly [number, number];
  /** Its options beside the common ones. */
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Does the work and answers the exit code, 0 if it does not say; what it throws is printed and becomes the exit code. */
  run(context: CommandContext): Promise<number | void>;
}
