import type { ApiKey, ApiKeyRequest, TableGrant, TablePermission } from "../classic/api_keys.ts";
import type { Credentials } from "../auth/credentials.ts";
import { ClassicClient } from "../classic/client.ts";
import { ArgumentError } from "../errors/mod.ts";
import { jsonLine, withActions } from "./_actions.ts";
import type { Command, CommandContext } from "./_command.ts";
import { list } from "./_options.ts";
import { textTable } from "./_text_table.ts";

const PERMISSIONS: readonly TablePermission[] = ["select", "insert", "update", "delete"];

/** API keys: their tokens are shown only with `--show`, and can go into a file of credentials unseen. */
export const keys: Command = withActions({
  list: {
    usage: "",
    words: [0, 0],
    async run({ credentials, io, signal, flag }) {
      const all = await Array.fromAsync(new ClassicClient(await credentials()).apiKeys.list({ signal }));
      if (flag("json")) return await io.write(jsonLine(all.map((key) => plain(key, flag("show")))));
      await io.write(textTable(
        ["name", "type", "apis", "tables", "services", "token"],
        all.map((key) => [
          key.name,
          key.type,
          key.grants.apis.join(","),
          key.grants.tables.map(({ name, permissions }) => `${name}:${permissions.join("+")}`).join(" "),
          key.grants.services.join(","),
          plain(key, flag("show")).token,
        ]),
      ));
    },
  },
  show: {
    usage: "NAME [--show | --write-creds FILE]",
    words: [1, 1],
    async run(context) {
      const { credentials, signal, words } = context;
      const who = await credentials();
      const { apiKeys } = new ClassicClient(who);
      await hand(context, who, await apiKeys.get(words[0] ?? "", { signal }));
    },
  },
  create: {
    usage:
      "NAME [--apis sql,maps] [--tables cafes:select+insert,other] [--services LIST] [--show | --write-creds FILE]",
    words: [1, 1],
    async run(context) {
      const { credentials, signal, words } = context;
      const request: ApiKeyRequest = {
        name: words[0] ?? "",
        apis: list(context, "apis") as ApiKeyRequest["apis"],
        tables: list(context, "tables")?.map(grantOf),
        services: list(context, "services") as ApiKeyRequest["services"],
      };
      const who = await credentials();
      const { apiKeys } = new ClassicClient(who);
      await hand(context, who, await apiKeys.create(request, { signal }));
    },
  },
  regenerate: {
    usage: "NAME [--show | --write-creds FILE]",
    words: [1, 1],
    async run(context) {
      const { credentials, signal, words } = context;
      const who = await credentials();
      const { apiKeys } = new ClassicClient(who);
      await hand(context, who, await apiKeys.regenerate(words[0] ?? "", { signal }));
    },
  },
  delete: {
    usage: "NAME",
    words: [1, 1],
    async run({ credentials, signal, words }) {
      await new ClassicClient(await credentials()).apiKeys.delete(words[0] ?? "", { signal });
    },
  },
}, {
  "apis": { value: "LIST", description: "the APIs that accept the key: sql,maps (default both)" },
  "tables": {
    value: "LIST",
    description: "its tables: cafes:select+insert,joe.other (default right: select)",
  },
  "services": { value: "LIST", description: "geocoding, routing, isolines, observatory" },
  "show": { description: "show tokens" },
  "write-creds": { value: "FILE", description: "write the key into a file of credentials, mode 0600" },
});

/** Prints a key, or writes it where nobody sees it. */
async function hand(
  { option, flag, io }: CommandContext,
  who: Credentials,
  key: ApiKey,
): Promise<void> {
  const file = option("write-creds");
  if (file !== undefined) await who.copy({ apiKey: key.token }).save(io.path(file));
  const shown = plain(key, flag("show"));
  await io.write(flag("json") ? jsonLine(shown) : `${shown.name} · ${shown.type} · ${shown.token}\n`);
}

/** A key as it may be printed. */
function plain(key: ApiKey, show: boolean): Record<string, unknown> {
  return { ...key.toJSON(), ...(show ? { token: key.token } : {}) };
}

/** A table with its rights, as typed: `schema.table:select+insert`. */
function grantOf(text: string): TableGrant {
  const [place = "", rights = "select"] = text.split(":");
  const dot = place.indexOf(".");
  const permissions = rights.split("+").map((right) => {
    const known = PERMISSIONS.find((each) => each === right);
    if (known !== undefined) return known;
    throw new ArgumentError(`Cannot grant "${right}": it is one of ${PERMISSIONS.join(", ")}`, {
      argument: "tables",
      hint: "Example: --tables cafes:select+insert",
    });
  });
  return dot < 0
    ? { name: place, permissions }
    : { schema: place.slice(0, dot), name: place.slice(dot + 1), permissions };
}
