import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import type { TransportOptions } from "../../src/http/transport.ts";

/** One request as the fake server received it. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** The body as text. */
  readonly text: string;
  /** The body read as a form. */
  readonly form: URLSearchParams;
}

/** An answer, or how to make one. */
export type Answer = Response | unknown | ((received: Received) => Response | Promise<Response>);

/** A server that gives the answers in order, the last of them for ever; and a clock that only waits move. */
export class FakeServer {
  readonly received: Received[] = [];
  /** The waits that were asked for, in milliseconds. */
  readonly waits: number[] = [];
  readonly options: TransportOptions;
  readonly #answers: readonly Answer[];
  #time = 0;

  constructor(...answers: Answer[]) {
    this.#answers = answers;
    this.options = {
      fetch: (input, init) => this.#answer(input, init),
      now: () => this.#time,
      random: () => 1,
      sleep: (ms, signal) => {
        this.waits.push(ms);
        this.#time += ms;
        return signal?.aborted ? Promise.reject(signal.reason) : Promise.resolve();
      },
    };
  }

  /** The n-th request, from 0. */
  at(index: number): Received {
    const received = this.received.at(index);
    if (received === undefined) throw new Error(`There is no request ${index}`);
    return received;
  }

  async #answer(input: RequestInfo | URL, init: RequestInit | undefined): Promise<Response> {
    const bytes = new Uint8Array(await new Response(init?.body ?? null).arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    const received: Received = {
      method: init?.method ?? "GET",
      url: new URL(String(input)),
      headers: new Headers(init?.headers),
      bytes,
      text,
      form: new URLSearchParams(text),
    };
    this.received.push(received);
    init?.signal?.throwIfAborted();
    const answer = this.#answers[Math.min(this.received.length, this.#answers.length) - 1];
    if (typeof answer === "function") return await answer(received);
    return answer instanceof Response ? answer.clone() : Response.json(answer);
  }
}

/** The API key of the made-up account, with every character that some encoding changes. */
export const KEY = 'k-0000+/=&#% "\\é';

/** A client of the account "ana" at a fake server. */
export function clientOf(server: FakeServer, more: TransportOptions = {}): ClassicClient {
  const credentials = new Credentials({ username: "ana", apiKey: KEY });
  return new ClassicClient(credentials, { ...server.options, ...more });
}

/** A client whose user name is not known. */
export function nameless(server: FakeServer): ClassicClient {
  const credentials = new Credentials({ baseUrl: "http://127.0.0.1:8080", apiKey: KEY });
  return new ClassicClient(credentials, server.options);
}

/** An error as the SQL API sends it. */
export function failure(
  status: number,
  message: string,
  more: object = {},
  headers: HeadersInit = {},
): Response {
  return Response.json({ error: [message], ...more }, { status, headers });
}
