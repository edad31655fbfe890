/** Importing the module does nothing that anybody could notice. */
import { assert, assertEquals } from "@std/assert";
import { toFileUrl } from "@std/path";
import { entryPoints } from "../_tools/snapshots.ts";

const ROOT = new URL("../../", import.meta.url);

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  /** The permissions that were used, one JSON object a line. */
  readonly audit: string;
}

/** Runs a program that is not in the package's folder, without any permission and without a prompt. */
async function runAlone(code: string): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "import-" });
  const url = toFileUrl(`${folder}/`);
  try {
    await Deno.writeTextFile(new URL("main.ts", url), code);
    await Deno.writeTextFile(new URL("audit.jsonl", url), "");
    const { stdout, stderr, code: exit } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "--no-config", new URL("main.ts", url).href],
      env: { DENO_AUDIT_PERMISSIONS: new URL("audit.jsonl", url).pathname.replace(/^\/(?=[A-Z]:)/, "") },
      cwd: url,
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const audit = await Deno.readTextFile(new URL("audit.jsonl", url));
    return { stdout: decode(stdout), stderr: decode(stderr), code: exit, audit };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A folder's name may hold what a pattern of the file system would read otherwise, so the whole address is given. */
function importOf(file: string): string {
  return `import ${JSON.stringify(new URL(file, ROOT).href)};\n`;
}

/** The permissions that the program asked for: that Deno fetches from JSR what is imported is Deno's own doing. */
function asked(audit: string): string[] {
  return audit.split("\n").filter((line) => line !== "" && JSON.parse(line).permission !== "import");
}

Deno.test("import: mod.ts prints nothing, asks nothing and uses no permission; nor does any other entry point", async () => {
  for (const [name, file] of await entryPoints()) {
    const { audit, ...rest } = await runAlone(importOf(file));
    assertEquals(rest, { stdout: "", stderr: "", code: 0 }, name);
    assertEquals(asked(audit), [], name);
  }
});

Deno.test("import: the check sees a permission that is used and one that is refused", async () => {
  const outcome = await runAlone(`${importOf("mod.ts")}console.log(Deno.env.get("HOME"));`);
  assert(outcome.code !== 0);
  assert(asked(outcome.audit).some((line) => line.includes('"env"')), outcome.audit);
});
