/** Maps that are opened: served on this machine, and shown by what the system has for it. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { buildViewerIfStale } from "../../src/viz/_build_viewer.ts";
import { Layer, Layout, Map as CartoMap } from "../../src/viz/mod.ts";
import { runDeno } from "../_tools/run_deno.ts";
import { inFolder } from "./_in_folder.ts";

const module = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

const map = new CartoMap(
  new Layer(GeoDataFrame.fromRows([{ lng: -4.7, lat: 40.66 }]).setGeometryFromXY("lng", "lat")),
  { title: "Ávila" },
);

/** A script that opens a map with options, prints whether it is shown, and closes it. */
const script = (options: string) => `
  import { Map as CartoMap } from ${module("viz/mod.ts")};
  try {
    const page = await new CartoMap().open(${options});
    console.log(page.isShown, page.url);
    await page.close();
  } catch (error) {
    console.log(error.name, error.message, error.flags);
  }
`;

/** Runs a script with these flags, where `xdg-open` is the shell script that is given; without one there is none. */
async function run(
  code: string,
  flags: readonly string[],
  opener?: string,
): Promise<{ stdout: string; asked: string }> {
  let result = { stdout: "", asked: "" };
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/bin`);
    if (opener !== undefined) {
      await Deno.writeTextFile(`${cwd}/bin/xdg-open`, `#!/bin/sh\n${opener}\n`, { mode: 0o755 });
    }
    await Deno.writeTextFile(`${cwd}/open.ts`, code);
    const { stdout, stderr } = await runDeno(["run", "--no-prompt", ...flags, `${cwd}/open.ts`], {
      cwd,
      env: { PATH: `${cwd}/bin` },
    });
    assertEquals(stderr, "");
    result = { stdout, asked: await Deno.readTextFile(`${cwd}/asked`).catch(() => "") };
  });
  return result;
}

const FLAGS = ["--allow-run=xdg-open", "--allow-net=127.0.0.1"];
const onLinux = {
  ignore: Deno.build.os !== "linux",
  named: (name: string) => Deno.build.os === "linux" ? name : `${name} (ignored: xdg-open is Linux's)`,
};

Deno.test("open: the page is at an address that nobody can guess, and nothing else is there", async () => {
  await buildViewerIfStale();
  await using page = await map.open({ browser: false });
  assertEquals(page.isShown, false);
  assertMatch(page.url, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36}\.html$/);
  const answer = await fetch(page.url);
  assertEquals(answer.headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(answer.headers.get("cache-control"), "no-store");
  assertEquals(await answer.text(), await map.toHTML());

  const statusOf = async (url: string | URL, init: RequestInit = {}) => {
    const { status, body } = await fetch(url, init);
    await body?.cancel();
    return status;
  };
  const { origin, port, pathname } = new URL(page.url);
  for (const path of ["/", "/index.html", `${pathname}/..`, `${pathname}?a`, "/etc/passwd", `/${pathname}`]) {
    assertEquals(await statusOf(origin + path), 404, path);
  }
  assertEquals(await statusOf(page.url, { method: "POST" }), 405);
  assertEquals(await statusOf(page.url, { method: "HEAD" }), 200);
  // A site whose name leads to this machine is not answered.
  assertEquals(await statusOf(`http://localhost:${port}${pathname}`).catch(() => 404), 404);
});

Deno.test("open: the page is gone when it is closed, and when the signal is aborted", async () => {
  await buildViewerIfStale();
  const page = await new Layout([map]).open({ browser: false });
  await page.close();
  await page.close();
  await assertRejects(() => fetch(page.url), TypeError);

  const ending = new AbortController();
  const other = await map.open({ browser: false, signal: ending.signal });
  ending.abort();
  await other.close();
  await assertRejects(() => fetch(other.url), TypeError);
  await assertRejects(() => map.open({ browser: false, signal: AbortSignal.abort() }), DOMException);
});

Deno.test({
  name: onLinux.named("open: the browser gets the address, with exactly the flags that are told"),
  ignore: onLinux.ignore,
  fn: async () => {
    await buildViewerIfStale();
    const { stdout, asked } = await run(script(""), FLAGS, 'printf %s "$1" > asked');
    assert(asked.startsWith("http://127.0.0.1:"));
    assertEquals(stdout, `true ${asked}\n`);
  },
});

Deno.test({
  name: onLinux.named("open: without a browser, and with one that fails, the address is there all the same"),
  ignore: onLinux.ignore,
  fn: async () => {
    await buildViewerIfStale();
    const address = /^false http:\/\/127\.0\.0\.1:\d+\/\S+\n$/;
    assertMatch((await run(script(""), ["--allow-run", "--allow-net=127.0.0.1"])).stdout, address);
    assertMatch((await run(script(""), FLAGS, "exit 3")).stdout, address);
    assertMatch((await run(script("{ browser: false }"), ["--allow-net=127.0.0.1"])).stdout, address);
    assertMatch(
      (await run(script('{ browser: "firefox-of-ana" }'), ["--allow-run", "--allow-net=127.0.0.1"])).stdout,
      address,
    );
  },
});

Deno.test({
  name: onLinux.named("open: what is refused is told with the flags to add"),
  ignore: onLinux.ignore,
  fn: async () => {
    await buildViewerIfStale();
    assertEquals(
      (await run(script(""), [], "exit 0")).stdout,
      'PermissionError Cannot open the map: network access to "127.0.0.1" is not granted ' +
        '[ "--allow-net=127.0.0.1", "--allow-run=xdg-open" ]\n',
    );
    assertEquals(
      (await run(script(""), ["--allow-net=127.0.0.1"], "exit 0")).stdout,
      'PermissionError Cannot open the map in a browser: running "xdg-open" is not granted ' +
        '[ "--allow-run=xdg-open" ]\n',
    );
  },
});

Deno.test("toPNG: where there is no browser the error says what to do", async () => {
  const code = `
    import { Map as CartoMap } from ${module("viz/mod.ts")};
    for (const options of [{}, { browser: "/nowhere/chrome" }, { width: 0 }]) {
      try {
        await new CartoMap().toPNG("map.png", options);
      } catch (error) {
        console.log(error.name, error.code, error.message, error.hint);
      }
    }
  `;
  const { stdout } = await run(code, ["--allow-run", "--allow-net=127.0.0.1", "--allow-write=map.png"]);
  const [none = "", wrong = "", small = ""] = stdout.split("\n");
  if (Deno.build.os === "linux") {
    assertStringIncludes(none, "UnsupportedError unsupported Cannot take a picture of the map: no Chromium,");
    assertStringIncludes(none, "apt-get install chromium");
  }
  assertStringIncludes(
    wrong,
    "ArgumentError invalid-argument Cannot take a picture of the map: there is no program",
  );
  assertStringIncludes(small, "ArgumentError invalid-argument");
});
