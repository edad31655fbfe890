/**
 * `deno task ok`: everything a change must pass, step by step. All steps run, so that one run tells all that is
 * wrong; what failed is repeated at the end with the way out.
 *
 * `--only=NAME,NAME` runs some of the steps, `--allow-dirty` lets the publish dry run pass with changes that are not
 * committed.
 */
import { toFileUrl } from "@std/path";
import { copyFolder, entryPoints } from "./snapshots.ts";

interface Step {
  readonly name: string;
  /** Arguments of `deno`. */
  readonly args: readonly string[];
  /** What to do when it fails. */
  readonly hint: string;
  /** What it prints is shown, though it passes. */
  readonly isShown?: boolean;
  /** Environment of the step. */
  readonly env?: Record<string, string>;
}

const OFFLINE = new URL("../offline/", import.meta.url);

/**
 * The registry for the publish dry run. A folder inside the package that is not published would be refused, so the
 * stand-ins are copied outside.
 */
async function registryOutside(folder: string): Promise<string | undefined> {
  const registry = Deno.env.get("JSR_URL");
  if (registry !== OFFLINE.href) return registry;
  const copy = toFileUrl(`${folder}/`);
  await copyFolder(OFFLINE, copy);
  return copy.href;
}

async function steps(folder: string, allowDirty: boolean): Promise<Step[]> {
  const registry = await registryOutside(`${folder}/registry`);
  const coverage = `${folder}/coverage`;
  return [
    { name: "format", args: ["fmt", "--check"], hint: "run: deno fmt" },
    { name: "lint", args: ["lint"], hint: "mend what the lines above name; some of it: deno lint --fix" },
    {
      name: "types",
      args: ["check", "--doc", "."],
      hint: "mend the types; the examples in comments count too",
    },
    {
      name: "docs",
      args: ["doc", "--lint", ...(await entryPoints()).map(([, file]) => file)],
      hint: "every exported symbol and member needs a doc comment and an explicit type",
    },
    {
      name: "tests",
      args: ["task", "-q", "test", `--coverage=${coverage}`, "--coverage-raw-data-only"],
      hint: "run one file alone: deno task test tests/…_test.ts",
      isShown: true,
    },
    {
      name: "coverage",
      args: ["coverage", "--include=/src/.*\\.ts$", coverage],
      hint: "there is no coverage without the step tests",
      isShown: true,
    },
    {
      name: "publish",
      args: ["publish", "--dry-run", ...allowDirty ? ["--allow-dirty"] : []],
      hint: "commit first (git status), or: deno task ok --allow-dirty",
      ...registry === undefined ? {} : { env: { JSR_URL: registry } },
    },
  ];
}

/** Runs a step and tells whether it passed; what a passing step prints is kept back, but for tests and coverage. */
async function run(step: Step): Promise<boolean> {
  const start = performance.now();
  const options: Deno.CommandOptions = { args: [...step.args], env: step.env ?? {}, stdin: "null" };
  const success = step.isShown ? await runShown(options) : await runKeptBack(options);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${success ? "ok    " : "FAILED"} ${step.name} (${seconds} s)`);
  return success;
}

async function runShown(options: Deno.CommandOptions): Promise<boolean> {
  const status = await new Deno.Command(Deno.execPath(), { ...options, stdout: "inherit", stderr: "inherit" })
    .spawn().status;
  return status.success;
}

async function runKeptBack(options: Deno.CommandOptions): Promise<boolean> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  if (!success) {
    await Deno.stderr.write(stdout);
    await Deno.stderr.write(stderr);
  }
  return success;
}

async function main(args: readonly string[]): Promise<number> {
  const only = args.find((arg) => arg.startsWith("--only="))?.slice("--only=".length).split(",");
  const folder = await Deno.makeTempDir({ prefix: "ok-" });
  try {
    const all = await steps(folder, args.includes("--allow-dirty"));
    const unknown = only?.filter((name) => !all.some((step) => step.name === name)) ?? [];
    if (unknown.length > 0) {
      console.error(
        `Cannot run "${unknown.join(",")}": the steps are ${all.map((step) => step.name).join(", ")}`,
      );
      return 2;
    }
    const failed: Step[] = [];
    for (const step of all) {
      if (only && !only.includes(step.name)) continue;
      if (!await run(step)) failed.push(step);
    }
    for (const step of failed) console.error(`${step.name}: ${step.hint}`);
    console.log(failed.length === 0 ? "All is well" : `${failed.length} of ${all.length} steps failed`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
