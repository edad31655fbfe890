import { query } from "../../../src/emulator/_db/query.ts";
import type { RateLimits } from "../../../src/emulator/_http/rate_limit.ts";
import { DEFAULT_SETTINGS, type ServerSettings } from "../../../src/emulator/_http/server.ts";
import { type OpenEmulator, openEmulator } from "../../../src/emulator/_open.ts";
import { compare, type Difference, withIds } from "./compare.ts";
import { type Fixture, readFixture } from "./fixture.ts";
import { type RawResponse, send } from "./raw_http.ts";
import { bodyBytes, type RecordedRequest, type Recording, requestTarget } from "./recordings.ts";

/** How long the recording waited for answers that never came, in milliseconds. */
const SILENCE = 6000;
/** How long any other answer may take. */
const ANSWER_TIMEOUT = 60_000;
/** How long a batch job may take to the recorded state. */
const JOB_TIMEOUT = 8000;

/** Where the recorded server stood, and the host that it named for tiles. */
const RECORDED_HOST = "demo.localhost.lan:8811";
const RECORDED_CDN = "api.cdn.example";

/** One replayed exchange. */
export interface Outcome {
  recording: Recording;
  differences: Difference[];
}

/** Where and how to replay. */
export interface ReplayOptions {
  /** The README with the fixture. */
  readme: string;
  /** A PostgreSQL server to use; left out, the embedded database. */
  database?: string | undefined;
}

/** Replays recordings in their order against an emulator that is made for them. */
export async function* replay(
  recordings: readonly Recording[],
  options: ReplayOptions,
): AsyncGenerator<Outcome> {
  const fixture = readFixture(options.readme);
  const emulator = await openEmulator({ accounts: fixture.accounts, database: options.database });
  try {
    const replayer = new Replayer(emulator, fixture);
    await replayer.prepare();
    for (const recording of recordings) {
      yield { recording, differences: await replayer.replayOrTell(recording) };
    }
  } finally {
    await emulator.close();
  }
}

class Replayer {
  readonly #emulator: OpenEmulator;
  readonly #fixture: Fixture;
  readonly #ids = new Map<string, string>();
  readonly #idsOfRefused = new Set<string>();
  #serverOptions = "{}";

  constructor(emulator: OpenEmulator, fixture: Fixture) {
    this.#emulator = emulator;
    this.#fixture = fixture;
    const base = `${emulator.url}/user/demo/api/v1/map`;
    for (const scheme of ["http", "https"]) this.#ids.set(`${scheme}://${RECORDED_HOST}/api/v1/map`, base);
    this.#ids.set(RECORDED_CDN, new URL(emulator.url).host);
  }

