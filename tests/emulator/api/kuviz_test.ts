import { assertEquals, assertMatch } from "@std/assert";
import { Client } from "./_client.ts";

const PAGE = "<!DOCTYPE html>\n<html><head><title>Straße</title></head><body>1</body></html>";

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

Deno.test("a page is published, listed, changed, served and deleted", async (t) => {
  await using carto = await Client.start();
  const { status, body: page } = await carto.ask("api/v4/kuviz/", {
    json: { name: "first", data: base64(PAGE), privacy: "public", if_exists: "fail" },
  });
  assertEquals([status, page.name, page.privacy], [200, "first", "public"]);
  assertEquals(page.url, `${carto.base}/kuviz/${page.id}`);

  await t.step("everybody sees it as it was sent", async () => {
    const shown = await carto.ask(page.url, { key: null });
    assertEquals([shown.status, shown.body, shown.headers.get("content-type")], [
      200,
      PAGE,
      "text/html; charset=utf-8",
    ]);
    const elsewhere = await carto.ask(`${carto.emulator.url}/kuviz/${page.id}`, { key: null });
    assertEquals(elsewhere.body, PAGE);
    assertEquals(
      (await carto.ask(`${carto.emulator.url}/u/demo/kuviz/${page.id}`, { key: null })).body,
      PAGE,
    );
  });

  await t.step("pages of the list, the newest first", async () => {
    await carto.ask("api/v4/kuviz/", { json: { name: "second", data: base64(PAGE) } });
    const { body } = await carto.ask("api/v4/kuviz/?page=1&per_page=1");
    assertEquals([body.total_entries, body.visualizations.length, body.visualizations[0].name], [
      2,
      1,
      "second",
    ]);
    assertEquals((await carto.ask("api/v4/kuviz/?page=3")).body.visualizations, []);
  });

  await t.step("a name that is taken", async () => {
    const json = { name: "first", data: base64("<html>2</html>") };
    const refused = await carto.ask("api/v4/kuviz/", { json });
    assertEquals([refused.status, refused.body], [400, {
      errors: "Validation failed: Name has already been taken",
    }]);
    const replaced = await carto.ask("api/v4/kuviz/", { json: { ...json, if_exists: "replace" } });
    assertEquals([replaced.status, replaced.body.id], [200, page.id]);
    assertEquals((await carto.ask(page.url, { key: null })).body, "<html>2</html>");
  });

  await t.step("a password", async () => {
    const path = `api/v4/kuviz/${page.id}/`;
    const { body } = await carto.ask(path, {
      method: "PUT",
      json: { privacy: "password", password: "opensesame" },
    });
    assertEquals([body.privacy, "password" in body], ["password", false]);
    const form = await carto.ask(page.url, { key: null });
    assertEquals([form.status, form.body.includes("<html>2</html>")], [200, false]);
    assertMatch(form.body, /type="password"/);
    const answer = (password: string) =>
      carto.ask(page.url, { method: "POST", body: new URLSearchParams({ password }), key: null });
    assertEquals((await answer("wrong")).status, 403);
    assertEquals((await answer("wrong")).body.includes("<html>2</html>"), false);
    assertEquals((await answer("opensesame")).body, "<html>2</html>");
    const renamed = await carto.ask(path, { method: "PUT", json: { name: "third" } });
    assertEquals([renamed.body.name, renamed.body.privacy], ["third", "password"]);
    const opened = await carto.ask(path, { method: "PUT", json: { privacy: "public" } });
    assertEquals([opened.body.privacy, (await carto.ask(page.url, { key: null })).body], [
      "public",
      "<html>2</html>",
    ]);
  });

  await t.step("deleted", async () => {
    assertEquals((await carto.ask(`api/v4/kuviz/${page.id}`, { method: "DELETE" })).status, 204);
    assertEquals((await carto.ask(page.url, { key: null })).status, 404);
    assertEquals((await carto.ask(`api/v4/kuviz/${page.id}`, { method: "DELETE" })).status, 404);
  });
});

Deno.test("what is no page is refused as the platform refuses it", async () => {
  await using carto = await Client.start();
  const cases: [Record<string, unknown>, string][] = [
    [{ name: "a" }, "missing data parameter"],
    [{ name: "a", data: "%%%" }, "data parameter must be encoded in base64"],
    [{ name: "a", data: base64("hello") }, "data parameter must be HTML"],
    [{ name: "a", data: new Uint8Array([0xff, 0xfe]).toBase64() }, "data parameter must be HTML"],
    [
      { name: "a", data: base64(`<html>${"x".repeat(10_485_760)}`) },
      "Visualization over the size limit (10485760)",
    ],
  ];
  for (const [json, message] of cases) {
    const { status, body } = await carto.ask("api/v4/kuviz/", { json });
    assertEquals([status, body], [400, { errors: message }]);
  }
  assertEquals((await carto.ask("api/v4/kuviz/", { key: null })).status, 401);
  assertEquals((await carto.ask("api/v4/kuviz/nothing", { method: "PUT", json: {} })).status, 404);
  assertEquals((await carto.ask(`${carto.base}/kuviz/../../etc/passwd`, { key: null })).status, 404);
  assertEquals((await carto.ask(`${carto.base}/kuviz/..%2F..%2Fetc%2Fpasswd`, { key: null })).status, 404);
});
