import { findPostgres, startPostgres } from "../../_tools/postgres.ts";
import { type Emulator, startEmulator } from "../../../src/emulator/mod.ts";
import type { EmulatorOptions } from "../../../src/emulator/options.ts";

/** A document, read by tests. */
// deno-lint-ignore no-explicit-any -- documents of every shape
export type Document = any;

/** An answer: its status, its document, its headers. */
export interface Answer {
  status: number;
  body: Document;
  headers: Headers;
}

/** How a request is made. */
export interface Ask {
  method?: string;
  json?: unknown;
  body?: BodyInit;
  /** The key; the master key when left out, none for `null`. */
  key?: string | null;
  headers?: Record<string, string>;
}

/** Sends requests to an emulator that is made for a test. */
export class Client implements AsyncDisposable {
  readonly emulator: Emulator;
  readonly username: string | undefined;

  constructor(emulator: Emulator, username?: string) {
    this.emulator = emulator;
    this.username = username;
  }

  static async start(options: EmulatorOptions = {}): Promise<Client> {
    return new Client(await startEmulator(options));
  }

  get base(): string {
    return this.emulator.credentials(this.username).baseUrl;
  }

  get masterKey(): string {
    return this.emulator.credentials(this.username).apiKey;
  }

  async ask(path: string, { method, json, body, key, headers = {} }: Ask = {}): Promise<Answer> {
    const { username, apiKey } = this.emulator.credentials(this.username);
    const token = key === undefined ? apiKey : key;
    const sent = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(path.startsWith("http") ? path : `${this.base}/${path}`, {
      method: method ?? (sent === undefined ? "GET" : "POST"),
      redirect: "manual",
      headers: {
        ...(token === null ? {} : { authorization: `Basic ${btoa(`${username}:${token}`)}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    return {
      status: response.status,
      body: isJson && text !== "" ? JSON.parse(text) : text,
      headers: response.headers,
    };
  }

  async sql(q: string, key?: string | null): Promise<Answer> {
    return await this.ask("api/v2/sql", { json: { q }, ...(key === undefined ? {} : { key }) });
  }

  async rows(q: string): Promise<Document[]> {
    const { status, body } = await this.sql(q);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.rows;
  }

  /** Uploads a file and waits for the end of its import. */
  async upload(name: string, data: string | Uint8Array<ArrayBuffer>, options = ""): Promise<Document> {
    const form = new FormData();
    form.append("file", new File([data], name));
    const started = await this.ask(`api/v1/imports/?${options}`, { body: form });
    if (started.status !== 200) return started;
    return await this.waitFor(started.body.item_queue_id);
  }

  async waitFor(id: string): Promise<Document> {
    for (;;) {
      const { body } = await this.ask(`api/v1/imports/${id}/`);
      if (body.state === "complete" || body.state === "failure") return body;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator.close();
  }
}

/** Runs a test on both databases; without PostgreSQL the second one is skipped, and says so. */
export function testBoth(name: string, action: (t: Deno.TestContext, carto: Client) => Promise<void>): void {
  Deno.test(`${name} (embedded)`, async (t) => {
    await using carto = await Client.start();
    await action(t, carto);
  });
  Deno.test({
    name: `${name} (server${BIN === undefined ? "; skipped: PostgreSQL with PostGIS is not installed" : ""})`,
    ignore: BIN === undefined,
    fn: async (t) => {
      await using server = await startPostgres(BIN ?? "");
      await using carto = await Client.start({ database: server.url });
      await action(t, carto);
    },
  });
}

const BIN = await findPostgres();
