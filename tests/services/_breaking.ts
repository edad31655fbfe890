import type { ClassicClient } from "../../src/classic/mod.ts";
import type { TransportOptions } from "../../src/http/transport.ts";

/** How a request breaks; the server has done what it asks in any case, which is the worst moment. */
export type Break = "abort" | "lost answer";

/** A transport that breaks once, at the request of a number from 1, and counts. */
export function breakingAt(
  at: number,
  how: Break,
): { transport: TransportOptions; signal: AbortSignal; hasBroken: () => boolean } {
  const controller = new AbortController();
  let requests = 0;
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const answer = await globalThis.fetch(input, init);
    if (++requests !== at) return answer;
    if (how === "abort") {
      controller.abort(new Error("enough"));
      return answer;
    }
    await answer.body?.cancel();
    throw new TypeError("connection reset");
  };
  const sleep = () => new Promise<void>((done) => setTimeout(done, 1));
  return { transport: { fetch, sleep }, signal: controller.signal, hasBroken: () => requests >= at };
}

/** The tables that the account has. */
export async function tablesOf(client: ClassicClient): Promise<string[]> {
  const { rows } = await client.sql.query(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' " +
      "AND pg_get_userbyid(relowner) = current_user ORDER BY 1",
  );
  return rows.map(({ relname }) => String(relname));
}
