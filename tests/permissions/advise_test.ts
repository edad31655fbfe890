import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PermissionError } from "../../src/errors/carto_error.ts";
import { type Access, advise, flagsFor, netAccess } from "../../src/permissions/mod.ts";
import { inTempFolder } from "../auth/_folders.ts";
import { failing, run } from "./_run.ts";

Deno.test("flagsFor: one flag per kind, each thing once, narrow", () => {
  const accesses: Access[] = [
    { kind: "read", path: ".env" },
    { kind: "net", host: "ana.carto.com:443" },
    { kind: "read", path: "creds.json" },
    { kind: "read", path: ".env" },
    { kind: "env", variable: "CARTO_API_KEY" },
    { kind: "write", path: "my maps/ñ.json" },
    { kind: "run", program: "xdg-open" },
  ];
  assertEquals(flagsFor(accesses), [
    "--allow-read=.env,creds.json",
    "--allow-net=ana.carto.com:443",
    "--allow-env=CARTO_API_KEY",
    '"--allow-write=my maps/ñ.json"',
    "--allow-run=xdg-open",
  ]);
  assertEquals(flagsFor([{ kind: "read", path: "a,b.json" }]), ["--allow-read"]);
});

Deno.test("netAccess: the port is always told, for a flag without one allows more", () => {
  const hosts = ["https://ana.carto.com/x", "http://localhost/", "http://127.0.0.1:8080/", "https://[::1]/"];
  assertEquals(hosts.map((url) => netAccess(new URL(url))), [
    { kind: "net", host: "ana.carto.com:443" },
    { kind: "net", host: "localhost:80" },
    { kind: "net", host: "127.0.0.1:8080" },
    { kind: "net", host: "[::1]:443" },
  ]);
});

Deno.test("advise: gives the result, and other errors as they are", async () => {
  const attempt = { operation: "read", needs: [{ kind: "read", path: "x" }] } as const;
  assertEquals(await advise(attempt, () => 5), 5);
  const failure = new RangeError("other");
  assert(await assertRejects(() => advise(attempt, () => Promise.reject(failure))) === failure);
});

Deno.test({
  name: "advise: names what was tried and lists at once all that is lacking",
  permissions: { read: ["src"] },
  fn: async () => {
    const error = await assertRejects(() =>
      advise({
        operation: 'upload "cities.csv"',
        needs: [{ kind: "read", path: "cities.csv" }],
        alsoNeeds: [
          { kind: "read", path: "src" },
          { kind: "read", path: "creds.json" },
          { kind: "net", host: "ana.carto.com:443" },
        ],
        then: "--allow-write=OUT",
      }, () => Deno.readTextFile("cities.csv")), PermissionError);
    assertEquals(error.message, 'Cannot upload "cities.csv": read access to "cities.csv" is not granted');
    assertEquals(error.flags, ["--allow-read=cities.csv,creds.json", "--allow-net=ana.carto.com:443"]);
    assertEquals(
      error.hint,
      "Add to this run: --allow-read=cities.csv,creds.json --allow-net=ana.carto.com:443 (then --allow-write=OUT)",
    );
  },
});

Deno.test("permissions: importing asks for nothing and prints nothing", async () => {
  await inTempFolder(async (folder) => {
    const audit = `${folder}/audit.jsonl`;
    const url = new URL("../../src/auth/mod.ts", import.meta.url);
    // That Deno itself looks up what the module imports from JSR is no request of the module
    const asked = async () =>
      (await Deno.readTextFile(audit).catch(() => "")).replace(/^.*"permission":"import".*\n/gm, "");
    const env = { DENO_AUDIT_PERMISSIONS: audit };
    assertEquals(await run(`import "${url}";`, [], { env }), "");
    assertEquals(await asked(), "");
    // The same way of looking does see a request
    await run(`import "${url}"; Deno.env.get("CARTO_API_KEY");`, ["--allow-env"], { env });
    assertStringIncludes(await asked(), "CARTO_API_KEY");
  });
});

Deno.test("permissions: a file of credentials that may not be read, what to add, and what follows", async () => {
  assertEquals(
    await run(failing(`Credentials.fromFile("creds.json")`), []),
    [
      "PermissionError",
      'Cannot read "creds.json": read access to "creds.json" is not granted',
      "Add to this run: --allow-read=creds.json (then --allow-net=HOST:443 for the base_url in it)",
      "--allow-read=creds.json",
    ].join("\n"),
  );
});

