import type { ReadCartoOptions } from "../tables/read_carto_options.ts";
import type { CommandContext, CommandOption } from "./_command.ts";
import { choice, TIMEOUT, transportOf, wholeNumber } from "./_options.ts";

/** The options of commands that read a table or query. */
export const READ_OPTIONS: Readonly<Record<string, CommandOption>> = {
  limit: { value: "N", description: "read N rows at most" },
  schema: { value: "NAME", description: "the schema of the table, such as a colleague who shares it" },
  strategy: {
    value: "HOW",
    description: "auto (default), direct, or job: a batch job for what takes long; needs the master key",
  },
  "page-rows": {
    value: "N",
    description: "read N rows at a time, so that a broken download goes on; needs cartodb_id",
  },
  ...TIMEOUT,
};

/** What the options say of how rows are read. */
export function readOptions(
  context: CommandContext,
): Pick<ReadCartoOptions, "limit" | "schema" | "strategy" | "pageRows" | "signal" | "transport"> {
  return {
    limit: wholeNumber(context, "limit"),
    schema: context.option("schema"),
    strategy: choice(context, "strategy", ["auto", "direct", "job"]),
    pageRows: wholeNumber(context, "page-rows", { least: 1 }),
    signal: context.signal,
    transport: transportOf(context),
  };
}
