/** The house rules that imports and file names can show: arrows run downward only. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { toFileUrl } from "@std/path";
import { runDeno } from "../_tools/snapshots.ts";
import { testFiles } from "../_tools/test_files.ts";

const ROOT = new URL("../../", import.meta.url);
const SRC = new URL("src/", ROOT);

const GROUND = ["errors", "permissions", "_deps"];
const CLIENTS = ["classic", "v3"];
const BELOW_TABLES = [...CLIENTS, "http", "frame", "auth", ...GROUND];
const BELOW_TOP = ["tables", ...BELOW_TABLES];

/** What each area may import besides itself; an area that is not here may not exist. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  _deps: [],
  errors: [],
  permissions: ["errors", "_deps"],
  auth: GROUND,
  http: ["auth", ...GROUND],
  frame: GROUND,
  classic: ["http", "frame", "auth", ...GROUND],
  v3: ["http", "frame", "auth", ...GROUND],
  tables: BELOW_TABLES,
  viz: BELOW_TOP,
  services: BELOW_TOP,
  observatory: BELOW_TOP,
  emulator: GROUND,
  cli: ["viz", "services", "observatory", "emulator", ...BELOW_TOP],
  "mod.ts": ["viz", "services", "observatory", ...BELOW_TOP],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly specifier: string;
  readonly isDynamic: boolean;
  /** Whether only types are imported, so that nothing is loaded. */
  readonly isType?: boolean;
}

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** All imports of the sources, types and lazy ones included, as Deno resolves them. */
async function readImports(): Promise<Import[]> {
  const files = [new URL("mod.ts", ROOT), ...await Array.fromAsync(sourceFiles())];
  const folder = await Deno.makeTempDir({ prefix: "imports-" });
  try {
    const all = new URL("all.ts", toFileUrl(`${folder}/`));
    await Deno.writeTextFile(all, files.map(({ href }) => `import ${JSON.stringify(href)};\n`).join(""));
    const graph: Graph = JSON.parse(await runDeno(["info", "--json", "--config", "deno.json", all.href]));
    return graph.modules
      .filter(({ specifier }) =>
        specifier.startsWith(ROOT.href) && !specifier.startsWith(`${ROOT.href}tests/`)
      )
      .flatMap(({ specifier: from, dependencies = [] }) =>
        dependencies.map(({ specifier, isDynamic = false, code, type }) => ({
          from: from.slice(ROOT.href.length),
          to: (code?.specifier ?? type?.specifier ?? specifier).replace(ROOT.href, ""),
          specifier,
          isDynamic,
          isType: code === undefined,
        }))
      );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function* sourceFiles(folder: URL = SRC): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourceFiles(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

/** `src/auth/credentials.ts` is of the area `auth`, `mod.ts` is one of its own. */
function areaOf(path: string): string {
  return path.startsWith("src/") ? path.split("/")[1] ?? "" : path;
}

/** What is wrong with the arrows, in words. */
function wrongArrows(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to, specifier, isDynamic }) => {
    if (!specifier.startsWith(".")) return [];
    const [area, target] = [areaOf(from), areaOf(to)];
    if (area === target) return [];
    // Run as a program, the module hands over to the command line, which is loaded only then.
    if (from === "mod.ts" && target === "cli" && isDynamic) return [];
    if (MAY_IMPORT[area]?.includes(target)) return [];
    return [`${from} imports ${to}: ${area} may import ${MAY_IMPORT[area]?.join(", ") || "nothing"}`];
  });
}

let known: Promise<Import[]> | undefined;

/** The imports, read once: by the first test that asks. */
function allImports(): Promise<Import[]> {
  known ??= readImports();
  return known;
}

Deno.test("architecture: imports run downward only", async () => {
  const imports = await allImports();
  assert(imports.length > 0);
  assertEquals(wrongArrows(imports), []);
});

