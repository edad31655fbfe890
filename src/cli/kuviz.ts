import type { Kuviz } from "../classic/kuviz.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { clientOf, jsonLine, readText, withActions } from "./_actions.ts";
import type { Command, CommandContext } from "./_command.ts";
import { choice } from "./_options.ts";
import { textTable } from "./_text_table.ts";

/** Prints one page. */
async function print({ io, flag }: CommandContext, page: Kuviz): Promise<void> {
  await io.write(flag("json") ? jsonLine(page) : `${page.url}\n`);
}

/** The password that was given, as an option or, where other users of the machine must not see it, in a file. */
async function passwordOf({ option, io }: CommandContext): Promise<string | undefined> {
  const [text, file] = [option("password"), option("password-file")];
  if (file === undefined) return text;
  if (text !== undefined) {
    throw new ArgumentError("Cannot use two passwords", {
      argument: "password",
      hint: "Give one of --password and --password-file",
    });
  }
  const password = (await readText(io, file)).replace(/\r?\n$/, "");
  if (password !== "") return password;
  throw new ArgumentError(`Cannot read a password from "${file}": the file is empty`, {
    argument: "password-file",
  });
}

/** HTML pages that CARTO keeps and shows. */
export const kuviz: Command = withActions({
  list: {
    usage: "",
    words: [0, 0],
    async run(context) {
      const { io, signal, flag } = context;
      const all = await Array.fromAsync((await clientOf(context)).kuviz.list({ signal }));
      if (flag("json")) return await io.write(jsonLine(all));
      await io.write(
        textTable(
          ["name", "privacy", "id", "url"],
          all.map(({ name, privacy, id, url }) => [name, privacy, id, url]),
        ),
      );
    },
  },
  publish: {
    usage: "FILE --name NAME [--password TEXT | --password-file FILE] [--if-exists fail|replace]",
    words: [1, 1],
    async run(context) {
      const { words, option, io, signal } = context;
      const name = option("name");
      if (name === undefined) {
        throw new ArgumentError("Cannot publish a page without a name", {
          argument: "name",
          hint: "Add --name NAME",
        });
      }
      const html = await readText(io, words[0] ?? "");
      const ifExists = choice(context, "if-exists", ["fail", "replace"]);
      const page = { name, html, password: await passwordOf(context), ifExists };
      await print(context, await (await clientOf(context)).kuviz.create(page, { signal }));
    },
  },
  update: {
    usage: "ID [FILE] [--name NAME] [--password TEXT | --password-file FILE | --public]",
    words: [1, 2],
    async run(context) {
      const { words: [id = "", file], option, flag, io, signal } = context;
      const html = file === undefined ? undefined : await readText(io, file);
      const password = flag("public") ? null : await passwordOf(context);
      const changes = { name: option("name"), html, password };
      await print(context, await (await clientOf(context)).kuviz.update(id, changes, { signal }));
    },
  },
  delete: {
    usage: "ID",
    words: [1, 1],
    async run(context) {
      await (await clientOf(context)).kuviz.delete(context.words[0] ?? "", { signal: context.signal });
    },
  },
}, {
  "name": { value: "NAME", description: "the page's name" },
  "password": {
    value: "TEXT",
    description: "the password that shows the page; other users of this machine can see it",
  },
  "password-file": { value: "FILE", description: "a file that holds the password" },
  "public": { description: "show the page to everybody" },
  "if-exists": { value: "WHAT", description: "fail (default) or replace" },
});
