/** Every way in which a request can fail, each with a server that sends the key back in every spelling. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Credentials, type CredentialsOptions, setDefaultCredentials } from "../../src/auth/mod.ts";
import { redact } from "../../src/errors/_redact.ts";
import type { RequestSpec, TransportOptions } from "../../src/http/transport.ts";
import { inTempFolder } from "../auth/_folders.ts";
import { type Answer, caseAnswers, Fake, json, streamOf, toResponse } from "./_fake.ts";

const KEY = "SECRET-abc+123/== &#%\"\\'é€.~";
const { secrets } = new Credentials({ username: "ana", apiKey: KEY });
const BASIC = secrets[1] ?? "";

/** The ways in which URLs, forms, JSON, HTML and headers write the key. */
const SPELLINGS: readonly string[] = [
  KEY,
  encodeURIComponent(KEY),
  encodeURIComponent(KEY).replace(/%../g, (hex) => hex.toLowerCase()),
  encodeURIComponent(encodeURIComponent(KEY)),
  encodeURI(KEY),
  new URLSearchParams({ k: KEY }).toString().slice(2),
  JSON.stringify(KEY).slice(1, -1),
  JSON.stringify(KEY).slice(1, -1).replaceAll("/", "\\/").replace(
    /[é€]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  ),
  KEY.replace(/[&"'<>]/g, (c) => `&#${c.charCodeAt(0)};`),
  KEY.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
  BASIC,
  encodeURIComponent(BASIC),
];
/** Parts that stand in every spelling and nowhere else. */
const TRACES = ["SECRET-abc", BASIC.slice(0, 16)];
const ECHO = SPELLINGS.join(" | ");
const HEADER_ECHO = SPELLINGS.filter((spelling) => /^[\x20-\x7e]*$/.test(spelling)).join(" | ");

const URL_WITH_KEY = new URL(
  `https://ana.carto.com/api/v2/sql?q=SELECT+secret_column&api_key=${encodeURIComponent(KEY)}`,
);

function spec(more: Partial<RequestSpec> = {}): RequestSpec {
  return { method: "GET", url: URL_WITH_KEY, retry: "read", operation: `read with ${KEY}`, secrets, ...more };
}

function leaks(text: string): boolean {
  return TRACES.some((trace) => text.includes(trace)) || text.includes("secret_column");
}

/** Looks at an error from every side. */
function assertClean(error: unknown, from: string): void {
  const texts = [
    Deno.inspect(error, { depth: 9, showHidden: true }),
    JSON.stringify(error) ?? "",
    String(error),
  ];
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    texts.push(
      link.name,
      link.message,
      link.stack ?? "",
      JSON.stringify(Object.getOwnPropertyDescriptors(link)),
    );
  }
  for (const text of texts) assert(!leaks(text), `${from}: ${text}`);
}

Deno.test("redact: every spelling of a key is masked, and what stands around it stays", () => {
  for (const spelling of SPELLINGS) {
    const text = redact(`before ${spelling} after`, secrets);
    assertEquals(text.replace(/•+/g, "•"), "before • after", spelling);
  }
  assertEquals(redact("default_public stays", ["default_public", ""]), "default_public stays");
});

const foreign = new TypeError(`fetch failed ${ECHO}`, {
  cause: new Error(`error sending request for url (${URL_WITH_KEY.href}): client error (${ECHO})`, {
    cause: `refused to ${URL_WITH_KEY.href}`,
  }),
});
const shapes: Record<string, unknown> = {
  "error list": { error: [ECHO, ECHO], context: ECHO, detail: ECHO, hint: ECHO },
  "error text": { error: ECHO },
  "errors map": { errors: { [ECHO]: [ECHO] } },
  "unknown JSON": { something: ECHO },
};
const headers = { "x-request-id": HEADER_ECHO };

const ANSWERS: Record<string, Answer> = {
  "network failure": foreign,
  "certificate": new TypeError("fetch failed", { cause: new Error(`invalid peer certificate: ${ECHO}`) }),
  "no Error at all": () => Promise.reject(ECHO),
  "redirect": new Response(null, {
    status: 302,
    headers: { location: `https://evil.example/${encodeURIComponent(KEY)}` },
  }),
  "redirect nowhere": new Response(null, {
    status: 302,
    headers: { location: `https://[${encodeURIComponent(KEY)}` },
  }),
  "200 with an error": json(200, { rows: [], error: [ECHO] }, headers),
  "200 that is no JSON": new Response(ECHO),
  "200 that stops early": new Response(`{"rows": ["${ECHO}`),
  "body that breaks off": () =>
    new Response(streamOf([ECHO], new TypeError(`body of ${URL_WITH_KEY.href} ${ECHO}`))),
  "429 with a wait": json(429, { error: [ECHO] }, { ...headers, "retry-after": "1" }),
  "429 of a statement": json(429, { error: [ECHO], context: "limit", detail: "datasource" }),
};
for (const status of [400, 401, 403, 404, 408, 422, 500, 503]) {
  for (const [shape, body] of Object.entries(shapes)) {
    ANSWERS[`${status} ${shape}`] = json(status, body, headers);
  }
  const page = `<html><title>${ECHO}</title><a href="${URL_WITH_KEY.href}">again</a>`;
  ANSWERS[`${status} page`] = new Response(page, { status, headers: { "content-type": "text/html" } });
  ANSWERS[`${status} text`] = new Response(`${"padding ".repeat(15)}${ECHO}`, { status });
}

Deno.test("secrets: no failure of a request shows the key or the query, and neither does its log", async () => {
  for (const [name, answer] of Object.entries(ANSWERS)) {
    const fake = new Fake(answer);
    const options: TransportOptions = { retries: 1 };
    assertClean(await assertRejects(() => fake.transport(options).json(spec())), name);
    const write = spec({ method: "POST", retry: "never", body: `api_key=${encodeURIComponent(KEY)}` });
    assertClean(await assertRejects(() => fake.transport(options).json(write)), name);
    assert(fake.log.length > 0);
    assert(!leaks(JSON.stringify(fake.log)), `${name}: ${JSON.stringify(fake.log)}`);
    assert(!leaks(Deno.inspect(fake.log)), name);
  }
});

Deno.test("secrets: a stream that breaks off shows nothing either", async () => {
  const fake = new Fake(() =>
    new Response(streamOf([], new TypeError(`reading ${URL_WITH_KEY.href} ${ECHO}`)))
  );
  const { body } = await fake.transport().stream(spec());
  assertClean(await assertRejects(() => new Response(body).text()), "stream");
});

Deno.test("secrets: times that run out show nothing, whatever fetch says of it", async () => {
  const silent: Answer = (_, init) =>
    new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(foreign)));
  const fake = new Fake(silent);
  for (const options of [{ timeout: 5, retries: 0 }, { totalTimeout: 5 }]) {
    assertClean(await assertRejects(() => fake.transport(options).json(spec())), "time-out");
  }
});