Deno.test("architecture: the check sees arrows that run up, sideways, and into or out of the emulator", () => {
  const arrow = (from: string, to: string, isDynamic = false) => ({
    from,
    to,
    specifier: "../x.ts",
    isDynamic,
  });
  const wrong = [
    arrow("src/http/a.ts", "src/classic/b.ts"),
    arrow("src/classic/a.ts", "src/v3/b.ts"),
    arrow("src/viz/a.ts", "src/services/b.ts"),
    arrow("src/frame/a.ts", "src/http/b.ts"),
    arrow("src/auth/a.ts", "src/http/b.ts", true),
    arrow("src/errors/a.ts", "src/permissions/b.ts"),
    arrow("src/emulator/a.ts", "src/frame/b.ts"),
    arrow("src/tables/a.ts", "src/emulator/b.ts"),
    arrow("src/tables/a.ts", "mod.ts"),
    arrow("src/unheard_of/a.ts", "src/errors/b.ts"),
    arrow("mod.ts", "src/cli/main.ts"),
  ];
  assertEquals(wrongArrows(wrong).length, wrong.length);
  const right = [
    arrow("src/classic/a.ts", "src/http/b.ts"),
    arrow("src/cli/a.ts", "src/emulator/b.ts"),
    arrow("mod.ts", "src/cli/main.ts", true),
  ];
  assertEquals(wrongArrows(right), []);
});

/**
 * What a file needs of another while it is being loaded itself, such as the class that its own one extends, though the
 * other loads it first: whether that works depends on who asked for which of them, so it is wrong.
 */
