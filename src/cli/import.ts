import type { ImportSource } from "../classic/imports.ts";
import { clientOf, jsonLine, size } from "./_actions.ts";
import type { Command, CommandContext } from "./_command.ts";
import { connectorOr, IMPORT_OPTIONS, importOptions } from "./_import_options.ts";
import { choice } from "./_options.ts";

/** Lets CARTO import a file, what an address leads to, or a table of another database, and waits for the table. */
const importCommand: Command = {
  usage:
    "FILE|URL|--connector FILE [--privacy WHO] [--if-exists rename|skip|overwrite] [--no-wait] [--creds FILE] [--json]",
  words: [0, 1],
  options: {
    ...IMPORT_OPTIONS,
    "if-exists": { value: "WHAT", description: "rename (default), skip or overwrite" },
    "create-map": { description: "make a map as well" },
    "check-url": { description: "ask the address first, and refuse a page; needs network access to it" },
    "no-wait": { description: "print the id of the import and do not wait for it" },
  },
  async run(context) {
    const { flag, io, signal } = context;
    const ifExists = choice(context, "if-exists", ["rename", "skip", "overwrite"]);
    const how = importOptions(context);
    const source = await sourceOf(context);
    const { imports } = await clientOf(context);
    const job = await imports.create(source, {
      ...how,
      collisionStrategy: ifExists === "rename" ? undefined : ifExists,
      createVis: flag("create-map") ? true : undefined,
      checkUrl: flag("check-url"),
      onUpload: ({ bytes, total }) =>
        io.progress(`${size(bytes)}${total === undefined ? "" : ` of ${size(total)}`} sent`),
      signal,
    });
    if (flag("no-wait")) {
      await io.write(flag("json") ? jsonLine({ id: job.id }) : `${job.id}\n`);
      return;
    }
    await job.wait({ signal, onProgress: ({ state }) => io.progress(state) });
    const { id, document } = job;
    await io.write(
      flag("json")
        ? jsonLine({ id, table: job.tableName, state: job.state, warnings: document.warnings })
        : `table "${job.tableName ?? "?"}"\n`,
    );
  },
};

/** What CARTO is to read. */
async function sourceOf(context: CommandContext): Promise<ImportSource> {
  const source = await connectorOr(context, context.words[0]);
  if ("connector" in source) return source;
  const { given } = source;
  return /^(https?|ftp):\/\//i.test(given)
    ? { url: given }
    : { file: context.io.path(given), filename: given.split(/[/\\]/).at(-1) };
}

export { importCommand as import };