Deno.test("secrets: a refused permission shows the host only", async () => {
  const fake = new Fake(new Deno.errors.NotCapable(`Requires net access to ${ECHO}`));
  const error = await assertRejects(() => fake.transport().json(spec()));
  assertClean(error, "permission");
});

Deno.test("case secret-in-error: neither the raw nor the encoded key in a 400 or a network error", async () => {
  const [bad, network] = await caseAnswers("secret-in-error.json");
  const key = "SECRET-abc+123/==";
  const own = new Credentials({ username: "ana", apiKey: key });
  const { networkError } = network as unknown as { networkError: string };
  for (
    const answer of [
      toResponse(bad ?? fail()),
      new TypeError("fetch failed", { cause: new Error(networkError) }),
    ]
  ) {
    const fake = new Fake(answer);
    const error = await assertRejects(() =>
      fake.transport().json(spec({ secrets: own.secrets, operation: "run the query" }))
    );
    assertClean(error, "case");
    assert(!leaks(JSON.stringify(fake.log)));
    assert(!leaks(Deno.inspect(own) + JSON.stringify(own)));
  }
});

function fail(): never {
  throw new Error("the case has fewer answers");
}

Deno.test("secrets: credentials that are refused are not shown", async () => {
  const wrong: CredentialsOptions[] = [
    { apiKey: KEY },
    { username: "ana", apiKey: `${KEY}\n` },
    { username: `ana:${KEY}` },
    { username: "ana", apiKey: KEY, accessToken: KEY },
    { apiBaseUrl: "https://h.example", clientSecret: KEY },
    { baseUrl: `https://ana:${encodeURIComponent(KEY)}@ana.carto.com` },
    { baseUrl: `https://ana.carto.com/?api_key=${encodeURIComponent(KEY)}` },
    { baseUrl: `ana.carto.com?api_key=${encodeURIComponent(KEY)}` },
    { username: "ana", apiKey: [KEY] as unknown as string },
  ];
  for (const options of wrong) {
    assertClean(
      await assertRejects(() => Promise.resolve().then(() => new Credentials(options))),
      "constructor",
    );
    assertClean(await assertRejects(() => setDefaultCredentials(options)), "default");
  }
  await inTempFolder(async (folder) => {
    const path = `${folder}/creds.json`;
    const texts = [
      `{"username": "ana", "api_key": ${KEY}}`,
      `{"username": "ana", "api_key": "SECRET-abc`,
      `api_key = SECRET-abc`,
      `{"api_key": "SECRET-abc"}`,
    ];
    for (const text of texts) {
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      assertClean(await assertRejects(() => Credentials.fromFile(path)), text);
      assertClean(await assertRejects(() => Credentials.resolve({ args: ["--creds", path] })), text);
    }
    await Deno.writeTextFile(path, "CARTO_API_KEY=SECRET-abc");
    assertClean(await assertRejects(() => Credentials.fromEnv({ file: path })), ".env");
  });
});
