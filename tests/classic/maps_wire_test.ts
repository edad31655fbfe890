// Every recorded exchange of the real Maps API whose request this client can make: the client makes it, is given the
// recorded answer, and must come to the outcome that a user expects.
import { assert, assertEquals } from "@std/assert";
import type { ClassicClient } from "../../src/classic/client.ts";
import type { MapConfig, MapTemplate } from "../../src/classic/map_config.ts";
import type { DataviewOptions, MapTile } from "../../src/classic/map_instance.ts";
import { isCartoError, type ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer, type Received } from "./_fake_server.ts";

type Json = Record<string, unknown>;

interface Recording {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: Record<string, string | number>;
    readonly body: string | null;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: unknown;
  };
}

const FOLDER = new URL("../fixtures/wire/maps-api-v1/", import.meta.url);

/** Recordings that are not played, by the way the client works. */
const NOT_PLAYED: Record<string, string> = {
  "003": "JSONP is for browsers",
  "069": "malformed JSON is never sent",
  "070": "a form is never sent",
  "071": "a map is never made of nothing",
  "075": "OPTIONS is never sent",
  "076": "the version is never asked for",
  "093": "a body is always sent",
  "099": "JSONP is for browsers",
  "100": "a form is never sent",
  "109": "the path is always made of the template's own name",
};

/** What the client refuses before it sends anything. */
const REFUSED: Record<string, string> = {
  "042": "a column that is no number",
  "046": "an unknown format",
  "082": "a name with blanks",
  "084": "a template without a map",
  "107": "a protected template without tokens",
};

/** The meaning of each recorded failure. */
const CODES: Record<string, string> = {
  "023": "invalid-request",
  "027": "invalid-request",
  "034": "invalid-request",
  "036": "not-found",
  "037": "invalid-request",
  "040": "invalid-request",
  "043": "invalid-request",
  "044": "invalid-request",
  "045": "invalid-request",
  "047": "invalid-request",
  "050": "access-denied",
  "052": "access-denied",
  "055": "unauthorized",
  "056": "access-denied",
  "057": "not-found",
  "058": "invalid-request",
  "059": "not-found",
  "060": "invalid-request",
  "061": "invalid-request",
  "063": "invalid-request",
  "065": "invalid-request",
  "066": "invalid-request",
  "067": "invalid-request",
  "068": "invalid-request",
  "072": "not-found",
  "073": "invalid-request",
  "079": "already-exists",
  "080": "access-denied",
  "081": "access-denied",
  "083": "invalid-request",
  "086": "invalid-request",
  "088": "access-denied",
  "090": "not-found",
  "094": "invalid-request",
  "095": "invalid-request",
  "098": "not-found",
  "102": "access-denied",
  "103": "access-denied",
  "106": "access-denied",
  "110": "not-found",
  "111": "access-denied",
  "113": "not-found",
  "119": "invalid-request",
};

/** What follows `api/v1/map` in a path. */
function tailOf(path: string): string[] {
  return path.split("/api/v1/map")[1]?.split("/").slice(1) ?? [];
}

/** A tile named by the last parts of a path. */
function tileOf(parts: readonly string[]): MapTile {
  const [z, x, last = ""] = parts.slice(-3);
  const [y, format] = last.split(/\.(.*)/);
  const layer = parts.length > 3 ? parts[0] : undefined;
  return { z: Number(z), x: Number(x), y: Number(y), format: format as "mvt", layer };
}

/** Does with the client what the recorded request did. */
async function play({ request }: Recording, { maps }: ClassicClient): Promise<unknown> {
  const { method, path, query } = request;
  const [first = "", second = "", ...rest] = tailOf(path);
  const body = request.body === null ? undefined : JSON.parse(request.body);
  const filters = query.filters === undefined ? undefined : JSON.parse(String(query.filters));
  const authToken = query.auth_token as string | undefined;
  if (first === "") {
    const config: MapConfig = body ?? JSON.parse(String(query.config));
    return await maps.instantiate(config, { method: method as "GET", filters });
  }
  if (first === "analyses") return await maps.analysisCatalog();
  if (first === "named") {
    if (second === "") {
      return method === "GET" ? await maps.named.list() : await maps.named.create(body as MapTemplate);
    }
    if (rest.length > 0) return await maps.named.tile(second, tileOf(rest) as MapTile & { layer: string });
    if (method === "PUT") return await maps.named.update(body as MapTemplate);
    if (method === "DELETE") return await maps.named.delete(second);
    if (method === "GET") return await maps.named.get(second);
    return await maps.named.instantiate(second, body, { authToken });
  }
  if (second === "dataview") {
    const [name = "", search] = rest;
    if (search !== undefined) return await maps.searchDataview(first, name, String(query.q));
    const number = (value: unknown) => value === undefined ? undefined : Number(value);
    const options: DataviewOptions = {
      bbox: query.bbox === undefined
        ? undefined
        : String(query.bbox).split(",").map(Number) as [number, number, number, number],
      bins: number(query.bins),
      start: number(query.start),
      end: number(query.end),
      ownFilter: query.own_filter === undefined ? undefined : query.own_filter === 1,
      filters,
    };
    return await maps.dataview(first, name, options);
  }
  if (second === "analysis") return await maps.analysisNode(first, rest[1] ?? "");
  if (rest[0] === "attributes") return await maps.attributes(first, second, rest[1] ?? "");
  return await maps.tile(first, tileOf([second, ...rest]), { authToken });
}

