import type { RequestLogEntry, RequestSpec, TransportOptions } from "../../src/http/transport.ts";
import { Transport } from "../../src/http/transport.ts";

/** One answer: a response, an error that `fetch` throws, or a function of the request. */
export type Answer = Response | Error | ((url: URL, init: RequestInit) => Response | Promise<Response>);

/** A server, a clock and a log in memory; only the waits that were asked for move the clock. */
export class Fake {
  /** The requests that came. */
  readonly requests: { url: URL; init: RequestInit }[] = [];
  /** The waits that were asked for, in milliseconds. */
  readonly waits: number[] = [];
  /** What was logged. */
  readonly log: RequestLogEntry[] = [];
  readonly options: TransportOptions;
  #time = Date.UTC(2026, 0, 1);
  readonly #answers: Answer[];

  /** Gives the answers in order, the last one again and again. */
  constructor(...answers: Answer[]) {
    this.#answers = answers;
    this.options = {
      fetch: async (input, init) => {
        const url = new URL(String(input));
        this.requests.push({ url, init: init ?? {} });
        const answer = this.#answers[Math.min(this.requests.length, this.#answers.length) - 1];
        if (answer instanceof Error) throw answer;
        if (typeof answer === "function") return await answer(url, init ?? {});
        if (answer === undefined) throw new Error("no answer is left");
        return answer.clone();
      },
      now: () => this.#time,
      random: () => 1,
      sleep: (ms, signal) => {
        signal?.throwIfAborted();
        this.waits.push(ms);
        this.#time += ms;
        return Promise.resolve();
      },
      log: (entry) => this.log.push(entry),
    };
  }

  /** A transport that asks this server. */
  transport(more: TransportOptions = {}): Transport {
    return new Transport({ ...this.options, ...more });
  }
}

/** A read of a made-up account. */
export function spec(more: Partial<RequestSpec> = {}): RequestSpec {
  return {
    method: "GET",
    url: new URL("https://ana.carto.com/api/v2/sql?q=SELECT%201"),
    retry: "read",
    operation: 'read table "cafes"',
    secrets: [],
    ...more,
  };
}

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** One recorded answer of a case. */
export interface CaseAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The answers of a case. */
export async function caseAnswers(name: string): Promise<CaseAnswer[]> {
  const url = new URL(`../fixtures/cases/${name}`, import.meta.url);
  return JSON.parse(await Deno.readTextFile(url)).responses;
}

/** A recorded answer as `fetch` gives it. */
export function toResponse({ status, headers, body }: CaseAnswer): Response {
  return new Response(body, { status, headers });
}

/** A stream of texts, which then fails if asked to. */
export function streamOf(parts: readonly string[], failure?: Error): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const part = parts[next++];
      if (part !== undefined) controller.enqueue(encoder.encode(part));
      else if (failure !== undefined) controller.error(failure);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}
