import { assert, assertEquals } from "@std/assert";
import { CartoError, isCartoError } from "../../src/errors/carto_error.ts";
import { describeTable, toCarto, updatePrivacyTable } from "../../src/tables/mod.ts";
import { findPostgres, startPostgres } from "../_tools/postgres.ts";
import { projectFile, spawnDeno } from "../_tools/run_deno.ts";
import {
  aborts,
  type Case,
  cutBinary,
  cutUploads,
  jobFaults,
  kills,
  lostAnswers,
  privacyHarms,
  silences,
  tallyFaults,
  wrongAnswers,
} from "./_cases.ts";
import type { Harm } from "./_proxy.ts";
import { type Mode, MODES, tableOf, upload } from "./_uploads.ts";
import { type State, World } from "./_world.ts";

/** The fewest faults that count as proof. */
const FEWEST = 60;

/** Waits short enough for a test; what is waited for has happened by then. */
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 5)));

/** The faults that were injected, and what was lost in them. */
class Ledger {
  injected = 0;
  readonly lost: string[] = [];
}

/** Injects faults into uploads to one database, and compares all there is before and after each. */
class Trial {
  readonly #world: World;
  readonly #ledger: Ledger;
  /** What a mode writes when nothing goes wrong. */
  readonly #written: Map<Mode, string> = new Map();
  #before: State | undefined;
  #dataset = "";

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** All faults, one after the other; or only each so many-th. */
  async run(each: number): Promise<void> {
    const cases: Case[] = [];
    for (const mode of MODES) {
      const body = await this.#faultless(mode);
      // Every place in one mode, some in the others
      cases.push(...cutUploads(mode, body).filter((_, index) => mode === "replace" || index % 4 === 0));
    }
    const binary = await this.#faultless("replace", { copyFormat: "binary" });
    cases.push(...cutBinary("replace", binary.length));
    cases.push(
      ...wrongAnswers(),
      ...lostAnswers(),
      ...tallyFaults(),
      ...jobFaults(),
      ...aborts(),
      ...silences(),
    );
    for (const [index, one] of cases.entries()) {
      if (index % each === 0) await this.inject(one);
    }
    for (const [name, harm] of privacyHarms()) await this.#publish(name, harm);
  }