  async prepare(): Promise<void> {
    await query(this.#emulator.engine, this.#fixture.superuserSql);
    await this.#runAsOwner(this.#fixture.ownerSql);
  }

  /** Replays a recording; one that cannot be prepared or sent does not keep the others from being replayed. */
  async replayOrTell(recording: Recording): Promise<Difference[]> {
    try {
      return await this.#replay(recording);
    } catch (error) {
      return [{
        path: "replay",
        expected: "an answer",
        got: error instanceof Error ? error.message : String(error),
      }];
    }
  }

  async #replay(recording: Recording): Promise<Difference[]> {
    const { request, response, server = {} } = recording;
    const quota = await this.#configure(server);
    for (const sql of recording.setup_sql ?? []) await this.#runAsOwner(sql);
    const queued = await this.#fillQueue(recording);
    try {
      let differences: Difference[];
      const deadline = Date.now() + JOB_TIMEOUT;
      do {
        const got = await this.#send(request, response.status === null ? SILENCE : ANSWER_TIMEOUT);
        this.#learnJobId(recording, got);
        this.#learnMapIds(recording, got);
        differences = compare(response, got, this.#ids);
      } while (differences.length > 0 && isJobState(request) && Date.now() < deadline && await pause());
      return differences;
    } finally {
      for (const job of queued) await this.#send({ ...job, method: "DELETE" }, ANSWER_TIMEOUT);
      if (quota !== undefined) await this.#setQuota(quota);
    }
  }

  async #send(request: RecordedRequest, timeout: number): Promise<RawResponse | undefined> {
    const port = Number(new URL(this.#emulator.url).port);
    const headers = Object.entries(request.headers ?? {});
    const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
    return await send(port, {
      method: request.method,
      target: withIds(requestTarget(request), this.#ids),
      headers: hasHost ? headers : [["Host", `127.0.0.1:${port}`], ...headers],
      body: bodyBytes(request.body),
      isChunked: request.transfer === "chunked",
    }, timeout);
  }

  /** The recordings of one job share its id; ours is told when it is created. */
  #learnJobId({ request, response }: Recording, got: RawResponse | undefined): void {
    if (request.method !== "POST" || got?.status !== 201) return;
    const recorded = (response.body as { job_id?: string } | null)?.job_id;
    const ours = JSON.parse(new TextDecoder().decode(got.body)).job_id;
    if (typeof recorded === "string" && typeof ours === "string") this.#ids.set(recorded, ours);
  }

  /**
   * The ids of maps, templates and analyses are digests, of what they are made of; ours have other digits, but the same
   * thing must have the same id again, and another thing another one.
   */
  #learnMapIds({ response }: Recording, got: RawResponse | undefined): void {
    if (got === undefined || got.status !== response.status || !("carto-map-id" in response.headers)) return;
    const recorded = digests(Object.entries(response.headers), JSON.stringify(response.body));
    const ours = digests([...got.headers], new TextDecoder().decode(got.body));
    if (recorded.length !== ours.length) return;
    const taken = new Set(this.#ids.values());
    recorded.forEach((digest, index) => {
      const own = ours[index];
      if (own === undefined || this.#ids.has(digest)) return;
      // A map that was refused is told by an id of its own, which the server makes before the map is complete.
      const refused = [...this.#idsOfRefused].find((other) => this.#ids.get(other) === own);
      if (refused !== undefined) this.#ids.delete(refused);
      else if (taken.has(own)) return;
      if ((response.status ?? 0) >= 400) this.#idsOfRefused.add(digest);
      this.#ids.set(digest, own);
      taken.add(own);
    });
  }

  /** Sets the server's options; returns the quota to go back to, where that was changed. */
  async #configure(server: Record<string, unknown>): Promise<number | undefined> {
    const { account_quota_bytes: quota, ...options } = server;
    const text = JSON.stringify(options);
    if (text !== this.#serverOptions) this.#emulator.server.configure(readSettings(options));
    this.#serverOptions = text;
    if (quota === undefined) return undefined;
    const { rows } = await query(this.#emulator.engine, "SELECT cartodb._CDB_UserQuotaInBytes()");
    await this.#setQuota(Number(quota));
    return Number(rows[0]?.[0] ?? 0);
  }

  async #setQuota(bytes: number): Promise<void> {
    await query(this.#emulator.engine, `SELECT cartodb.CDB_SetUserQuotaInBytes(${bytes})`);
  }

  /** Some recordings found a queue of jobs, which their notes tell; the first of ours runs, the others wait. */
  async #fillQueue({ note = "", request }: Recording): Promise<RecordedRequest[]> {
    const count = Number(/^(\d+) jobs are already queued for the account/.exec(note)?.[1] ?? 0);
    const jobs: RecordedRequest[] = [];
    for (let number = 0; number <= count && count > 0; number++) {
      const body = JSON.stringify({ query: "SELECT pg_sleep(60)" });
      const got = await this.#send({ ...request, body }, ANSWER_TIMEOUT);
      const { job_id } = JSON.parse(new TextDecoder().decode(got?.body));
      jobs.push({ ...request, body: null, path: `${request.path}/${job_id}` });
      // The first one has to have left the queue before the others fill it.
      if (number === 0) {
        await this.#waitWhilePending({
          ...request,
          method: "GET",
          body: null,
          path: `${request.path}/${job_id}`,
        });
      }
    }
    return jobs.reverse();
  }

  async #waitWhilePending(job: RecordedRequest): Promise<void> {
    const deadline = Date.now() + JOB_TIMEOUT;
    do {
      const got = await this.#send(job, ANSWER_TIMEOUT);
      if (JSON.parse(new TextDecoder().decode(got?.body)).status !== "pending") return;
    } while (Date.now() < deadline && await pause());
  }

  async #runAsOwner(sql: string): Promise<void> {
    const role = this.#emulator.accounts[0]?.ownerRole;
    await query(this.#emulator.engine, sql, role === undefined ? {} : { role });
  }
}

/** The digests in an answer, in the order in which they stand. */
function digests(headers: readonly [string, string][], body: string): string[] {
  const wanted = ["carto-map-id", "x-layergroup-id", "carto-template-hash"];
  const values = wanted.map((name) => headers.find(([other]) => other === name)?.[1] ?? "");
  const text = `${values.join(" ")} ${body}`;
  return [...text.matchAll(/(?<![0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{8}(?=[@ ]))(?![0-9a-f])/g)]
    .map(([digest]) => digest);
}

/** What a job or the list of running jobs tells depends on the moment. */
function isJobState({ method, path }: RecordedRequest): boolean {
  return method === "GET" && (/\/sql\/job\/./.test(path) || path.endsWith("/jobs-wip"));
}

async function pause(milliseconds = 50): Promise<true> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return true;
}

function readSettings(options: Record<string, unknown>): ServerSettings {
  let settings = DEFAULT_SETTINGS;
  for (const [name, value] of Object.entries(options)) {
    if (name === "validatePGEntitiesAccess") settings = { ...settings, isStrict: value === true };
    else if (name === "copy_from_max_post_size") settings = { ...settings, maxCopySize: Number(value) };
    else if (name === "rate_limit") settings = { ...settings, rateLimits: readRateLimits(value) };
    else throw new Error(`Cannot replay: the server option "${name}" is not known`);
  }
  return settings;
}

function readRateLimits(value: unknown): RateLimits {
  const limits = value as Record<string, { max_burst: number; count: number; period_seconds: number }>;
  return Object.fromEntries(
    Object.entries(limits).map(([endpoint, limit]) => [endpoint, {
      maxBurst: limit.max_burst,
      count: limit.count,
      periodSeconds: limit.period_seconds,
    }]),
  );
}
