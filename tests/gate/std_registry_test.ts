import { assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { stdRegistry } from "../_tools/std_registry.ts";
import { runDeno } from "../_tools/run_deno.ts";

/** Two packages of a kind, the one on top of the other. */
const CLONE: Readonly<Record<string, string>> = {
  "small/deno.json":
    '{ "name": "@std/small", "version": "1.2.3", "exports": { ".": "./mod.ts", "./two": "./two.ts" } }',
  "small/two.ts": 'import { one } from "@std/base-of/one";\nexport const two: number = one + one;\n',
  "small/mod.ts": 'export * from "./two.ts";\n',
  "base-of/deno.json": '{ "name": "@std/base-of", "version": "0.9.0", "exports": { "./one": "./one.ts" } }',
  "base-of/one.ts": "/** One. */\nexport const one = 1;\n",
};

Deno.test("std registry: a program finds the packages of a clone as it does on JSR, and what they import", async () => {
  const folder = await Deno.makeTempDir();
  const clone = join(folder, "a clone");
  for (const [name, text] of Object.entries(CLONE)) {
    await Deno.mkdir(join(clone, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(clone, name), text);
  }
  const asked: string[] = [];
  const answer = stdRegistry(toFileUrl(`${clone}/`));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(new URL(request.url).pathname);
    return answer(request);
  });
  const registry = `http://127.0.0.1:${server.addr.port}/`;
  try {
    const program = join(folder, "program.ts");
    await Deno.writeTextFile(
      program,
      'import { two } from "jsr:@std/small@^1.0.0/two";\nconsole.log(two);\n',
    );
    const run = await runDeno(["run", "-q", "--check", "--no-prompt", program], {
      cwd: folder,
      env: { JSR_URL: registry },
    });
    assertEquals(run, { code: 0, stdout: "2\n", stderr: "" });
    assertEquals(asked.includes("/@std/base-of/0.9.0/one.ts"), true);
    for (
      const path of [
        "@std/none/meta.json",
        "@std/small/1.2.4/two.ts",
        "@std/small/1.2.3/no.ts",
        "small/two.ts",
      ]
    ) {
      const response = await fetch(registry + path);
      await response.body?.cancel();
      assertEquals(response.status, 404, path);
    }
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
