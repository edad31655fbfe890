import { Buffer } from "node:buffer";
import { type EmulatorContext, jsonResponse, type Parameters } from "../_handler.ts";
import { boundaryOf, joinParameters, parseQueryString, readAll } from "../_http/parameters.ts";
import { findKey, tokenOf } from "../_http/authorization.ts";
import { parseJson } from "../_http/json_body.ts";
import { MAX_BYTES } from "../_import/import_failure.ts";
import type { NamedFile } from "../_import/unpack.ts";
import {
  notServedHere,
  type PlatformHandler,
  type PlatformRequest,
  Refusal,
  requireMaster,
  textOf,
} from "./answers.ts";
import { type ImportOrigin, type ImportPlan, queueOf } from "./import_queue.ts";

/** Bytes that parameters may have. */
const MAX_PARAMETERS = 1024 * 1024;

/** `api/v1/imports`: files and addresses become tables. */
export function createImports(context: EmulatorContext, signal: AbortSignal): PlatformHandler {
  const queue = queueOf(context, signal);
  return async (request) => {
    const { account, method, segments } = request;
    const [id, ...more] = segments;
    if (more.length > 0) throw new Refusal(404, ["Not found"]);
    if (method === "POST" && id === undefined) {
      // A file is not read for somebody without the key; only a small body may hold it.
      if (request.hasKey || !holdsParameters(request.headers)) requireMaster(request);
      const { parameters, file } = await readUpload(request);
      requireMaster(withKey(request, parameters));
      const origin = file === undefined ? readOrigin(parameters) : { kind: "file" as const, file };
      const item_queue_id = queue.start(account, readPlan(parameters, origin));
      return jsonResponse(200, { item_queue_id, success: true });
    }
    requireMaster(request);
    if (method !== "GET") throw new Refusal(404, ["Not found"]);
    const states = queue.of(account);
    if (id === undefined) return jsonResponse(200, { imports: [...states.keys()], success: true });
    const state = states.get(id);
    if (state === undefined) throw new Refusal(404, ["Import not found"]);
    return jsonResponse(200, state);
  };
}

/** Whether a body is parameters rather than a file. */
function holdsParameters(headers: Headers): boolean {
  return /^application\/(?:json|x-www-form-urlencoded)/i.test(headers.get("content-type") ?? "");
}

/** The key may stand in the body, which has been read only now. */
function withKey(request: PlatformRequest, parameters: Parameters): PlatformRequest {
  const token = tokenOf(request.request.headers, request.query, parameters);
  const key = findKey(request.account, token);
  if (key === undefined) throw new Refusal(401, ["Unauthorized"]);
  return { ...request, key, hasKey: token !== undefined };
}

/** Parameters and, in a form, the file. */
async function readUpload(
  { request, query }: PlatformRequest,
): Promise<{ parameters: Parameters; file?: NamedFile }> {
  const type = request.headers.get("content-type") ?? "";
  if (request.body === null) return { parameters: query };
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readAll(request.body, holdsParameters(request.headers) ? MAX_PARAMETERS : MAX_BYTES);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(413, ["The file is too big"]);
    throw error;
  }
  if (/^multipart\/form-data/i.test(type)) {
    const { fields, file } = readForm(bytes, boundaryOf(type));
    const parameters = joinParameters(query, fields);
    return file === undefined ? { parameters } : { parameters, file };
  }
  const text = new TextDecoder().decode(bytes);
  if (/^application\/json/i.test(type)) {
    return { parameters: joinParameters(query, text === "" ? {} : parseJson(text)) };
  }
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    return { parameters: joinParameters(query, parseQueryString(text)) };
  }
  return bytes.length === 0
    ? { parameters: query }
    : { parameters: query, file: { name: textOf(query.filename) ?? "import.csv", bytes } };
}

function readForm(
  bytes: Uint8Array<ArrayBuffer>,
  boundary: string,
): { fields: Record<string, unknown>; file: NamedFile | undefined } {
  const fields: Record<string, unknown> = {};
  let file: NamedFile | undefined;
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const line = Buffer.from(`--${boundary}`);
  let at = boundary === "" ? -1 : body.indexOf(line);
  while (at >= 0) {
    const gap = body.indexOf("\r\n\r\n", at);
    const next = body.indexOf(Buffer.from(`\r\n--${boundary}`), at + line.length);
    if (gap < 0 || next < 0) break;
    const head = body.toString("utf8", at, gap);
    const name = /\bname="([^"]*)"/i.exec(head)?.[1];
    const filename = /\bfilename="([^"]*)"/i.exec(head)?.[1];
    if (filename !== undefined) file ??= { name: filename, bytes: bytes.subarray(gap + 4, next) };
    else if (name !== undefined && name !== "__proto__") fields[name] = body.toString("utf8", gap + 4, next);
    at = next + 2;
  }
  return { fields, file };
}

/**
 * Where the data come from, as parameters tell it.
 *
 * @throws {Refusal} When they tell nothing, or something that is not served
 */
export function readOrigin(parameters: Parameters): ImportOrigin {
  const { url, sql, table_copy: copy, table_name: name, connector, service_name: service } = parameters;
  if (connector !== undefined) throw notServedHere("connectors to other databases");
  if (service !== undefined) throw notServedHere(`imports from the service "${String(service)}"`);
  if (typeof url === "string" && url !== "") return { kind: "url", url };
  if (typeof sql === "string" && sql !== "") {
    return { kind: "query", sql, name: textOf(name) ?? "untitled_table" };
  }
  if (typeof copy === "string" && copy !== "") {
    return { kind: "table", table: copy, name: textOf(name) ?? `${copy.split(".").at(-1)}_copy` };
  }
  // The platform accepts a request without data, and the import fails: an address that is none does the same.
  return { kind: "url", url: "" };
}

/** An import as parameters tell it. */
export function readPlan(parameters: Parameters, origin: ImportOrigin): ImportPlan {
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = parameters[name];
    return value === undefined || value === null ? otherwise : /^(?:true|1)$/i.test(String(value));
  };
  const privacy = textOf(parameters.privacy)?.toUpperCase();
  if (privacy !== undefined && privacy !== "PUBLIC" && privacy !== "LINK" && privacy !== "PRIVATE") {
    throw new Refusal(400, [
      `Unknown value '${
        String(parameters.privacy)
      }' for 'privacy'. Allowed values are: public, link, private`,
    ]);
  }
  const { collision_strategy: collision } = parameters;
  return {
    origin,
    guessesTypes: flag("type_guessing", true),
    guessesQuoted: flag("quoted_fields_guessing", true),
    guessesContent: flag("content_guessing", false),
    createsMap: flag("create_vis", false),
    privacy,
    collision: collision === "skip" || collision === "overwrite" ? collision : "rename",
  };
}
