import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type EmulatorCredentials, startEmulator } from "../../src/emulator/mod.ts";
import { send } from "../_tools/_wire/raw_http.ts";

const decoder = new TextDecoder();

function basic({ username, apiKey }: EmulatorCredentials): Record<string, string> {
  return { authorization: `Basic ${btoa(`${username}:${apiKey}`)}` };
}

async function rows(credentials: EmulatorCredentials, q: string, key = credentials.apiKey): Promise<unknown> {
  const url = `${credentials.baseUrl}/api/v2/sql?api_key=${key}&q=${encodeURIComponent(q)}`;
  const answer = await (await fetch(url)).json();
  return answer.rows ?? answer;
}

Deno.test("an emulator with one account, reached by path, by host, and closed twice", async (t) => {
  await using carto = await startEmulator();
  const credentials = carto.credentials();

  await t.step("the default account is demo with a random master key", () => {
    assertEquals(carto.usernames, ["demo"]);
    assertMatch(credentials.apiKey, /^[0-9a-f]{40}$/);
    assertEquals(credentials, {
      username: "demo",
      apiKey: credentials.apiKey,
      baseUrl: `${carto.url}/user/demo`,
    });
    assertThrows(() => carto.credentials("nobody"), RangeError, 'Cannot find the account "nobody"');
  });

  await t.step("clients that go amid a download leave the database to others", async () => {
    const q = "COPY (SELECT repeat('x', 100) FROM generate_series(1, 50000)) TO STDOUT";
    // Which step finds the client gone is a matter of chance: of so many, some find it while they hand it bytes
    for (let round = 0; round < 100; round++) {
      const answer = await fetch(`${credentials.baseUrl}/api/v2/sql/copyto?q=${encodeURIComponent(q)}`, {
        headers: basic(credentials),
      });
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      await reader.cancel();
      const next = await fetch(`${credentials.baseUrl}/api/v2/sql?q=SELECT%201%20AS%20n`, {
        headers: basic(credentials),
        signal: AbortSignal.timeout(20_000),
      });
      assertEquals((await next.json()).rows, [{ n: 1 }]);
    }
  });

  await t.step("the user in the host is as good as the one in the path", async () => {
    const answer = await send(Number(new URL(carto.url).port), {
      method: "GET",
      target: "/api/v2/sql?q=SELECT%20current_user",
      headers: [["Host", "demo.localhost:8080"], ["Authorization", basic(credentials).authorization ?? ""]],
      isChunked: false,
    }, 10_000);
    assertEquals(JSON.parse(decoder.decode(answer?.body)).rows, [{ current_user: "cartodb_user_demo" }]);
  });

  await t.step("a table goes in by COPY and comes back the same", async () => {
    const sql = (q: string) => rows(credentials, q);
    await sql("CREATE TABLE cities (id integer, name text)");
    const copy = encodeURIComponent("COPY cities FROM STDIN WITH (FORMAT csv)");
    const answer = await fetch(`${credentials.baseUrl}/api/v2/sql/copyfrom?q=${copy}`, {
      method: "POST",
      headers: basic(credentials),
      body: '1,"São Paulo"\n2,"a ""b"", c"\n',
    });
    assertEquals((await answer.json()).total_rows, 2);
    const back = await fetch(
      `${credentials.baseUrl}/api/v2/sql/copyto?q=${
        encodeURIComponent("COPY cities TO STDOUT WITH (FORMAT csv)")
      }`,
      { headers: basic(credentials) },
    );
    assertEquals(await back.text(), '1,São Paulo\n2,"a ""b"", c"\n');
  });

  await t.step("two analysed tables that lie apart can be joined in space", async () => {
    const sql = (q: string) => rows(credentials, q);
    await sql(
      "CREATE TABLE west AS SELECT ST_MakeEnvelope(n, 0, n + 1, 1, 4326) AS shape FROM generate_series(0, 1) n",
    );
    await sql(
      "CREATE TABLE east AS SELECT ST_SetSRID(ST_Point(50 + n, 50 + n), 4326) AS shape FROM generate_series(0, 4) n",
    );
    await sql("ANALYZE west; ANALYZE east");
    const join = "SELECT count(*) AS n FROM west w JOIN east e ON ST_Intersects(w.shape, e.shape)";
    assertEquals(await sql(join), [{ n: 0 }]);
    assertEquals(await sql("SHOW timezone"), [{ TimeZone: "UTC" }]);
  });

  await t.step("the public key reads nothing that was not given to it", async () => {
    assertEquals(await rows(credentials, "SELECT * FROM cities", "default_public"), {
      error: ["permission denied for table cities"],
    });
  });

  await t.step("who am I, by path and at the root", async () => {
    for (const address of [`${credentials.baseUrl}/api/v3/me`, `${carto.url}/api/v3/me`]) {
      const me = await (await fetch(address, { headers: basic(credentials) })).json();
      assertEquals([me.config.user_name, me.user_data.username], ["demo", "demo"]);
    }
    const stranger = await (await fetch(`${credentials.baseUrl}/api/v3/me?api_key=wrong`)).json();
    assertEquals(stranger.user_data, undefined);
  });

  await t.step("an API that the emulator has not is 501 and says so", async () => {
    const answer = await fetch(`${credentials.baseUrl}/api/v3/visualization_exports`, {
      method: "POST",
      body: "{}",
    });
    assertEquals(answer.status, 501);
    const { error, hint } = await answer.json();
    assertEquals(error, [
      'Cannot serve "/user/demo/api/v3/visualization_exports": the emulator does not have this API',
    ]);
    assertMatch(hint, /SQL API/);
  });

  await t.step("a client that goes in the middle of an answer leaves the database free", async () => {
    const stop = new AbortController();
    const url = `${credentials.baseUrl}/api/v2/sql?q=${
      encodeURIComponent("SELECT generate_series(1, 50000000)")
    }`;
    const answer = await fetch(url, { headers: basic(credentials), signal: stop.signal });
    const reader = answer.body?.getReader();
    await reader?.read();
    stop.abort();
    await reader?.read().catch(() => {});
    const startedAt = Date.now();
    assertEquals(await rows(credentials, "SELECT 1 AS n"), [{ n: 1 }]);
    assertEquals(Date.now() - startedAt < 5000, true);
  });

  await carto.close();
  await carto.close();
});