  /** Changes who may see the table, which is one request of its own: that is done or not, and nothing else. */
  async #publish(name: string, harm: Harm): Promise<void> {
    const { proxy } = this.#world;
    const before = await this.#world.state();
    try {
      proxy.set([{ step: "privacy", times: 99, harm }]);
      const failure = await updatePrivacyTable("stock", "private", this.#options()).then(
        () => undefined,
        String,
      );
      await proxy.settle();
      assert(proxy.harmed > 0);
      proxy.set([]);
      const { identity, contents } = await this.#world.state();
      assertEquals({ identity: { ...identity, grants: before.identity.grants }, contents }, before);
      const { privacy } = await describeTable("stock", this.#options());
      assert(
        privacy === "PRIVATE" || (failure !== undefined && privacy === "PUBLIC"),
        `${privacy}: ${failure}`,
      );
      await updatePrivacyTable("stock", "public", this.#options());
      assertEquals((await this.#world.state()).identity.grants, before.identity.grants);
      this.#ledger.injected++;
    } catch (error) {
      await this.#note({ mode: "replace", name: `privacy ${name}`, faults: [] }, error);
    }
  }

  /** Writes without a fault, notes what comes of it, and gives the bytes that travelled. */
  async #faultless(mode: Mode, options = {}): Promise<Uint8Array> {
    await this.#restock();
    this.#world.proxy.set([]);
    const report = await upload(mode, { ...this.#options(), ...options });
    assertEquals([report.rows, report.created], [200, mode === "fail"]);
    const values = await this.#world.values(tableOf(mode));
    const rows = { fail: 200, replace: 200, append: 300, upsert: 250 }[mode];
    assertEquals(values.match(/\n/g)?.length, rows, mode);
    if (mode === "upsert") assertEquals([report.inserted, report.updated], [150, 50]);
    this.#written.set(mode, this.#written.get(mode) ?? values);
    if (mode !== "fail") await this.#checkWritten(mode);
    await this.#restock();
    return this.#world.proxy.lastCopy;
  }

  /** One upload with what goes wrong in it; what is lost is noted. */
  async inject(each: Case): Promise<void> {
    try {
      const outcome = await this.#attempt(each);
      await this.#check(each, outcome);
      this.#ledger.injected++;
    } catch (error) {
      await this.#note(each, error);
    }
  }

  /** Notes what was lost, and begins anew, so that one loss is told once. */
  async #note({ mode, name }: Case, error: unknown): Promise<void> {
    this.#ledger.lost.push(`${mode}: ${name}: ${error instanceof Error ? error.message : error}`);
    for (const left of await this.#world.leftovers()) {
      await this.#world.query(`DROP TABLE IF EXISTS "${left}"`);
    }
    await this.#restock();
  }

  async #attempt({ mode, faults, aborts, options }: Case): Promise<{ error: unknown } | undefined> {
    const { proxy } = this.#world;
    const controller = new AbortController();
    const reason = new Error("enough");
    const onHarm = () => aborts === true && controller.abort(reason);
    proxy.set(faults.map((fault, index) => index === faults.length - 1 ? { ...fault, onHarm } : fault));
    try {
      const { transport, ...rest } = { ...this.#options(), ...options };
      await upload(mode, { ...rest, transport: { sleep, ...transport }, signal: controller.signal });
      return undefined;
    } catch (error) {
      assert(error === reason || isCartoError(error), `${error}`);
      return { error };
    } finally {
      await proxy.settle();
      assert(proxy.harmed > 0, `no harm was done: ${proxy.steps}`);
      // Nothing goes wrong from now on
      proxy.set([]);
    }
  }

  #options() {
    return { credentials: this.#world.credentials, transport: { sleep } };
  }

  /** Nothing may be lost: the table is as it was, or all that was to be written is there. */
  async #check(each: Case, failure: { error: unknown } | undefined): Promise<void> {
    const { outcome, mayBeUnknown = false, mode } = each;
    const told = failure === undefined ? "written" : "failed";
    const error = failure?.error;
    assert(outcome === undefined || told === outcome, `${told}: ${error}`);
    if (error instanceof CartoError) {
      const shown = `${error.stack}${JSON.stringify(error)}`;
      const { apiKey } = this.#world.credentials;
      assert(apiKey === undefined || !shown.includes(apiKey), "the key is shown");
    }
    const isUnknown = isCartoError(error) && error.message.includes("Cannot tell");
    assert(!isUnknown || mayBeUnknown, `nobody knows: ${error}`);
    const isWritten = isUnknown ? await this.#isWritten(mode) : told === "written";
    if (isWritten) await this.#checkWritten(mode);
    else await this.#checkKept(mode);
    if ((await this.#world.leftovers()).length > 0) await this.#nextRun();
    assertEquals(await this.#world.leftovers(), [], "left over");
    if (isWritten) await this.#takeBack(mode);
  }

  async #isWritten(mode: Mode): Promise<boolean> {
    if (mode === "fail") return await this.#world.has("fresh");
    return (await this.#world.state()).contents.rows !== this.#before?.contents.rows;
  }

  async #checkKept(mode: Mode): Promise<void> {
    if (mode === "fail") assertEquals(await this.#world.has("fresh"), false, "a half-made table");
    assertEquals(await this.#world.state(), this.#before);
  }

  async #checkWritten(mode: Mode): Promise<void> {
    const world = this.#world;
    assertEquals(await world.values(tableOf(mode)), this.#written.get(mode));
    const { identity, contents } = await world.state();
    if (mode === "fail") return assertEquals({ identity, contents }, this.#before);
    assertEquals([identity, await world.dataset()], [this.#before?.identity, this.#dataset]);
    // The view that was there before shows the new rows
    assertEquals(
      await world.copy("SELECT * FROM stock_view ORDER BY id, name"),
      await world.copy("SELECT id, name, the_geom FROM stock ORDER BY id, name"),
    );
    if (mode === "replace") return;
    const ids = (rows = "") => rows.split("\n", 100).map((row) => row.split("\t")[0]);
    assertEquals(ids(contents.rows), ids(this.#before?.contents.rows), "ids of rows that were there");
  }

  /** The upload that comes next; another table, and nothing goes wrong. */
  async #nextRun(): Promise<void> {
    this.#world.proxy.set([]);
    await toCarto([{ id: 1 }], "next", { ...this.#options(), cartodbfy: false });
    await this.#world.query("DROP TABLE next");
  }

  /** Takes back what was written. */
  async #takeBack(mode: Mode): Promise<void> {
    if (mode === "fail") await this.#world.query("DROP TABLE fresh");
    else if (mode === "replace") await this.#restock();
    else await this.#world.takeBackRows();
  }

  /** Everything as it was in the beginning. */
  async #restock(): Promise<void> {
    await this.#world.restock();
    this.#before = await this.#world.state();
    this.#dataset = await this.#world.dataset();
  }

  /** Kills the process of an upload; what it left is swept by the next one, once it is a day old. */
  async kill(each: ReturnType<typeof kills>[number], child: Deno.ChildProcess): Promise<void> {
    try {
      const { proxy } = this.#world;
      const harmed = Promise.withResolvers<void>();
      proxy.set(each.faults.map((fault) => ({ ...fault, onHarm: harmed.resolve })));
      const writer = child.stdin.getWriter();
      await writer.write(new Uint8Array(1));
      await Promise.race([harmed.promise, child.status.then(() => Promise.reject(new Error("it ended")))]);
      child.kill("SIGKILL");
      await child.status;
      writer.releaseLock();
      await proxy.settle();
      proxy.set([]);
      for (const name of await this.#world.leftovers()) await this.#world.age(name);
      if (each.outcome === "written") await this.#checkWritten(each.mode);
      else await this.#checkKept(each.mode);
      await this.#nextRun();
      assertEquals(await this.#world.leftovers(), [], "left over");
      this.#ledger.injected++;
      if (each.outcome === "written") await this.#takeBack(each.mode);
    } catch (error) {
      await this.#note(each, error);
    }
  }
}

/** All faults on one database. */
async function tryAll(database: string | undefined, ledger: Ledger, each: number): Promise<void> {
  await using world = await World.start(database);
  const trial = new Trial(world, ledger);
  await trial.run(each);
  assertEquals(ledger.lost, []);
  const chosen = kills().filter((_, index) => index % each === 0);
  const { baseUrl, username, apiKey } = world.credentials;
  const start = (mode: Mode) =>
    spawnDeno([
      ...["run", "--no-prompt", "--allow-net=127.0.0.1", projectFile("tests/faults/_killed_upload.ts"), mode],
      JSON.stringify({ baseUrl, username, apiKey }),
    ], { cwd: projectFile("."), stdin: "piped", stdout: "null", stderr: "inherit" });
  // Each starts while the one before has its turn
  let next = start(chosen[0]?.mode ?? "replace");
  for (const [index, one] of chosen.entries()) {
    const child = await next;
    next = start(chosen[index + 1]?.mode ?? "replace");
    await trial.kill(one, child);
    await ended(child);
  }
  await ended(await next);
}

/** Ends a process, whether it has been killed or never had its turn. */
async function ended(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended
  }
  await child.status;
  await child.stdin.close().catch(() => {});
}

const ledgers: Ledger[] = [];

Deno.test("whatever goes wrong with an upload, nothing is lost (embedded)", async () => {
  const ledger = new Ledger();
  ledgers.push(ledger);
  await tryAll(undefined, ledger, 1);
  assertEquals(ledger.lost, []);
  assert(ledger.injected >= FEWEST, `only ${ledger.injected} faults were injected`);
});

const bin = await findPostgres();

Deno.test({
  name: `whatever goes wrong with an upload, nothing is lost (server${
    bin === undefined ? "; skipped: PostgreSQL with PostGIS is not installed" : ""
  })`,
  ignore: bin === undefined,
  fn: async () => {
    await using server = await startPostgres(bin ?? "");
    const ledger = new Ledger();
    ledgers.push(ledger);
    // Every third one: the others are the same to another database
    await tryAll(server.url, ledger, 3);
    assertEquals(ledger.lost, []);
    assert(ledger.injected >= FEWEST, `only ${ledger.injected} faults were injected`);
  },
});

globalThis.addEventListener("unload", () => {
  const injected = ledgers.reduce((sum, ledger) => sum + ledger.injected, 0);
  const lost = ledgers.flatMap((ledger) => ledger.lost);
  console.log(
    `${injected} faults injected, ${lost.length === 0 ? "nothing lost in any" : `lost in ${lost.length}`}`,
  );
});
