import { Credentials } from "../../src/auth/credentials.ts";
import type { TransportOptions } from "../../src/http/transport.ts";

/** One request as the fake server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** The path after the base URL, such as `api/v2/sql`. */
  readonly path: string;
  /** The SQL of a query, COPY or job. */
  readonly q: string;
  /** The body of an upload or of a PUT. */
  readonly body: Uint8Array;
  readonly headers: Headers;
}

/** Answers a request; undefined for the usual answer. */
export type Answer = (
  request: SeenRequest,
  index: number,
) => Response | undefined | Promise<Response | undefined>;

/** A classic account whose server is a function. */
export interface FakeCarto {
  readonly credentials: Credentials;
  readonly transport: TransportOptions;
  /** What was asked so far. */
  readonly requests: SeenRequest[];
  /** The SQL that was sent so far, in order; other requests as method and path. */
  readonly log: string[];
  /** What was slept, in milliseconds. */
  readonly slept: number[];
}

/** Makes the account; without an answer of its own, every query yields nothing and every job is done. */
export function fakeCarto(answer: Answer = () => undefined): FakeCarto {
  const requests: SeenRequest[] = [];
  const log: string[] = [];
  const slept: number[] = [];
  const base = "https://ana.example.com/";
  const transport: TransportOptions = {
    async fetch(input, init) {
      const url = new URL(input as URL | string);
      const body = await bytesOf(init?.body);
      const path = url.href.slice(base.length).split("?")[0] ?? "";
      const q = sqlOf(path, url, body);
      const request = { method: init?.method ?? "GET", path, q, body, headers: new Headers(init?.headers) };
      requests.push(request);
      log.push(q === "" ? `${request.method} ${path}` : q);
      return await answer(request, requests.length - 1) ?? usualAnswer(request);
    },
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  const credentials = new Credentials({
    baseUrl: base.slice(0, -1),
    username: "ana",
    apiKey: "secret-key-1234",
  });
  return { credentials, transport, requests, log, slept };
}

async function bytesOf(body: BodyInit | null | undefined): Promise<Uint8Array> {
  return body === null || body === undefined
    ? new Uint8Array()
    : new Uint8Array(await new Response(body).arrayBuffer());
}

function sqlOf(path: string, url: URL, body: Uint8Array): string {
  const inUrl = url.searchParams.get("q");
  if (inUrl !== null) return inUrl;
  const text = path.endsWith("copyfrom") ? "" : new TextDecoder().decode(body);
  if (path.startsWith("api/v2/sql/job")) return text === "" ? "" : String(JSON.parse(text).query);
  return path.startsWith("api/v2/sql") ? new URLSearchParams(text).get("q") ?? "" : "";
}

function usualAnswer({ path, method, body }: SeenRequest): Response {
  if (path === "api/v2/sql/copyfrom") return json({ time: 0, total_rows: countCsvRows(body) });
  if (path.startsWith("api/v2/sql/job")) {
    const status = method === "POST" ? "pending" : "done";
    return json({ job_id: "1", status, user: "ana", query: "" }, method === "POST" ? 201 : 200);
  }
  if (path === "api/v3/me") {
    return json({ user_data: { id: "1", username: "ana", remaining_byte_quota: 1e9 }, config: {} });
  }
  return rows([]);
}

function countCsvRows(body: Uint8Array): number {
  return new TextDecoder().decode(body).split("\n").length - 1;
}

/** An answer in JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}

/** The answer of the SQL API with rows. */
export function rows(list: unknown[], fields: Record<string, unknown> = {}, more: object = {}): Response {
  return json({ rows: list, fields, total_rows: list.length, time: 0, ...more });
}

/** An error of the SQL API. */
export function sqlError(message: string, status = 400, more: object = {}): Response {
  return json({ error: [message], ...more }, status);
}

/** The answer to the look at a target: what stands under the name. */
export function target(
  columns:
    | Record<
      string,
      string | { type?: string; sql?: string; views?: string[]; notNull?: boolean; hasDefault?: boolean }
    >
    | undefined,
  { schema = "public", kind = "r", staging = [] }: { schema?: string; kind?: string; staging?: string[] } =
    {},
): Response {
  const list = Object.entries(columns ?? {}).map(([name, given]) => {
    const column = typeof given === "string" ? { type: given } : given;
    const type = column.type ?? "text";
    return {
      name,
      type,
      sql: FULL[type] ?? type,
      notNull: false,
      hasDefault: false,
      isGenerated: false,
      views: null,
      ...column,
    };
  });
  const found = columns === undefined ? null : { kind, columns: list };
  return rows([{ schema, target: found, staging: staging.length === 0 ? null : staging }], {
    schema: { type: "string", pgtype: "text" },
    target: { type: "JSON", pgtype: "JSON" },
    staging: { type: "JSON", pgtype: "JSON" },
  });
}

const FULL: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float8: "double precision",
  float4: "real",
  bool: "boolean",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
  geometry: "geometry(Geometry,4326)",
};

/** Whether a request is the look at a target. */
export function isLook({ q }: SeenRequest): boolean {
  return q.includes("AS staging") && q.includes("current_schema()");
}

/** The SQL without the random part of a staging table's name. */
export function withoutRandom(text: string): string {
  return text.replace(/_cartoframes_staging_(\w*?)_\d{14}_[0-9a-f]{8}/g, "_cartoframes_staging_$1_*");
}