Deno.test("several accounts, keys with grants, and limits", async () => {
  await using carto = await startEmulator({
    accounts: [
      {
        username: "ana",
        masterKey: "ana_key",
        keys: [{ token: "reader", name: "Reader" }],
        statementTimeout: 200,
      },
      { username: "bob", masterKey: "bob_key" },
    ],
    rateLimits: { copy_to: { maxBurst: 0, count: 1, periodSeconds: 60 } },
    maxCopySize: 10,
  });
  const ana = carto.credentials("ana");
  assertEquals(await rows(ana, "SELECT current_user"), [{ current_user: "cartodb_user_ana" }]);
  assertEquals(await rows(carto.credentials("bob"), "SELECT 1 AS n"), [{ n: 1 }]);
  assertEquals(await rows(ana, "SELECT current_user", "reader"), [{ current_user: "ana_reader" }]);
  assertEquals(await rows(ana, "SELECT 1", "bob_key"), { error: ["Unauthorized"] });
  assertEquals(await rows(ana, "SELECT pg_sleep(5)"), {
    error: [
      "You are over platform's limits: SQL query timeout error. " +
      "Refactor your query before running again or contact CARTO support for more details.",
    ],
    context: "limit",
    detail: "datasource",
  });
  const copyTo = `${ana.baseUrl}/api/v2/sql/copyto?q=${encodeURIComponent("COPY (SELECT 1) TO STDOUT")}`;
  const statuses: number[] = [];
  for (let number = 0; number < 2; number++) {
    const answer = await fetch(copyTo, { headers: basic(ana) });
    statuses.push(answer.status);
    await answer.body?.cancel();
  }
  assertEquals(statuses, [200, 429]);
  await rows(ana, "CREATE TABLE t (a text)");
  const tooLarge = await fetch(
    `${ana.baseUrl}/api/v2/sql/copyfrom?q=${encodeURIComponent("COPY t FROM STDIN")}`,
    {
      method: "POST",
      headers: basic(ana),
      body: "more than ten bytes\n",
    },
  );
  assertEquals(await tooLarge.json(), { error: ["COPY FROM maximum POST size of 10 B exceeded"] });
  assertEquals(await rows(ana, "SELECT count(*) AS n FROM t"), [{ n: 0 }]);
});
