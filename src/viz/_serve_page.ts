import { type Access, advise } from "../permissions/mod.ts";

const HOST = "127.0.0.1";

/** What serving a page needs. */
export const LOOPBACK: Access = { kind: "net", host: HOST };

/** A page on loopback. */
export interface ServedPage extends AsyncDisposable {
  readonly url: string;
  /** Resolves when somebody has asked for the page. */
  readonly visited: Promise<void>;
  close(): Promise<void>;
}

/** How a page is served. */
export interface ServeOptions {
  /** What cannot be done without it, for the error. */
  readonly operation: string;
  readonly alsoNeeds?: readonly Access[];
  /** Whether pages of other origins may show it in a frame. */
  readonly isFramed?: boolean;
}

/**
 * Serves one document on loopback, at a random port and a path that nobody can guess. Nothing else is there, and the
 * address by number is the only name that is answered to: no other site can read it under a name of its own.
 *
 * @throws {PermissionError} Listening was refused
 */
export async function servePage(
  html: string,
  { operation, alsoNeeds, isFramed = false }: ServeOptions,
): Promise<ServedPage> {
  const page = new TextEncoder().encode(html);
  const path = `/${crypto.randomUUID()}.html`;
  const visited = Promise.withResolvers<void>();
  const ending = new AbortController();
  let origin = "";
  const answer = ({ url, method }: Request): Response => {
    if (url !== `${origin}${path}`) return new Response("Nothing is here\n", { status: 404 });
    if (method !== "GET" && method !== "HEAD") {
      return new Response("Only GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    visited.resolve();
    return new Response(method === "HEAD" ? null : page, {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        ...isFramed ? {} : { "content-security-policy": "frame-ancestors 'none'" },
      },
    });
  };
  const server = await advise(
    { operation, needs: [LOOPBACK], alsoNeeds },
    () => Deno.serve({ hostname: HOST, port: 0, signal: ending.signal, onListen: () => {} }, answer),
  );
  origin = `http://${HOST}:${server.addr.port}`;
  const close = async () => {
    ending.abort();
    await server.finished;
  };
  return { url: `${origin}${path}`, visited: visited.promise, close, [Symbol.asyncDispose]: close };
}
