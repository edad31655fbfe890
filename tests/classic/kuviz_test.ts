import { assert, assertEquals, assertRejects } from "@std/assert";
import { KUVIZ_MAX_BYTES } from "../../src/classic/kuviz.ts";
import { ArgumentError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer } from "./_fake_server.ts";

const PAGE = { id: "k1", name: "Cities", privacy: "public", url: "https://ana.carto.com/kuviz/k1", extra: 1 };

Deno.test("a page is published as base64 of its HTML, for everybody unless a password is given", async () => {
  const server = new FakeServer(() => Response.json(PAGE, { status: 201 }));
  const { kuviz } = clientOf(server);
  const html = "<!DOCTYPE html><title>Ciudades ñ</title>";
  assertEquals(await kuviz.create({ name: "Cities", html }), PAGE);
  await kuviz.create({
    name: "Cities",
    html: new TextEncoder().encode(html),
    password: "s3cret",
    ifExists: "replace",
  });
  const data = new TextEncoder().encode(html).toBase64();
  assertEquals([server.at(0).method, server.at(0).url.pathname], ["POST", "/api/v4/kuviz/"]);
  assertEquals(server.received.map(({ text }) => JSON.parse(text)), [
    { name: "Cities", data, privacy: "public", if_exists: "fail" },
    { name: "Cities", data, privacy: "password", password: "s3cret", if_exists: "replace" },
  ]);
});

Deno.test("a page is changed in the members given, and no others", async () => {
  const server = new FakeServer(PAGE);
  const { kuviz } = clientOf(server);
  await kuviz.update("k1", { html: "<html></html>" });
  await kuviz.update("k1", { name: "Towns", password: null, ifExists: "fail" });
  assertEquals([server.at(0).method, server.at(0).url.pathname], ["PUT", "/api/v4/kuviz/k1/"]);
  assertEquals(server.received.map(({ text }) => JSON.parse(text)), [
    { data: btoa("<html></html>") },
    { name: "Towns", privacy: "public", if_exists: "fail" },
  ]);
});

Deno.test("a page that is too large, has no name or an empty password is refused before it is sent", async () => {
  const server = new FakeServer(PAGE);
  const { kuviz } = clientOf(server);
  await kuviz.create({ name: "x", html: new Uint8Array(KUVIZ_MAX_BYTES) });
  await assertRejects(
    () => kuviz.create({ name: "x", html: new Uint8Array(KUVIZ_MAX_BYTES + 1) }),
    ArgumentError,
    "10,485,761 bytes",
  );
  await assertRejects(() => kuviz.create({ name: "", html: "" }), ArgumentError);
  await assertRejects(
    () => kuviz.create({ name: "x", html: "", password: "" }),
    ArgumentError,
    "empty password",
  );
  await assertRejects(() => kuviz.update("", {}), ArgumentError);
  assertEquals(server.received.length, 1);
});

Deno.test("pages are listed page by page, and deleted", async () => {
  const list = (...ids: string[]) => ({
    visualizations: ids.map((id) => ({ ...PAGE, id })),
    total_entries: 3,
  });
  const server = new FakeServer(list("a", "b"), list("c"), () => new Response(null, { status: 204 }));
  const { kuviz } = clientOf(server);
  assertEquals((await Array.fromAsync(kuviz.list())).map(({ id }) => id), ["a", "b", "c"]);
  assertEquals(server.received.map(({ url }) => url.search), ["?page=1", "?page=2"]);
  await kuviz.delete("a");
  assertEquals([server.at(2).method, server.at(2).url.pathname], ["DELETE", "/api/v4/kuviz/a/"]);
});

Deno.test("HTTP-019: a name that is taken and a full quota are told by their meaning, the password in neither", async () => {
  const server = new FakeServer(
    Response.json({ errors: "Validation failed: Name has already been taken" }, { status: 400 }),
    Response.json({ errors: "Public map quota exceeded; s3cret" }, { status: 403 }),
  );
  const { kuviz } = clientOf(server);
  const page = { name: "Cities", html: "<html></html>", password: "s3cret" };
  const taken = await assertRejects(() => kuviz.create(page), ResponseError);
  const full = await assertRejects(() => kuviz.create(page), ResponseError);
  assertEquals([taken.code, server.received.length], ["already-exists", 2]);
  assert(!Deno.inspect(full).includes("s3cret"));
});