function needsTooEarly(imports: readonly Import[], texts: ReadonlyMap<string, string>): string[] {
  const loads = imports.filter(({ isDynamic, isType }) => !isDynamic && isType !== true);
  const reaches = (from: string, goal: string): boolean => {
    const seen = new Set([from]);
    for (const path of seen) {
      for (const edge of loads) if (edge.from === path) seen.add(edge.to);
    }
    return seen.has(goal);
  };
  return [...texts].flatMap(([from, text]) => {
    const needed = text.matchAll(
      /^(?:export )?(?:(?:abstract )?class \w+(?:<[^>{]*>)? extends (\w+)|const \w+[^=\n]*= (?:new )?(\w+)\()/gm,
    );
    return [...needed].flatMap(([, base, made]) => {
      const name = base ?? made ?? "";
      const line = text.match(new RegExp(`^import \\{[^}]*\\b${name}\\b[^}]*\\} from "(\\.[^"]+)"`, "m"));
      const edge = loads.find((edge) => edge.from === from && edge.specifier === line?.[1]);
      return edge !== undefined && reaches(edge.to, from) ? [`${from} needs ${name} of ${edge.to}`] : [];
    });
  });
}

Deno.test("architecture: any file can be the first that is loaded", async () => {
  const texts = new Map<string, string>();
  for await (const file of sourceFiles()) {
    texts.set(file.href.slice(ROOT.href.length), await Deno.readTextFile(file));
  }
  assertEquals(needsTooEarly(await allImports(), texts), []);
  const edge = (from: string, to: string, isType = false) => ({
    ...{ from: `src/${from}.ts`, to: `src/${to}.ts`, specifier: `./${to}.ts`, isDynamic: false, isType },
  });
  const wrong = new Map([["src/a.ts", 'import { type B, C } from "./b.ts";\nexport class A extends C {}\n']]);
  assertEquals(needsTooEarly([edge("a", "b"), edge("b", "c"), edge("c", "a")], wrong), [
    "src/a.ts needs C of src/b.ts",
  ]);
  assertEquals(needsTooEarly([edge("a", "b"), edge("b", "c"), edge("c", "a", true)], wrong), []);
});

Deno.test("architecture: what others have written is imported in src/_deps only", async () => {
  const foreign = (await allImports()).filter(({ specifier }) =>
    !specifier.startsWith(".") && !specifier.startsWith("node:")
  );
  assert(foreign.length > 0);
  assertEquals(
    foreign.filter(({ from }) => areaOf(from) !== "_deps").map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
  for (const { from, specifier } of foreign) {
    assertMatch(specifier, /^(jsr|npm):@?[\w./-]+@[~^]?\d/, `${from} names no version`);
  }
});

Deno.test("architecture: src/_deps holds nothing but re-exports", async () => {
  for await (const file of sourceFiles(new URL("_deps/", SRC))) {
    const code = (await Deno.readTextFile(file)).replace(/^\/\/.*$/gm, "").replace(/\/\*[^]*?\*\//g, "")
      .trim();
    assertMatch(
      code,
      /^(export (type )?(\*|\{[^}]*\}) from "(jsr|npm):[^"]+"( with \{ type: "json" \})?;\s*)+$/,
      file.href,
    );
  }
});

/** The files that are loaded with mod.ts, each with one that asks for it. */
async function loadedWithModule(): Promise<Map<string, string>> {
  const imports = (await allImports()).filter(({ isDynamic, isType }) => !isDynamic && isType !== true);
  const loaded = new Map([["mod.ts", ""]]);
  for (const [path] of loaded) {
    for (const { from, to } of imports) if (from === path && !loaded.has(to)) loaded.set(to, path);
  }
  return loaded;
}

Deno.test("architecture: importing mod.ts loads nothing but our own files", async () => {
  // It costs every program's start: @std/path takes 11 ms, for it asks for `process`, and node:path takes 6 ms.
  // What is needed later can be loaded later.
  const loaded = await loadedWithModule();
  assert(loaded.size > 1);
  const isForeign = ([path]: [string, string]) =>
    path.startsWith("src/_deps/") || !/^(mod\.ts|src\/)/.test(path);
  assertEquals([...loaded].filter(isForeign).map(([path, from]) => `${from} imports ${path}`), []);
});

Deno.test("architecture: what importing mod.ts loads is ASCII, which the engine takes as it is", async () => {
  // One other character makes it copy the whole file, source map included, at two bytes a character
  const wide: string[] = [];
  for (const path of (await loadedWithModule()).keys()) {
    const lines = (await Deno.readTextFile(new URL(path, ROOT))).split("\n");
    // deno-lint-ignore no-control-regex
    const at = lines.findIndex((line) => /[^\x00-\x7f]/.test(line));
    if (at !== -1) wide.push(`${path}:${at + 1}`);
  }
  assertEquals(wide, []);
});

Deno.test("architecture: the library prints nothing; only the command line does, and through its own streams", async () => {
  const printing: string[] = [];
  for await (const file of sourceFiles()) {
    const code = (await Deno.readTextFile(file)).replace(/\/\*[^]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
    if (/\bconsole\.\w+\(/.test(code)) printing.push(file.href.slice(ROOT.href.length));
  }
  assertEquals(printing, []);
});

Deno.test("architecture: files are named in snake_case", async () => {
  const files = [...await Array.fromAsync(sourceFiles()), ...await Array.fromAsync(testFiles())];
  const names = files.map(({ href }) => href.slice(href.lastIndexOf("/") + 1));
  assertEquals(names.filter((name) => !/^_?[a-z0-9]+(_[a-z0-9]+)*\.ts$/.test(name)), []);
});

Deno.test("architecture: the folders of tests mirror those of src", async () => {
  const others = /^tests\/(gate|browser|examples|cases|faults)\//;
  const isFolder = (path: string) =>
    Deno.stat(new URL(path, ROOT)).then((info) => info.isDirectory, () => false);
  const lost: string[] = [];
  for await (const { href } of testFiles()) {
    const path = href.slice(ROOT.href.length);
    const folder = path.slice(0, path.lastIndexOf("/")).replace(/^tests/, "src");
    // `tests/emulator/db` mirrors `src/emulator/_db`: tests look at private files too, but are none.
    const twins = [folder, folder.replace(/\/([^/]+)$/, "/_$1")];
    if (!others.test(path) && !(await Promise.all(twins.map(isFolder))).includes(true)) lost.push(path);
  }
  assertEquals(lost, []);
});

Deno.test("architecture: a mod.ts says what it is and only re-exports", async () => {
  const mods = (await Array.fromAsync(sourceFiles())).filter(({ href }) => href.endsWith("/mod.ts"));
  assert(mods.length > 0);
  for (const file of mods) {
    const text = await Deno.readTextFile(file);
    assertMatch(
      text,
      /^\/\*\*(?:(?!\*\/)[^])*@module(?:(?!\*\/)[^])*\*\//,
      `${file.href} starts with no @module comment`,
    );
    const code = text.replace(/\/\*[^]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").trim();
    assertMatch(
      code,
      /^(export (type )?(\*|\{[^}]*\}) from "[^"]+";\s*)+$/,
      `${file.href} does more than re-export`,
    );
  }
});
