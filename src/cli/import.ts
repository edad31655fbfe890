import type { ImportCreateOptions, ImportSource } from "../classic/imports.ts";
import { ClassicClient } from "../classic/client.ts";
import { ArgumentError } from "../errors/mod.ts";
import { jsonLine, size } from "./_actions.ts";
import type { Command } from "./_command.ts";

/** Lets CARTO import a file or what an address leads to, and waits for the table. */
const importCommand: Command = {
  usage: "FILE|URL [--privacy WHO] [--if-exists rename|skip|overwrite] [--no-wait] [--creds FILE] [--json]",
  words: [1, 1],
  options: {
    "privacy": { value: "WHO", description: "private, link or public (default: the account's)" },
    "if-exists": { value: "WHAT", description: "rename (default), skip or overwrite" },
    "no-guessing": { description: "leave the columns of a CSV file as text" },
    "create-map": { description: "make a map as well" },
    "check-url": { description: "ask the address first, and refuse a page; needs network access to it" },
    "no-wait": { description: "print the id of the import and do not wait for it" },
  },
  async run({ words, credentials, option, flag, io, signal }) {
    const given = words[0] ?? "";
    const source: ImportSource = /^(https?|ftp):\/\//i.test(given)
      ? { url: given }
      : { file: io.path(given), filename: given.split(/[/\\]/).at(-1) };
    const ifExists = option("if-exists") ?? "rename";
    if (!["rename", "skip", "overwrite"].includes(ifExists)) {
      throw new ArgumentError(`Cannot use --if-exists ${ifExists}: it takes rename, skip, overwrite`);
    }
    const { imports } = new ClassicClient(await credentials());
    const job = await imports.create(source, {
      privacy: option("privacy") as ImportCreateOptions["privacy"],
      collisionStrategy: ifExists === "rename" ? undefined : ifExists as "skip" | "overwrite",
      typeGuessing: flag("no-guessing") ? false : undefined,
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

export { importCommand as import };
