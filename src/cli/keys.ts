import type { ApiKey, ApiKeyRequest, ApiKeysApi, TableGrant, TablePermission } from "../classic/api_keys.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { type Action, clientOf, jsonLine, withActions } from "./_actions.ts";
import type { Command, CommandContext } from "./_command.ts";
import { list } from "./_options.ts";
import { textTable } from "./_text_table.ts";

const PERMISSIONS: readonly TablePermission[] = ["select", "insert", "update", "delete"];

/** API keys: their tokens are shown only with `--show`, and can go into a file of credentials unseen. */
export const keys: Command = withActions({
  list: {
    usage: "",
    words: [0, 0],
    async run(context) {
      const { io, signal, flag } = context;
      const all = await Array.fromAsync((await clientOf(context)).apiKeys.list({ signal }));
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
  show: handing("NAME [--show | --write-creds FILE]", (keys, { words: [name = ""], signal }) => {
    return keys.get(name, { signal });
  }),
  create: handing(
    "NAME [--apis sql,maps] [--tables cafes:select+insert,other] [--services LIST] [--show | --write-creds FILE]",
    (keys, context) => {
      const { words: [name = ""], signal } = context;
      const apis = list(context, "apis") as ApiKeyRequest["apis"];
      const tables = list(context, "tables")?.map(grantOf);
      const services = list(context, "services") as ApiKeyRequest["services"];
      return keys.create({ name, apis, tables, services }, { signal });
    },
  ),
  regenerate: handing("NAME [--show | --write-creds FILE]", (keys, { words: [name = ""], signal }) => {
    return keys.regenerate(name, { signal });
  }),
  delete: {
    usage: "NAME",
    words: [1, 1],
    async run(context) {
      const { words: [name = ""], signal } = context;
      await (await clientOf(context)).apiKeys.delete(name, { signal });
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

/** An action that gives a key: it is printed, or written where nobody sees it. */
function handing(
  usage: string,
  get: (keys: ApiKeysApi, context: CommandContext) => Promise<ApiKey>,
): Action {
  return {
    usage,
    words: [1, 1],
    async run(context) {
      const { option, flag, io } = context;
      const { apiKeys, credentials } = await clientOf(context);
      const key = await get(apiKeys, context);
      const file = option("write-creds");
      if (file !== undefined) await credentials.copy({ apiKey: key.token }).save(io.path(file));
      const shown = plain(key, flag("show"));
      await io.write(flag("json") ? jsonLine(shown) : `${shown.name} · ${shown.type} · ${shown.token}\n`);
    },
  };
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
