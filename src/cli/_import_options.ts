import type { Connector } from "../classic/connector.ts";
import type { ImportOptions } from "../classic/imports.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { readJson } from "./_actions.ts";
import type { CommandContext, CommandOption } from "./_command.ts";
import { choice } from "./_options.ts";

/** The options of commands that let CARTO read something. */
export const IMPORT_OPTIONS: Readonly<Record<string, CommandOption>> = {
  connector: {
    value: "FILE",
    description: "a table of another database: JSON of provider, connection, and table or sql_query",
  },
  privacy: { value: "WHO", description: "private, link or public (default: the account's)" },
  "no-guessing": { description: "leave the columns of a CSV file as text" },
};

/** What the options say of the data. */
export function importOptions(context: CommandContext): Pick<ImportOptions, "privacy" | "typeGuessing"> {
  return {
    privacy: choice(context, "privacy", ["private", "link", "public"]),
    typeGuessing: context.flag("no-guessing") ? false : undefined,
  };
}

/** The database of `--connector`, or what stands in its place: one of them must be given. */
export async function connectorOr(
  { io, option }: CommandContext,
  given: string | undefined,
): Promise<{ readonly connector: Connector } | { readonly given: string }> {
  const file = option("connector");
  if (file !== undefined && given === undefined) {
    // A file, since a password in the command itself would be seen by others and kept by the shell
    return { connector: await readJson(io, file) as unknown as Connector };
  }
  if (file === undefined && given !== undefined) return { given };
  throw new ArgumentError(
    file === undefined ? "Cannot tell what to import" : `Cannot import both "${given}" and --connector`,
    { argument: "connector", hint: "Give one of them: a file or an address, or --connector FILE" },
  );
}
