import { MapError } from "./map_error.ts";

/** A named map, as it was created. */
export interface MapTemplate {
  /** Who may use it. */
  readonly auth: { readonly method: string; readonly valid_tokens?: readonly string[] };
  /** The version of the template's form. */
  readonly version: string;
  /** Its name. */
  readonly name: string;
  /** What is put into its texts. */
  readonly placeholders: Readonly<Record<string, { readonly type: string; readonly default: unknown }>>;
  /** The map. */
  readonly layergroup: Readonly<Record<string, unknown>>;
  /** What its preview shows. */
  readonly view?: unknown;
}

const NAME = /^[a-z0-9][0-9a-z_-]*$/i;
const PLACEHOLDER = /^[a-z][0-9a-z_]*$/i;

/** Whether a value is an object that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks what is to become a named map.
 *
 * @throws {MapError} When it cannot be one
 */
export function readTemplate(given: unknown): MapTemplate {
  const template = isRecord(given) ? given : {};
  if (template.version !== "0.0.1") throw new MapError(`Unsupported template version ${template.version}`);
  const { name } = template;
  if (typeof name !== "string" || name === "") throw new MapError("Missing template name");
  if (!NAME.test(name)) throw new MapError(`Invalid characters in template name '${name}'`);
  const { layergroup } = template;
  if (!isRecord(layergroup)) throw new MapError("Missing layergroup");
  if (!Array.isArray(layergroup.layers) || layergroup.layers.length === 0) {
    throw new MapError("Missing or empty layers array from layergroup config");
  }
  const without = layergroup.layers.flatMap((layer, index) => isRecord(layer?.options) ? [] : [index]);
  if (without.length > 0) {
    throw new MapError(`Missing \`options\` in layergroup config for layers: ${without.join(", ")}`);
  }
  const placeholders = isRecord(template.placeholders) ? template.placeholders : {};
  for (const [key, placeholder] of Object.entries(placeholders)) {
    if (!PLACEHOLDER.test(key)) throw new MapError(`Invalid characters in placeholder name '${key}'`);
    if (!isRecord(placeholder) || !("default" in placeholder)) {
      throw new MapError(`Missing default for placeholder '${key}'`);
    }
    if (!("type" in placeholder)) throw new MapError(`Missing type for placeholder '${key}'`);
  }
  const auth = readAuth(template.auth);
  const { api_key: _key, client: _client, ...kept } = template;
  return { ...kept, auth, placeholders } as unknown as MapTemplate;
}

function readAuth(given: unknown): MapTemplate["auth"] {
  const auth = given === "open" ? { method: "open" } : isRecord(given) ? given : {};
  const { method = "open", valid_tokens: tokens } = auth;
  if (method !== "open" && method !== "token") {
    throw new MapError(`Unsupported authentication method: ${method}`);
  }
  if (method === "open") return { ...auth, method };
  if (!Array.isArray(tokens)) throw new MapError("Invalid 'token' authentication: missing valid_tokens");
  if (tokens.length === 0) throw new MapError("Invalid 'token' authentication: no valid_tokens");
  return { ...auth, method, valid_tokens: tokens.map(String) };
}

/** Whether tokens open a named map. */
export function isAuthorized(auth: MapTemplate["auth"], given: unknown): boolean {
  if (auth.method === "open") return true;
  const tokens = Array.isArray(given) ? given : [given];
  return auth.valid_tokens?.some((token) => tokens.includes(token)) === true;
}

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const COLOR = /^(?:[a-zA-Z]+|#[0-9a-fA-F]{3,6})$/;

/**
 * Makes a map of a template: values take the places of the placeholders.
 *
 * @throws {MapError} When a value is not of its placeholder's type
 */
export function instantiate(template: MapTemplate, given: unknown): Record<string, unknown> {
  const parameters = isRecord(given) ? given : {};
  const values = new Map(
    Object.entries(template.placeholders).map(([key, placeholder]) => {
      const value = Object.hasOwn(parameters, key) ? parameters[key] : placeholder.default;
      return [key, escapeValue(key, placeholder.type, value)];
    }),
  );
  const map = structuredClone(template.layergroup) as Record<string, unknown>;
  const styles = isRecord(parameters.styles) || Array.isArray(parameters.styles) ? parameters.styles : {};
  (map.layers as Record<string, unknown>[]).forEach((layer, index) => {
    const options = layer.options as Record<string, unknown>;
    const style = (styles as Record<number, unknown>)[index];
    for (const name of ["cartocss", "sql"]) {
      const text = options[name];
      if (typeof text === "string") options[name] = fill(text, values);
    }
    if (typeof style === "string") options.cartocss = style;
  });
  return map;
}

function fill(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/<%=\s*([a-z][0-9a-z_]*)\s*%>/gi, (mark, key) => values.get(key) ?? mark);
}

function escapeValue(key: string, type: unknown, value: unknown): string {
  const text = String(value);
  switch (type) {
    case "sql_literal":
      return text.replaceAll("'", "''");
    case "sql_ident":
      return text.replaceAll('"', '""');
    case "number":
      if (NUMBER.test(text)) return text;
      break;
    case "css_color":
      if (COLOR.test(text)) return text;
      break;
    default:
      throw new MapError(`Invalid placeholder type '${type}'`);
  }
  throw new MapError(`Invalid ${type} value for template parameter '${key}': ${text}`);
}
