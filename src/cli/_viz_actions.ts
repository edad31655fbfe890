import type { ClassicClient } from "../classic/client.ts";
import type { Dataset, DatasetPrivacy } from "../classic/datasets.ts";
import { type Action, clientOf, jsonLine } from "./_actions.ts";
import type { CommandContext } from "./_command.ts";
import { textTable } from "./_text_table.ts";

/** What the APIs of datasets and of maps have in common. */
interface VizApi {
  list(options: { search?: string | undefined; signal: AbortSignal }): AsyncIterable<Dataset>;
  get(id: string, options: { signal: AbortSignal }): Promise<Dataset>;
  rename(id: string, name: string, options: { signal: AbortSignal }): Promise<Dataset>;
  setPrivacy(
    id: string,
    privacy: DatasetPrivacy,
    options: { signal: AbortSignal; password?: string | undefined },
  ): Promise<Dataset>;
  delete(id: string, options: { signal: AbortSignal; force?: boolean | undefined }): Promise<void>;
}

/**
 * The actions that datasets and maps of the dashboard share.
 *
 * @param apiOf Which of the two
 * @param word What the usage calls one of them
 */
export function vizActions(
  apiOf: (client: ClassicClient) => VizApi,
  word: "NAME" | "ID",
): Record<"list" | "show" | "rename" | "privacy" | "delete", Action> {
  const api = async (context: CommandContext) => apiOf(await clientOf(context));
  return {
    list: {
      usage: "[TEXT]",
      words: [0, 1],
      async run(context) {
        const { words: [search], signal } = context;
        await printAll(context, await Array.fromAsync((await api(context)).list({ search, signal })));
      },
    },
    show: {
      usage: word,
      words: [1, 1],
      async run(context) {
        const { words: [id = ""], signal } = context;
        await printOne(context, await (await api(context)).get(id, { signal }));
      },
    },
    rename: {
      usage: `${word} NEW`,
      words: [2, 2],
      async run(context) {
        const { words: [id = "", to = ""], signal } = context;
        await printOne(context, await (await api(context)).rename(id, to, { signal }));
      },
    },
    privacy: {
      usage: word === "ID" ? "ID WHO [--password TEXT]" : "NAME WHO",
      words: [2, 2],
      async run(context) {
        const { words: [id = "", who = ""], option, signal } = context;
        const how = { signal, password: option("password") };
        await printOne(context, await (await api(context)).setPrivacy(id, who as DatasetPrivacy, how));
      },
    },
    delete: {
      usage: word === "ID" ? "ID" : "NAME [--force]",
      words: [1, 1],
      async run(context) {
        const { words: [id = ""], flag, signal } = context;
        await (await api(context)).delete(id, { signal, force: flag("force") });
      },
    },
  };
}

/** Prints one dataset or map. */
async function printOne({ io, flag }: CommandContext, one: Dataset): Promise<void> {
  if (flag("json")) return await io.write(jsonLine(one));
  const shown = ["id", "name", "privacy", "description", "tags", "updated_at"] as const;
  await io.write(shown.map((name) => `${name.padEnd(12)}${one[name] ?? ""}\n`).join(""));
}

/** Prints a list of datasets or maps. */
async function printAll({ io, flag }: CommandContext, all: readonly Dataset[]): Promise<void> {
  if (flag("json")) return await io.write(jsonLine(all));
  const rows = all.map(({ id, name, privacy, updated_at }) => [name, privacy, updated_at, id]);
  await io.write(textTable(["name", "privacy", "updated", "id"], rows));
}
