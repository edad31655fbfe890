/**
 * The two lists that a reviewer should see change: every exported name, and every file that is published. The tests
 * in `tests/gate/` compare them with the code; `deno task snapshots` writes them again.
 */
import config from "../../deno.json" with { type: "json" };
import { toFileUrl } from "@std/path";

const ROOT = new URL("../../", import.meta.url);
const OFFLINE = new URL("../offline/", import.meta.url);

/** Where the lists stand. */
export const SNAPSHOTS = {
  exports: new URL("../gate/exported_names.txt", import.meta.url),
  files: new URL("../gate/published_files.txt", import.meta.url),
} as const;

interface Member {
  readonly name: string;
  readonly kind?: string;
  readonly isStatic?: boolean;
  readonly accessibility?: string;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly declarationKind: string;
    readonly kind: string;
    readonly def?: { readonly properties?: readonly Member[]; readonly methods?: readonly Member[] };
  }[];
}

/** Runs `deno` in a folder and returns what it printed; throws when it fails. */
export async function runDeno(
  args: readonly string[],
  options: { cwd?: URL; env?: Record<string, string>; from?: "stdout" | "stderr" } = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd ?? ROOT,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const texts = { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  if (!success) throw new Error(`deno ${args.join(" ")} failed:\n${texts.stderr}\n${texts.stdout}`);
  return texts[options.from ?? "stdout"];
}

/** The entry points that are there: name and file. */
export async function entryPoints(): Promise<[name: string, file: string][]> {
  const present: [string, string][] = [];
  for (const [name, file] of Object.entries(config.exports)) {
    if (await Deno.stat(new URL(file, ROOT)).then(() => true, () => false)) present.push([name, file]);
  }
  return present;
}

/** The exported names of each entry point, with the public members of classes and interfaces. */
export async function exportedNames(): Promise<string> {
  const parts: string[] = [];
  for (const [name, file] of await entryPoints()) {
    const doc: { nodes: Record<string, { symbols: DocSymbol[] }> } = JSON.parse(
      await runDeno(["doc", "--json", file]),
    );
    const symbols = Object.values(doc.nodes).flatMap((node) => node.symbols ?? []);
    const lines = symbols.flatMap(linesOf).sort(byText);
    parts.push([`## ${name} (${file})`, "", ...new Set(lines), ""].join("\n"));
  }
  return parts.join("\n");
}

function linesOf({ name, declarations }: DocSymbol): string[] {
  return declarations.filter(({ declarationKind }) => declarationKind === "export").flatMap(
    ({ kind, def }) => {
      const members = [
        ...(def?.properties ?? []).map((member) => memberName(member, "")),
        ...(def?.methods ?? []).map((member) => memberName(member, member.kind === "getter" ? "" : "()")),
      ];
      return [`${kind} ${name}`, ...members.map((member) => `${kind} ${name} ${member}`)];
    },
  );
}

function memberName({ name, isStatic }: Member, suffix: string): string {
  return `${isStatic ? "static " : ""}.${name}${suffix}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The files that `deno publish` would upload, one a line. */
export async function publishedFiles(): Promise<string> {
  // What is built is published, and not kept in git.
  const { buildViewerIfStale } = await import("../../src/viz/_build_viewer.ts");
  await buildViewerIfStale();
  const folder = await Deno.makeTempDir({ prefix: "publish-" });
  try {
    // A stand-in inside the package that is not published would be refused; types are checked by another step.
    const outside = toFileUrl(`${folder}/`);
    await copyFolder(OFFLINE, outside);
    const report = await runDeno(["publish", "--dry-run", "--allow-dirty", "--no-check"], {
      env: { JSR_URL: outside.href },
      from: "stderr",
    });
    const files = [...report.matchAll(/^ +(file:\S+) \(/gm)].map((match) =>
      match[1]?.slice(ROOT.href.length) ?? ""
    );
    return files.sort(byText).join("\n") + "\n";
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Copies a folder with all that is in it. */
export async function copyFolder(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), new URL(`${name}/`, to));
    else await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}

if (import.meta.main) {
  await Deno.writeTextFile(SNAPSHOTS.exports, await exportedNames());
  await Deno.writeTextFile(SNAPSHOTS.files, await publishedFiles());
}
