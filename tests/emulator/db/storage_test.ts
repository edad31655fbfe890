import { assertEquals, assertRejects } from "@std/assert";
import { PermissionError } from "../../../src/errors/carto_error.ts";
import type { Engine } from "../../../src/emulator/_db/engine.ts";
import { openEngine } from "../../../src/emulator/_db/open.ts";
import { defaultCacheDir, loadTemplate } from "../../../src/emulator/_db/_template.ts";
import { shareMemoryImport } from "../../../src/emulator/_db/_shared_memory.ts";
import { ACCOUNT, sql, value } from "./_engines.ts";

async function withTempDir(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-emulator-" });
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function using(opening: Promise<Engine>, action: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await opening;
  try {
    await action(engine);
  } finally {
    await engine.close();
  }
}

Deno.test("template: built by two at the same time, used by later starts, built anew when it is not whole", async () => {
  await withTempDir(async (folder) => {
    const cacheDir = `${folder}/cache`;
    const tar = crypto.getRandomValues(new Uint8Array(50_000));
    let builds = 0;
    let open = 0;
    // The first build waits for the second, so that neither finds what the other has stored.
    const { promise: bothBegun, resolve: begun } = Promise.withResolvers<void>();
    const build = async () => {
      open++;
      if (++builds === 2) begun();
      await bothBegun;
      return {
        dump: () => Promise.resolve(tar),
        close: () => {
          open--;
          return Promise.resolve();
        },
      };
    };
    const load = (schema: string, dir: string | undefined = cacheDir) => loadTemplate(schema, build, dir);
    assertEquals(await Promise.all([load("a"), load("a")]), [tar, tar]);
    assertEquals([builds, open], [2, 0]);
    const [file, ...others] = await Array.fromAsync(Deno.readDir(cacheDir));
    assertEquals(others, []);
    assertEquals(await load("a"), tar);
    assertEquals(builds, 2);
    await load("b");
    assertEquals(builds, 3);
    await Deno.truncate(`${cacheDir}/${file?.name}`, 1000);
    assertEquals(await load("a"), tar);
    assertEquals(builds, 4);
    assertEquals(await load("a"), tar);
    assertEquals(builds, 4);
    // A folder that cannot be made is done without.
    await Deno.writeTextFile(`${folder}/file`, "");
    assertEquals(await load("a", `${folder}/file/cache`), tar);
    assertEquals(await load("a", `${folder}/file/cache`), tar);
    assertEquals([builds, open], [6, 0]);
  });
});

Deno.test({
  name: "template: without leave to write or to read the environment it is built each time",
  permissions: { read: true },
  fn: async () => {
    const tar = new Uint8Array(10);
    const source = { dump: () => Promise.resolve(tar), close: () => Promise.resolve() };
    assertEquals(defaultCacheDir(), undefined);
    assertEquals(await loadTemplate("a", () => Promise.resolve(source), "/nowhere/to/write"), tar);
  },
});

Deno.test({
  name: "embedded database: without leave to read there is advice, and nothing is left running",
  permissions: "none",
  fn: async () => {
    const error = await assertRejects(
      () => openEngine({ accounts: [ACCOUNT], cacheDir: false }),
      PermissionError,
      "Cannot start the embedded database: Deno refused to read",
    );
    assertEquals(error.flags, ["--allow-read"]);
  },
});

Deno.test("data folder: kept from one start to the next, for one at a time", async () => {
  await withTempDir(async (folder) => {
    const dataDir = `${folder}/data`;
    await using(openEngine({ accounts: [ACCOUNT], dataDir }), async (engine) => {
      await sql(
        engine,
        "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS i; SELECT CDB_CartodbfyTable('kept')",
      );
      await assertRejects(
        () => openEngine({ accounts: [ACCOUNT], dataDir }),
        Error,
        `Cannot open the data folder "${dataDir}": another emulator uses it`,
      );
      await sql(engine, "SELECT deep FROM nothing").catch(() => {});
    });
    await using(openEngine({ accounts: [ACCOUNT], dataDir }), async (engine) => {
      assertEquals(await value(engine, "SELECT count(*) FROM kept"), "1000");
      await sql(engine, "INSERT INTO kept (i) VALUES (0)");
      assertEquals(await value(engine, "SELECT max(cartodb_id) FROM kept"), "1001");
    });
  });
});

Deno.test("data folder: a start that was cut off leaves nothing that is used", async () => {
  await withTempDir(async (folder) => {
    await Deno.mkdir(`${folder}/cluster`);
    await Deno.writeTextFile(`${folder}/cluster/PG_VERSION`, "18\n");
    await using(openEngine({ accounts: [ACCOUNT], dataDir: folder }), async (engine) => {
      assertEquals(await value(engine, "SELECT current_database()"), "demo_db");
    });
  });
});

/** The smallest module that imports a memory, behind other kinds of imports. */
function moduleWithMemory(limits: number[]): Uint8Array<ArrayBuffer> {
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const imports = [
    4,
    ...[...name("e"), ...name("f"), 0, 0],
    ...[...name("e"), ...name("t"), 1, 0x70, 0, 1],
    ...[...name("e"), ...name("g"), 3, 0x7f, 0],
    ...[...name("e"), ...name("m"), 2, ...limits],
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 4, 1, 0x60, 0, 0],
    ...[2, imports.length, ...imports],
    ...[3, 2, 1, 0],
    ...[10, 4, 1, 2, 0, 0x0b],
  ]);
}

Deno.test("shareMemoryImport: a module takes a shared memory afterwards, and is whole", async () => {
  for (const limits of [[0, 1], [1, 1, 0x80, 0x80, 2]]) {
    const module = moduleWithMemory(limits);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 32768, shared: true });
    const imports = {
      e: {
        f: () => {},
        t: new WebAssembly.Table({ initial: 1, element: "anyfunc" }),
        g: new WebAssembly.Global({ value: "i32" }, 1),
        m: memory,
      },
    };
    await assertRejects(() => WebAssembly.instantiate(module, imports), WebAssembly.LinkError);
    const shared = shareMemoryImport(module) as Uint8Array<ArrayBuffer>;
    await WebAssembly.instantiate(shared, imports);
  }
});
