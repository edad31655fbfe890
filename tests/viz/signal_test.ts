/** What asks a server is told at once when its signal is aborted, at whichever of its requests that happens. */
import { assert, assertEquals } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { TransportOptions } from "../../src/http/transport.ts";
import { toCarto } from "../../src/tables/mod.ts";
import {
  allPublications,
  deletePublication,
  Layer,
  Layout,
  Map as CartoMap,
  Source,
} from "../../src/viz/mod.ts";

const QUERY = "SELECT * FROM cafes";
const ROWS = [{ name: "a", the_geom: "POINT (1 2)" }, { name: "b", the_geom: "POINT (3 4)" }];

/** What a call is given. */
interface Given {
  readonly credentials: Credentials;
  readonly transport: TransportOptions;
  readonly signal: AbortSignal;
}

/** A source whose rows do not fit into the page, with a key of its own or none. */
const source = (options: Given, maxRows?: number) => new Source(QUERY, { ...options, maxRows });
const map = (options: Given, maxRows?: number) => new CartoMap(new Layer(source(options, maxRows)));
const page = { password: null, ifExists: "replace" } as const;

/** Each function that asks a server, with how many requests it makes at least. */
const CALLS: Record<string, readonly [least: number, call: (given: Given) => Promise<unknown>]> = {
  "Source.isPublic": [1, (given) => source(given).isPublic(given)],
  "Source.getTableNames": [1, (given) => source(given).getTableNames(given)],
  "Map.toHTML": [2, (given) => map(given).toHTML(given)],
  "Map.toHTML of tiles": [4, (given) => map(given, 1).toHTML(given)],
  "Map.save": [2, (given) => map(given).save("map.html", given)],
  "Map.open": [2, (given) => map(given).open({ ...given, browser: false })],
  "Map.publish": [7, (given) => map(given).publish("a map", { ...page, ...given })],
  "Layout.toHTML": [2, (given) => new Layout([map(given)]).toHTML(given)],
  "Layout.save": [2, (given) => new Layout([map(given)]).save("map.html", given)],
  "Layout.open": [2, (given) => new Layout([map(given)]).open({ ...given, browser: false })],
  "Layout.publish": [7, (given) => new Layout([map(given)]).publish("a map", { ...page, ...given })],
  "allPublications": [1, (given) => allPublications(given)],
  "deletePublication": [1, (given) => deletePublication("no map", given)],
};

Deno.test("each function of the maps that asks a server ends at once when its signal is aborted", async () => {
  await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
  const credentials = new Credentials(carto.credentials("ana"));
  await toCarto(ROWS, "cafes", { credentials, geomCol: "the_geom" });
  const deaf: string[] = [];
  for (const [name, [least, call]] of Object.entries(CALLS)) {
    for (let request = 1; request <= least; request++) {
      const controller = new AbortController();
      const reason = new DOMException("Stopped", "AbortError");
      let [sent, wasTold] = [0, false];
      const transport: TransportOptions = {
        fetch(url, init) {
          if (++sent !== request) return fetch(url, init);
          controller.abort(reason);
          wasTold = init?.signal?.aborted === true;
          return wasTold ? Promise.reject(reason) : fetch(url, init);
        },
      };
      const { signal } = controller;
      const thrown = await call({ credentials, transport, signal }).then(() => undefined, (error) => error);
      assert(sent >= request, `${name} makes ${sent} requests, not ${least}`);
      if (!wasTold || thrown !== reason || sent !== request) deaf.push(`${name}, request ${request}`);
    }
  }
  assertEquals(deaf, []);
});
