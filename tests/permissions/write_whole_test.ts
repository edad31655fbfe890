import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ArgumentError, CartoError, DataError } from "../../src/errors/carto_error.ts";
import { writeWhole } from "../../src/permissions/_write_whole.ts";
import { inTempFolder } from "../auth/_folders.ts";
import { run } from "./_run.ts";

const onWindows = Deno.build.os === "windows";

/** Pieces of text, and then a failure where one is given. */
async function* pieces(texts: readonly string[], failure?: unknown): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
  if (failure !== undefined) throw failure;
}

/** The names in a folder, sorted. */
async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

function modeOf({ mode }: Deno.FileInfo): number {
  return (mode ?? 0) & 0o777;
}

/** A script that writes `out.csv` in its folder and prints what came of it. */
function writing(chunks: string): string {
  return `
    import { writeWhole } from "${new URL("../../src/permissions/_write_whole.ts", import.meta.url)}";
    import { ResponseError } from "${new URL("../../src/errors/carto_error.ts", import.meta.url)}";
    const encode = (text) => new TextEncoder().encode(text);
    const cut = () => { throw new ResponseError("incomplete-response", "Cannot read: cut off", { hint: "Again" }); };
    async function* chunks() { ${chunks} }
    try {
      console.log(await writeWhole("out.csv", "out.csv", chunks()));
    } catch (error) {
      console.log([error.name, error.message, error.hint].join("\\n"));
    }
  `;
}

const FILE_ONLY = ["--allow-write=out.csv"];
const MANY = "for (let i = 0; i < 20; i++) yield new Uint8Array(1_048_576);";

Deno.test("a file is replaced when the new one is complete, and keeps who may read it", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/out.csv`;
    await Deno.writeTextFile(path, "old\n", { mode: 0o640 });
    if (!onWindows) await Deno.chmod(path, 0o640);
    let during = "";
    const bytes = await writeWhole(path, path, async () => {
      await Promise.resolve();
      return (async function* () {
        yield* pieces(["new", " text"]);
        during = await Deno.readTextFile(path);
      })();
    });
    assertEquals([bytes, during, await Deno.readTextFile(path)], [8, "old\n", "new text"]);
    if (!onWindows) assertEquals(modeOf(await Deno.stat(path)), 0o640);
    await writeWhole(path, path, pieces(["secret"]), { mode: 0o600 });
    if (!onWindows) assertEquals(modeOf(await Deno.stat(path)), 0o600);
    assertEquals(await namesIn(folder), ["out.csv"]);
  });
});

Deno.test("a failure leaves the old file, or none where there was none", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/out.csv`;
    const failure = new CartoError("network", "Cannot read: the line broke");
    assertEquals(await assertRejects(() => writeWhole(path, path, pieces(["new"], failure))), failure);
    assertEquals(await namesIn(folder), []);
    await Deno.writeTextFile(path, "old\n");
    const aborted = new DOMException("Stopped", "AbortError");
    assertEquals(await assertRejects(() => writeWhole(path, path, pieces(["new"], aborted))), aborted);
    assertEquals(await Deno.readTextFile(path), "old\n");
    assertEquals(failure.hint, undefined);
    await assertRejects(
      () => writeWhole(path, path, () => Promise.reject(failure)),
      CartoError,
      "line broke",
    );
    assertEquals(await namesIn(folder), ["out.csv"]);
  });
});

