/** No file tells where, or through which registry, it was written. */
import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url)).replace(/[\\/]+$/, "");

async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const options: Deno.CommandOptions = { args: [...args], cwd: ROOT, stdin: "null", stderr: "null" };
    const { success, stdout } = await new Deno.Command(command, options).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The files of the project: what git knows or would take, or all but the hidden ones where there is no git. */
async function projectFiles(): Promise<string[]> {
  const listed = await outputOf("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  return listed === undefined
    ? await Array.fromAsync(walk(""))
    : listed.split("\0").filter((path) => path !== "");
}

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}/${folder}`)) {
    if (isDirectory && (name === ".git" || name === "node_modules" || name === "coverage")) continue;
    if (isDirectory) yield* walk(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

/** The host of a registry, if it is not JSR, which the project names itself. */
function privateHost(address: string | undefined): string[] {
  const text = address?.trim() ?? "";
  if (!URL.canParse(text)) return [];
  const { host, protocol } = new URL(text);
  const isPublic = ["jsr.io", "npm.jsr.io"].includes(host);
  const isLocal = /^(localhost|127\.|\[::1\])/.test(host);
  return protocol.startsWith("http") && !isPublic && !isLocal ? [host] : [];
}

/** Texts that only this machine has. */
async function tellTales(): Promise<RegExp[]> {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  const folders = [ROOT, dirname(ROOT), home].filter((path) =>
    path !== undefined && path.length > 2
  ) as string[];
  const variables = ["NPM_CONFIG_REGISTRY", "npm_config_registry", "JSR_URL", "HTTPS_PROXY", "https_proxy"];
  const npm = await outputOf(Deno.build.os === "windows" ? "npm.cmd" : "npm", ["config", "get", "registry"]);
  const hosts = [...variables.map((name) => Deno.env.get(name)), npm].flatMap(privateHost);
  return [
    // A path counts from its root only: the folder `/src/` is no `../src/`.
    ...folders.map((path) => new RegExp(`(?<![\\w.)}~-])${RegExp.escape(path)}[\\\\/]`)),
    ...hosts.map((host) => new RegExp(RegExp.escape(host))),
  ];
}

/** The places where a text tells on the machine: line and pattern. */
function findIn(path: string, text: string, patterns: readonly RegExp[]): string[] {
  return text.split("\n").flatMap((line, index) =>
    patterns.filter((pattern) => pattern.test(line)).map(() => `${path}:${index + 1}`)
  );
}

Deno.test("files: none holds a path or a registry of the machine it was written on", async () => {
  const patterns = await tellTales();
  const found: string[] = [];
  for (const path of await projectFiles()) {
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(`${ROOT}/${path}`);
    } catch (error) {
      // Deleted, but not yet for git.
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    found.push(...findIn(path, new TextDecoder().decode(bytes), patterns));
  }
  assertEquals(found, []);
});

Deno.test("files: the check finds a path of this machine", async () => {
  const patterns = await tellTales();
  assertEquals(findIn("a.ts", `fine\nopen("${ROOT}/data.csv")`, patterns).includes("a.ts:2"), true);
  assertEquals(findIn("a.ts", `file://${ROOT}/tests/`, patterns).includes("a.ts:1"), true);
  assertEquals(findIn("a.ts", 'import "../../src/errors/carto_error.ts";', patterns), []);
});

Deno.test("files: no host of a registry but JSR may be named", () => {
  const given = [
    "https://jsr.io/",
    "http://127.0.0.1:8000/",
    "file:///a/",
    "",
    "undefined",
  ];
  assertEquals(given.flatMap(privateHost), []);
  assertEquals(privateHost("https://npm.example.com:8443/mirror/\n"), ["npm.example.com:8443"]);
});