Deno.test("permissions: the flag that the advice names is enough, and a deny flag is told apart", async () => {
  await inTempFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/creds.json`, '{"username": "ana"}', { mode: 0o600 });
    const code = failing(`Credentials.fromFile("creds.json").then(({ username }) => username)`);
    assertEquals(await run(code, ["--allow-read=creds.json"], { cwd }), "ana");
    const denied = await run(code, ["--allow-read", "--deny-read=creds.json"], { cwd });
    assertStringIncludes(denied, "was denied");
    assertStringIncludes(denied, "--deny flag");
  });
});

Deno.test("permissions: with nothing granted, resolve lists every source and one flag per kind", async () => {
  const printed = await run(failing("Credentials.resolve()"), []);
  assertStringIncludes(printed, "CredentialsError\nCannot find credentials (--creds: not given; ");
  assertStringIncludes(
    printed,
    "environment: not allowed to read CARTO_USERNAME, CARTO_API_KEY, CARTO_BASE_URL",
  );
  assertStringIncludes(printed, ".env: not allowed to read it; creds.json: not allowed to read it");
  assertStringIncludes(printed, "--allow-env=CARTO_USERNAME,CARTO_API_KEY,CARTO_BASE_URL");
  assertStringIncludes(printed, "--allow-read=.env,creds.json");
});

Deno.test("permissions: a variable that may not be read counts as not set, and is told", async () => {
  await inTempFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/creds.json`, '{"username": "file"}', { mode: 0o600 });
    const code = failing(
      "Credentials.resolve().then((c) => JSON.stringify([c.username, c.apiKey, c.warnings, c.sourcesTried]))",
    );
    const env = { CARTO_USERNAME: "env", CARTO_API_KEY: "k-0000" };
    const [username, , , tried] = JSON.parse(await run(code, ["--allow-read=creds.json"], { cwd, env }));
    assertEquals(username, "file");
    assertEquals(tried.map(({ flags }: { flags: string[] }) => flags), [
      [],
      ["--allow-env=CARTO_USERNAME,CARTO_API_KEY,CARTO_BASE_URL"],
      ["--allow-read=.env"],
    ]);
    const partly = await run(code, ["--allow-env=CARTO_USERNAME"], { cwd, env });
    const [name, key, warnings] = JSON.parse(partly);
    assertEquals([name, key], ["env", "default_public"]);
    assertStringIncludes(
      warnings[0],
      "CARTO_API_KEY, CARTO_BASE_URL (allow with --allow-env=CARTO_API_KEY,CARTO_BASE_URL)",
    );
    const alone = await run(code, ["--allow-env=CARTO_API_KEY"], { cwd, env });
    assertStringIncludes(alone, "Add to this run: --allow-env=CARTO_USERNAME,CARTO_BASE_URL");
  });
});

Deno.test("permissions: the file of --creds must be readable, it was asked for", async () => {
  const printed = await run(failing(`Credentials.resolve({ args: ["--creds", "mine.json"] })`), []);
  assertStringIncludes(printed, 'PermissionError\nCannot read "mine.json"');
  assertStringIncludes(printed, "\n--allow-read=mine.json");
});

Deno.test("permissions: save needs the one file only; delete too", async () => {
  await inTempFolder(async (cwd) => {
    const save = failing(`new Credentials({ username: "ana", apiKey: "k" }).save("creds.json")`);
    assertStringIncludes(await run(save, [], { cwd }), "\n--allow-write=creds.json");
    assertEquals(await run(save, ["--allow-write=creds.json"], { cwd }), "creds.json");
    const file = await Deno.stat(`${cwd}/creds.json`);
    if (Deno.build.os !== "windows") assertEquals((file.mode ?? 0) & 0o777, 0o600);
    const names = async () => (await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name);
    assertEquals(await names(), ["creds.json"]);
    const remove = failing(`Credentials.delete("creds.json")`);
    assertStringIncludes(await run(remove, [], { cwd }), 'Cannot delete "creds.json"');
    assertEquals(await run(remove, ["--allow-write=creds.json"], { cwd }), "true");
    assertEquals(await names(), []);
  });
});

Deno.test("permissions: the default file names the variables, then the file", async () => {
  const code = failing("setDefaultCredentials()");
  const first = await run(code, []);
  assertStringIncludes(first, "PermissionError\nCannot read the default file of credentials");
  assertStringIncludes(first, "--allow-env=");
  if (Deno.build.os !== "linux") return;
  const second = await run(code, ["--allow-env=XDG_CONFIG_HOME,HOME"], {
    env: { XDG_CONFIG_HOME: "/nowhere" },
  });
  assertStringIncludes(second, "\n--allow-read=/nowhere/cartoframes/creds.json");
  const home = await run(code, ["--allow-env=HOME"], { env: { HOME: "/nowhere" } });
  assertStringIncludes(home, "\n--allow-read=/nowhere/.config/cartoframes/creds.json");
});

Deno.test("permissions: a request that Deno refuses names the host with its port", async () => {
  const request = (url: string) =>
    failing(`new Transport().json({
      method: "GET", url: new URL("${url}"), retry: "read", operation: "read the account", secrets: [],
    })`);
  assertEquals(
    await run(request("https://ana.carto.com/api/v2/sql?q=SELECT"), []),
    [
      "PermissionError",
      'Cannot read the account: network access to "ana.carto.com:443" is not granted',
      "Add to this run: --allow-net=ana.carto.com:443",
      "--allow-net=ana.carto.com:443",
    ].join("\n"),
  );
  const other = await run(request("http://127.0.0.1:8080/user/demo"), ["--allow-net=127.0.0.1:8081"]);
  assertStringIncludes(other, "\n--allow-net=127.0.0.1:8080");
});

Deno.test("permissions: a value of .env that names a variable asks for that variable", async () => {
  await inTempFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/.env`, "CARTO_USERNAME=ana\nCARTO_API_KEY=$TEAM_KEY\n");
    const code = failing(`Credentials.fromEnv({ file: ".env" }).then(({ apiKey }) => apiKey)`);
    assertStringIncludes(await run(code, ["--allow-read=.env"], { cwd }), "\n--allow-env=TEAM_KEY");
    const flags = ["--allow-read=.env", "--allow-env=TEAM_KEY"];
    assertEquals(await run(code, flags, { cwd, env: { TEAM_KEY: "k-team" } }), "k-team");
  });
});
