import { assert, assertEquals, assertMatch } from "@std/assert";
import { findRegistry } from "../_tools/jsr.ts";

const OFFLINE = new URL("../offline/", import.meta.url).href;
const META = { scope: "std", name: "assert", latest: "1.0.19", versions: { "1.0.19": {} } };

/** A `fetch` that answers always the same, and remembers what it was asked. */
function answering(body: string, status = 200): { fetch: typeof fetch; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetch: (input) => {
      asked.push(String(input));
      return Promise.resolve(new Response(body, { status }));
    },
  };
}

Deno.test("jsr: an address that the caller has set is used without asking", async () => {
  const probe = answering("");
  assertEquals(await findRegistry("http://localhost:1234", probe.fetch), "http://localhost:1234/");
  assertEquals(await findRegistry("file:///some/folder/", probe.fetch), "file:///some/folder/");
  assertEquals(probe.asked, []);
});

Deno.test("jsr: JSR is used when it answers as JSR does", async () => {
  const probe = answering(JSON.stringify(META));
  assertEquals(await findRegistry(undefined, probe.fetch), "https://jsr.io/");
  assertEquals(probe.asked, ["https://jsr.io/@std/assert/meta.json"]);
});

for (
  const [title, body, status] of [
    ["a proxy's page", "<html>Welcome</html>", 200],
    ["another JSON", "{}", 200],
    ["null", "null", 200],
    ["a refusal with the right body", JSON.stringify(META), 403],
    ["a cut body", JSON.stringify(META).slice(0, 40), 200],
  ] as const
) {
  Deno.test(`jsr: the stand-ins are used when the answer is ${title}`, async () => {
    assertEquals(await findRegistry(undefined, answering(body, status).fetch), OFFLINE);
  });
}

Deno.test("jsr: the stand-ins are used when nothing answers, after two seconds at most", async () => {
  const start = performance.now();
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))
    );
  assertEquals(await findRegistry(undefined, silent), OFFLINE);
  assert(performance.now() - start < 3000);
});

Deno.test("jsr: the task prints one line, an address", async () => {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "jsr"],
    cwd: new URL("../../", import.meta.url),
    env: { JSR_URL: "" },
    stderr: "null",
  }).output();
  assert(success);
  assertMatch(new TextDecoder().decode(stdout), /^(https:\/\/jsr\.io\/|file:\/\/\/\S+\/tests\/offline\/)\n$/);
});

Deno.test("jsr: every version of a stand-in is in the range that the package asks for", async () => {
  // Deno resolves the specifiers against the folder: what cannot be resolved is an error here.
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "-q", "src/_deps/path.ts", "src/_deps/dotenv.ts", "src/_deps/parse_args.ts"],
    cwd: new URL("../../", import.meta.url),
    env: { JSR_URL: OFFLINE },
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
});