/** The recorded body as the server sent it. */
function bodyOf({ status, body }: Recording["response"]): BodyInit | null {
  if (status === 204) return null;
  const { base64 } = Object(body) as { base64?: string };
  if (base64 !== undefined) return Uint8Array.fromBase64(base64);
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** What a user should get for a good answer. */
function checkGood(outcome: unknown, { response, request }: Recording): void {
  const body = response.body as Json;
  if (outcome instanceof Uint8Array) return assertEquals(outcome.toBase64(), String(body.base64 ?? ""));
  if (response.status === 204) return assertEquals(outcome, undefined);
  if (Array.isArray(body.template_ids)) return assertEquals(outcome, body.template_ids);
  if (body.template_id !== undefined) return assertEquals(outcome, body.template_id);
  if (body.template !== undefined) return assertEquals(outcome, body.template);
  if (body.catalog !== undefined) return assertEquals(outcome, body.catalog);
  if (request.path.endsWith("/search")) return assertEquals(outcome, body.categories);
  // All of it, but for the key that the server repeats in every address
  assertEquals(outcome, JSON.parse(JSON.stringify(body).replaceAll("?api_key=demo_master_key", "")));
  assert(!JSON.stringify(outcome).includes("demo_master_key"));
}

/** Whether the request is the recorded one, but for the place of the key. */
function checkRequest(received: Received, { request }: Recording): void {
  assertEquals(received.method, request.method);
  assertEquals(decodeURIComponent(received.url.pathname), request.path.replace(/^\/user\/\w+/, ""));
  const { api_key: _, ...query } = request.query;
  const sent = Object.fromEntries(received.url.searchParams);
  for (const json of ["config", "filters"]) {
    if (query[json] === undefined) continue;
    assertEquals(JSON.parse(sent[json] ?? ""), JSON.parse(String(query[json])));
    delete query[json];
    delete sent[json];
  }
  if (typeof query.bbox === "string") query.bbox = query.bbox.split(",").map(Number).join(",");
  assertEquals(sent, Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])));
  if (request.body !== null) {
    assertEquals(received.headers.get("content-type"), "application/json");
    assertEquals(JSON.parse(received.text), JSON.parse(request.body));
  }
}

const names = [...Deno.readDirSync(FOLDER)].map((entry) => entry.name).filter((name) =>
  /^\d{3}-.*\.json$/.test(name)
);

for (const name of names.sort()) {
  const id = name.slice(0, 3);
  if (id in NOT_PLAYED) continue;
  Deno.test(`recorded exchange of the Maps API ${name.replace(".json", "")}`, async () => {
    const recording: Recording = JSON.parse(await Deno.readTextFile(new URL(name, FOLDER)));
    const { response } = recording;
    const server = new FakeServer(() =>
      new Response(bodyOf(response), { status: response.status, headers: response.headers })
    );
    let outcome: unknown;
    let error: unknown;
    try {
      outcome = await play(recording, clientOf(server));
    } catch (caught) {
      error = caught;
    }
    if (id in REFUSED) {
      assert(isCartoError(error), `not refused: ${REFUSED[id]}`);
      assertEquals([error.code, server.received.length], ["invalid-argument", 0]);
      return;
    }
    if (response.status >= 400) {
      assert(isCartoError(error), `no error but ${Deno.inspect(outcome)}`);
      assertEquals([error.code, (error as ResponseError).status], [CODES[id] as string, response.status]);
      const [message = ""] = (response.body as { errors?: string[] }).errors ?? ["Unsupported format mvt"];
      assert(error.message.includes(message), error.message);
    } else {
      if (error !== undefined) throw error;
      checkGood(outcome, recording);
    }
    checkRequest(server.at(0), recording);
  });
}

Deno.test("recorded exchanges of the Maps API: those not played or refused are few, and none is lost", () => {
  assertEquals(names.length, 119);
  const known = new Set(names.map((name) => name.slice(0, 3)));
  for (const id of [...Object.keys(NOT_PLAYED), ...Object.keys(REFUSED), ...Object.keys(CODES)]) {
    assert(known.has(id), id);
  }
  assertEquals(Object.keys(NOT_PLAYED).length + Object.keys(REFUSED).length, 15);
});