Deno.test("what is appended to a file is taken back when it is not whole", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/out.csv`;
    const append = { append: true };
    await assertRejects(
      () => writeWhole(path, path, pieces(["a"], new RangeError("no")), append),
      RangeError,
    );
    assertEquals(await namesIn(folder), []);
    await writeWhole(path, path, pieces(["a\n"]), append);
    await writeWhole(path, path, pieces(["b\n"]), append);
    await assertRejects(
      () => writeWhole(path, path, pieces(["c"], new RangeError("no")), append),
      RangeError,
    );
    assertEquals(await Deno.readTextFile(path), "a\nb\n");
  });
});

Deno.test("with the right to the file alone, a new file is whole or not there", async () => {
  await inTempFolder(async (folder) => {
    const done = await run(writing('yield encode("new");'), FILE_ONLY, { cwd: folder });
    assertEquals([done, await Deno.readTextFile(`${folder}/out.csv`)], ["3", "new"]);
    await Deno.remove(`${folder}/out.csv`);
    const failed = await run(writing('yield encode("new"); cut();'), FILE_ONLY, { cwd: folder });
    assertEquals(failed, "ResponseError\nCannot read: cut off\nAgain");
    assertEquals(await namesIn(folder), []);
  });
});

Deno.test("with the right to the file alone, an old file outlives what fails within 16 MiB", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/out.csv`;
    await Deno.writeTextFile(path, "old and longer\n");
    for (const chunks of ["cut();", 'yield encode("new"); cut();']) {
      const failed = await run(writing(chunks), FILE_ONLY, { cwd: folder });
      assertEquals(failed, "ResponseError\nCannot read: cut off\nAgain");
      assertEquals(await Deno.readTextFile(path), "old and longer\n");
    }
    assertEquals(await run(writing('yield encode("new");'), FILE_ONLY, { cwd: folder }), "3");
    assertEquals(await Deno.readTextFile(path), "new");
  });
});

Deno.test("with the right to the file alone, the error says that the old file is gone", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/out.csv`;
    await Deno.writeTextFile(path, "old\n");
    const failed = await run(writing(`${MANY} cut();`), FILE_ONLY, { cwd: folder });
    assertStringIncludes(failed, "Cannot read: cut off\nAgain\n");
    assertStringIncludes(failed, '"out.csv" was being written over and is gone');
    assertStringIncludes(failed, "--allow-read=. --allow-write=.");
    assertEquals(await namesIn(folder), []);
    // With those flags it stays
    await Deno.writeTextFile(path, "old\n");
    const flags = ["--allow-read=.", "--allow-write=."];
    const kept = await run(writing(`${MANY} cut();`), flags, { cwd: folder });
    assertEquals([kept, await Deno.readTextFile(path)], [
      "ResponseError\nCannot read: cut off\nAgain",
      "old\n",
    ]);
    assertEquals(await namesIn(folder), ["out.csv"]);
  });
});

Deno.test({
  name: "a link stays a link, and a device stays a device",
  ignore: onWindows,
  async fn() {
    await inTempFolder(async (folder) => {
      await Deno.mkdir(`${folder}/data`);
      await Deno.writeTextFile(`${folder}/data/real.csv`, "old\n");
      await Deno.symlink("data/real.csv", `${folder}/link.csv`);
      await writeWhole(`${folder}/link.csv`, "link.csv", pieces(["new"]));
      assert((await Deno.lstat(`${folder}/link.csv`)).isSymlink);
      assertEquals(await Deno.readTextFile(`${folder}/data/real.csv`), "new");
      assertEquals(await namesIn(`${folder}/data`), ["real.csv"]);
      await writeWhole("/dev/null", "/dev/null", pieces(["new"]));
      await assertRejects(() => writeWhole("/dev/null", "/dev/null", pieces(["new"], new RangeError("no"))));
      assert((await Deno.stat("/dev/null")).isCharDevice);
    });
  },
});

Deno.test("a file that cannot be written is told before anything is asked for", async () => {
  await inTempFolder(async (folder) => {
    const never = () => Promise.reject(new Error("asked"));
    const missing = await assertRejects(
      () => writeWhole(`${folder}/no/out.csv`, "no/out.csv", never),
      DataError,
    );
    assertEquals(missing.message, '"no/out.csv": Cannot write the file: no such folder');
    await assertRejects(() => writeWhole(folder, "here", never), ArgumentError, '"here": it is a folder');
  });
});
