// Every command against a local CARTO: with exactly the flags of its line in the README, with those of its task, and
// with one of them left out.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { startEmulator } from "../../src/emulator/mod.ts";
import { projectFile, runDeno, type RunResult, spawnDeno } from "../_tools/run_deno.ts";

const KEY = "0123456789abcdef0123";
const CSV = 'id,name,big\n1,"a ""b""",9007199254740993\n2,,-1\n';

/** The flags that the README gives a command, its placeholders filled in. */
async function readmeFlags(command: string, host: string, file: string): Promise<string[]> {
  const readme = await Deno.readTextFile(projectFile("README.md"));
  const row = readme.split("\n").find((line) => line.startsWith("| `") && line.includes(`\`${command}`)) ??
    "";
  const flags = /`(--allow[^`]*)`/.exec(row)?.[1];
  assert(flags !== undefined, `the README has flags for ${command}`);
  return flags.replace("HOST:443", host).replace("FILE", file).split(" ");
}

/** The flags of a task. */
function taskFlags(task: keyof typeof config.tasks): string[] {
  return config.tasks[task].command.split(" ").filter((word) => word.startsWith("--allow"));
}

Deno.test("commands: each runs with the README's narrow flags and tells what lacks without them", async (t) => {
  await using carto = await startEmulator({ accounts: [{ username: "ana", masterKey: KEY }] });
  const host = new URL(carto.url).host;
  const cwd = await Deno.makeTempDir();
  const creds = ["--creds", "creds.json"];
  const printed: string[] = [];
  const run = async (flags: readonly string[], words: readonly string[]): Promise<RunResult> => {
    const result = await runDeno(["run", "--no-prompt", ...flags, projectFile("src/cli/main.ts"), ...words], {
      cwd,
    });
    printed.push(result.stdout, result.stderr);
    return result;
  };
  try {
    const { username, apiKey, baseUrl } = carto.credentials("ana");
    await Deno.writeTextFile(
      `${cwd}/creds.json`,
      JSON.stringify({ username, api_key: apiKey, base_url: baseUrl }),
      { mode: 0o600 },
    );
    await Deno.writeTextFile(`${cwd}/in.csv`, CSV);
    const simple = await readmeFlags("whoami", host, "");

    await t.step("whoami", async () => {
      const { code, stdout, stderr } = await run(simple, ["whoami", ...creds]);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `ana · classic · ${baseUrl} · credentials from creds.json (--creds)\n`);
      const json = JSON.parse((await run(simple, ["whoami", "--json", ...creds])).stdout);
      assertEquals([json.username, json.base_url, json.api_key], ["ana", baseUrl, undefined]);
    });

    await t.step("check", async () => {
      const flags = await readmeFlags("check", host, "in.csv");
      const { code, stdout, stderr } = await run(flags, ["check", "in.csv", "--table", "Things", ...creds]);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(
        stdout,
        /^Table "things", which is new: 2 rows, 3 columns, \d+ bytes, room for .*\n {2}id +integer\n/,
      );
      assertStringIncludes(stdout, "Nothing stands in the way of the upload\n");
      const json = await run(flags, ["check", "in.csv", "--table", "things", "--json", ...creds]);
      const { ok, rows, columns } = JSON.parse(json.stdout);
      assertEquals([ok, rows, columns[2]], [true, 2, { name: "big", type: "bigint", nulls: 0 }]);
      // Without an account the file alone is looked at, and needs no more than its own right
      const csv = 'id,place\n1,POINT(1 2)\n2,"POINT(1"\n3,POINT(222 222)\n';
      await Deno.writeTextFile(`${cwd}/places.csv`, csv);
      const words = ["check", "places.csv", "--table", "places", "--geometry", "place", "--srid", "4326"];
      const alone = await run(["--allow-read=places.csv"], words);
      assertEquals([alone.code, alone.stderr], [1, ""]);
      assertStringIncludes(alone.stdout, 'line 3, column "place"');
      assertStringIncludes(alone.stdout, "row 3, line 4: latitude 222 is out of range");
      assertStringIncludes(alone.stdout, "note: No credentials");
      assertStringIncludes(alone.stdout, "The upload would be refused\n");
      const unreadable = await run([], words);
      assertEquals([unreadable.code, unreadable.stdout], [3, ""]);
      assertStringIncludes(unreadable.stderr, "--allow-read=places.csv");
    });

    await t.step("upload", async () => {
      const flags = await readmeFlags("upload", host, "in.csv");
      const { code, stdout, stderr } = await run(flags, ["upload", "in.csv", "--table", "Things", ...creds]);
      assertEquals([code, stdout], [0, '2 rows in table "things"\n'], stderr);
      const again = await run(flags, ["upload", "in.csv", "--table", "things", ...creds]);
      assertEquals([again.code, again.stdout], [1, ""]);
      assertStringIncludes(again.stderr, "already exists");
      const unreadable = await run(
        flags.map((flag) => flag.replace(",in.csv", "")),
        ["upload", "in.csv", "--table", "other", ...creds],
      );
      assertEquals(unreadable.code, 3);
      assertStringIncludes(unreadable.stderr, "--allow-read=in.csv");
    });

    await t.step("upload: a value that cannot be used ends with 2 and names the option", async () => {
      const wrong = [["--types", "id"], ["--types", "id=number"], ["--retries", "0"], [
        "--if-exists",
        "what",
      ]];
      for (const how of wrong) {
        const { code, stderr } = await run(simple, ["upload", "in.csv", "--table", "x", ...how, ...creds]);
        assertEquals(code, 2);
        assertStringIncludes(stderr, `Cannot use ${how.join(" ")}: it takes `);
      }
    });

    await t.step("tables", async () => {
      assertEquals((await run(simple, ["tables", ...creds])).stdout, "things\n");
      assertEquals((await run(simple, ["tables", "--json", ...creds])).stdout, '["things"]\n');
    });

    await t.step("query", async () => {
      const sql = "SELECT name, big FROM things ORDER BY id";
      const csv = await run(simple, ["query", sql, "--csv", ...creds]);
      assertEquals(csv.stdout, 'name,big\n"a ""b""",9007199254740993\n,-1\n', csv.stderr);
      const json = await run(simple, ["query", sql, "--json", "--limit", "1", ...creds]);
      assertEquals(json.stdout, '{"name":"a \\"b\\"","big":"9007199254740993"}\n');
      const wrong = await run(simple, ["query", "SELECT nothing FROM things", ...creds]);
      assertEquals(wrong.code, 1);
      assertStringIncludes(wrong.stderr, 'column "nothing" does not exist');
      const written = await run(simple, ["query", "UPDATE things SET name = 'x' WHERE id = 2", ...creds]);
      assertEquals(written.stdout, "1 rows\n");
    });

    await t.step("download", async () => {
      const flags = await readmeFlags("download", host, "out.csv");
      const sql = "SELECT id, name FROM things ORDER BY id";
      const { code, stdout, stderr } = await run(flags, ["download", sql, "out.csv", ...creds]);
      assertEquals([code, stdout], [0, '2 rows in "out.csv"\n'], stderr);
      assertEquals(await Deno.readTextFile(`${cwd}/out.csv`), 'id,name\n1,"a ""b"""\n2,x\n');
      const refused = await run(flags, ["download", sql, "other.csv", ...creds]);
      assertEquals(refused.code, 3);
      assertStringIncludes(refused.stderr, "--allow-write=other.csv");
      for (const how of [["--strategy", "job"], ["--strategy", "direct", "--limit", "1"]]) {
        const { code, stdout, stderr } = await run(flags, ["download", sql, "out.csv", ...how, ...creds]);
        assertEquals([code, stdout], [0, `${how.length === 2 ? 2 : 1} rows in "out.csv"\n`], stderr);
      }
      const paged = ["--page-rows", "1", "--schema", "public"];
      const whole = await run(flags, ["download", "things", "out.csv", ...paged, ...creds]);
      assertEquals([whole.code, whole.stdout], [0, '2 rows in "out.csv"\n'], whole.stderr);
      const both = await run(flags, [
        "download",
        "things",
        "out.csv",
        ...paged,
        "--strategy",
        "job",
        ...creds,
      ]);
      assertEquals(both.code, 2);
      assertStringIncludes(both.stderr, "Leave out one of --page-rows and --strategy job");
      for (const how of [["--strategy", "fast"], ["--page-rows", "0"], ["--page-rows", "many"]]) {
        const { code, stderr } = await run(flags, ["download", "things", "out.csv", ...how, ...creds]);
        assertEquals(code, 2);
        assertStringIncludes(stderr, `Cannot use ${how.join(" ")}: it takes `);
      }
      await run(flags, ["download", sql, "out.csv", ...creds]);
      const missing = await run(flags, ["download", "no_such_table", "out.csv", ...creds]);
      assertEquals(missing.code, 1);
      assertStringIncludes(missing.stderr, "no_such_table");
      // With the right to that one file it stays as it was, too
      assertEquals(await Deno.readTextFile(`${cwd}/out.csv`), 'id,name\n1,"a ""b"""\n2,x\n');
    });

    await t.step("each without network access tells the host and its port", async () => {
      const files = ["--allow-read", "--allow-write"];
      const file = ["in.csv", "--table", "x"];
      const calls = [["whoami"], ["tables"], ["query", "SELECT 1"], ["check", ...file], ["upload", ...file]];
      for (const words of [...calls, ["download", "things", "x.csv"]]) {
        const { code, stderr } = await run(files, [...words, ...creds]);
        assertEquals(code, 3, stderr);
        assertStringIncludes(stderr, `--allow-net=${host}`);
      }
    });

    await t.step("tasks: with exactly their flags, paths seen from the caller's folder", async () => {
      const task = async (
        name: "whoami" | "tables" | "query" | "check" | "upload" | "download",
        words: readonly string[],
      ) => {
        const script = projectFile("src/cli/_task.ts");
        const result = await runDeno(
          ["run", "--no-prompt", ...taskFlags(name), script, name, ...words],
          { cwd: projectFile("."), env: { INIT_CWD: cwd } },
        );
        printed.push(result.stdout, result.stderr);
        assertEquals(result.code, 0, result.stderr);
        return result.stdout;
      };
      assertStringIncludes(await task("whoami", creds), "ana · classic");
      assertStringIncludes(
        await task("check", ["in.csv", "--table", "things", "--if-exists", "replace", ...creds]),
        'Table "things", which is there already',
      );
      const upsert = ["--if-exists", "upsert", "--key", "id,name"];
      await task("upload", ["in.csv", "--table", "by_key", ...upsert.with(3, "id"), ...creds]);
      assertEquals(
        await task("upload", ["in.csv", "--table", "by_key", ...upsert.with(3, "id,big"), ...creds]),
        '2 rows in table "by_key" (0 new, 2 updated)\n',
      );
      assertStringIncludes(
        await task("query", ["SELECT count(*) AS n FROM by_key", "--json", ...creds]),
        '{"n":2}',
      );
      await task("query", ["DROP TABLE by_key", ...creds]);
      const plain = [
        "--types",
        "id=text,big=numeric",
        "--no-cartodbfy",
        "--skip-quota-warning",
        "--retries",
        "2",
      ];
      await task("upload", ["in.csv", "--table", "plain", ...plain, ...creds]);
      const columns = "SELECT column_name || ' ' || data_type AS c FROM information_schema.columns" +
        " WHERE table_name = 'plain' ORDER BY ordinal_position";
      assertEquals(
        await task("query", [columns, "--csv", "--strategy", "direct", ...creds]),
        "c\nid text\nname text\nbig numeric\n",
      );
      await task("query", ["DROP TABLE plain", ...creds]);
      await task("upload", ["in.csv", "--table", "things", "--if-exists", "replace", ...creds]);
      assertEquals(await task("tables", creds), "things\n");
      assertStringIncludes(await task("query", ["SELECT big FROM things", ...creds]), "9007199254740993");
      await task("download", ["SELECT id FROM things ORDER BY id", "task.csv", ...creds]);
      assertEquals(await Deno.readTextFile(`${cwd}/task.csv`), "id\n1\n2\n");
    });

    await t.step("the key is in nothing that was printed", () => {
      assert(printed.length > 20);
      for (const text of printed) assert(!text.includes(KEY), text);
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test({
  name: "download: a scheduler that ends it leaves the old file and no part of the new one",
  ignore: Deno.build.os === "windows",
  async fn() {
    const cwd = await Deno.makeTempDir();
    const asked = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      if (!request.url.includes("copyto")) {
        return Response.json({ rows: [], fields: { n: { type: "number", pgtype: "int4" } }, total_rows: 0 });
      }
      // The head of the rows, and then nothing for as long as the program waits
      const head = Uint8Array.fromBase64("UEdDT1BZCv8NCgAAAAAAAAAAAA==");
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(head);
          asked.resolve();
          await ended.promise;
          controller.close();
        },
      });
      return new Response(body);
    });
    const { port } = server.addr as Deno.NetAddr;
    try {
      const creds = { username: "ana", api_key: KEY, base_url: `http://127.0.0.1:${port}/user/ana` };
      await Deno.writeTextFile(`${cwd}/creds.json`, JSON.stringify(creds), { mode: 0o600 });
      await Deno.writeTextFile(`${cwd}/out.csv`, "old\n");
      const flags = ["--allow-read=.", "--allow-write=.", `--allow-net=127.0.0.1:${port}`];
      const words = ["download", "things", "out.csv", "--timeout", "30", "--creds", "creds.json"];
      const child = await spawnDeno(
        ["run", "--no-prompt", ...flags, projectFile("src/cli/main.ts"), ...words],
        { cwd, stdin: "null", stdout: "piped", stderr: "piped" },
      );
      await asked.promise;
      child.kill("SIGTERM");
      const { code, stderr } = await child.output();
      assertEquals([code, new TextDecoder().decode(stderr)], [143, "Terminated\n"]);
      assertEquals(await Deno.readTextFile(`${cwd}/out.csv`), "old\n");
      const names = (await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name);
      assertEquals(names.sort(), ["creds.json", "out.csv"]);
    } finally {
      ended.resolve();
      await Deno.remove(cwd, { recursive: true });
    }
  },
});

Deno.test("emulator: prints one JSON line, writes credentials, serves until interrupted", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    const flags = ["--allow-read", "--allow-write=creds.json", "--allow-net=127.0.0.1"];
    const words = ["emulator", "--user", "joe", "--api-key", KEY, "--write-creds", "creds.json"];
    const { code, stdout, stderr } = await runDeno(
      ["run", "--no-prompt", ...flags, projectFile("src/cli/main.ts"), ...words],
      { cwd, interruptAtOutput: true },
    );
    assertEquals([code, stderr], [0, ""]);
    const line = JSON.parse(stdout);
    assertEquals([line.username, line.api_key], ["joe", KEY]);
    const file = JSON.parse(await Deno.readTextFile(`${cwd}/creds.json`));
    assertEquals([file.username, file.api_key, file.base_url], ["joe", KEY, line.url]);
    if (Deno.build.os !== "windows") {
      assertEquals(((await Deno.stat(`${cwd}/creds.json`)).mode ?? 0) & 0o777, 0o600);
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});
