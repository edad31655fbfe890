import type { MapConfig, MapTemplate } from "../classic/map_config.ts";
import type { MapParameters } from "../classic/named_maps.ts";
import { clientOf, jsonLine, parseObject, readJson, withActions } from "./_actions.ts";
import type { Command } from "./_command.ts";
import { choice } from "./_options.ts";

/** Named maps, and addresses of the tiles of any map. */
export const maps: Command = withActions({
  list: {
    usage: "",
    words: [0, 0],
    async run(context) {
      const { io, signal, flag } = context;
      const names = await (await clientOf(context)).maps.named.list({ signal });
      await io.write(flag("json") ? jsonLine(names) : names.map((name) => `${name}\n`).join(""));
    },
  },
  show: {
    usage: "NAME [--show]",
    words: [1, 1],
    async run(context) {
      const { io, signal, flag, words } = context;
      const template = await (await clientOf(context)).maps.named.get(words[0] ?? "", { signal });
      const { auth } = template;
      const tokens = flag("show") && auth?.valid_tokens !== undefined
        ? { auth: { ...auth, valid_tokens: auth.valid_tokens } }
        : {};
      const shown = { ...template, ...tokens };
      await io.write(flag("json") ? jsonLine(shown) : `${JSON.stringify(shown, null, 2)}\n`);
    },
  },
  create: {
    usage: "FILE",
    words: [1, 1],
    async run(context) {
      const { io, signal, flag, words } = context;
      const template = await readJson(io, words[0] ?? "") as unknown as MapTemplate;
      const name = await (await clientOf(context)).maps.named.create(template, { signal });
      await io.write(flag("json") ? jsonLine({ name }) : `${name}\n`);
    },
  },
  update: {
    usage: "FILE",
    words: [1, 1],
    async run(context) {
      const { io, signal, flag, words } = context;
      const template = await readJson(io, words[0] ?? "") as unknown as MapTemplate;
      const name = await (await clientOf(context)).maps.named.update(template, { signal });
      await io.write(flag("json") ? jsonLine({ name }) : `${name}\n`);
    },
  },
  tiles: {
    usage: "NAME|FILE.json [--params JSON] [--token TEXT] [--format mvt|png] [--show]",
    words: [1, 1],
    async run(context) {
      const { io, signal, flag, option, words: [given = ""] } = context;
      const api = (await clientOf(context)).maps;
      const token = option("token");
      const parameters = parseObject(option("params") ?? "{}", "--params") as MapParameters;
      const map = /\.json$/i.test(given)
        ? await api.instantiate(await readJson(io, given) as unknown as MapConfig, { signal })
        : await api.named.instantiate(given, parameters, { authToken: token, signal });
      const url = api.tileUrl(
        map,
        { format: choice(context, "format", ["mvt", "png"]) ?? "mvt", withKey: flag("show") },
        { authToken: flag("show") ? token : undefined },
      );
      await io.write(flag("json") ? jsonLine({ ...map, tiles: url }) : `${url}\n`);
    },
  },
  delete: {
    usage: "NAME",
    words: [1, 1],
    async run(context) {
      await (await clientOf(context)).maps.named.delete(context.words[0] ?? "", { signal: context.signal });
    },
  },
}, {
  params: { value: "JSON", description: 'values of the placeholders, such as {"stars": 4}' },
  token: { value: "TEXT", description: "the token of a protected named map" },
  format: { value: "FORMAT", description: "mvt (default) or png" },
  show: { description: "show tokens, and put key and token into the address" },
});
