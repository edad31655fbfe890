import { assertEquals, assertThrows } from "@std/assert";
import { parseBasic, tokenOf } from "../../../src/emulator/_http/authorization.ts";
import { parseJson } from "../../../src/emulator/_http/json_body.ts";
import { parseQueryString, readBody } from "../../../src/emulator/_http/parameters.ts";
import { routeOf } from "../../../src/emulator/_http/routes.ts";

Deno.test("a JSON body that does not parse is told in the words of the recorded server", () => {
  const faults: Record<string, string> = {
    '{"q": "SELECT 1"': "Unexpected end of JSON input",
    "\u001f\ufffd": "Unexpected token \u001f in JSON at position 0",
    '{"a":1,}': "Unexpected token } in JSON at position 7",
    '{"a" 1}': "Unexpected number in JSON at position 5",
    '{"a":1 "b":2}': "Unexpected string in JSON at position 7",
    "[1,2": "Unexpected end of JSON input",
    "tru": "Unexpected end of JSON input",
    '"a\nb"': "Unexpected token \n in JSON at position 2",
    "{a:1}": "Unexpected token a in JSON at position 1",
    "1 2": "Unexpected number in JSON at position 2",
  };
  for (const [text, message] of Object.entries(faults)) {
    assertThrows(() => parseJson(text), SyntaxError, message);
  }
  assertEquals(parseJson(' {"a": [1, null, "x\\u00f1"]} '), { a: [1, null, "xñ"] });
});

Deno.test("a name that stands twice in a query string holds both values", () => {
  assertEquals(parseQueryString("q=a+b&q=c%20d&x=&y"), { q: ["a b", "c d"], x: "", y: "" });
  assertEquals(parseQueryString("skipfields[]=a&skipfields[]=b"), { skipfields: ["a", "b"] });
  assertEquals(parseQueryString("a=%zz"), { a: "%zz" });
});

Deno.test("only JSON, forms and multipart forms are read", async () => {
  const post = (type: string, body: string) =>
    new Request("http://localhost/", { method: "POST", headers: { "content-type": type }, body });
  assertEquals(await readBody(post("application/json; charset=utf-8", '{"q":"ñ"}')), { q: "ñ" });
  assertEquals(await readBody(post("application/x-www-form-urlencoded", "q=%C3%B1")), { q: "ñ" });
  assertEquals(await readBody(post("text/plain", "SELECT 1")), {});
  assertEquals(await readBody(post("application/json", "")), {});
  const form = '--B\r\nContent-Disposition: form-data; name="q"\r\n\r\nSELECT 1\r\n--B--\r\n';
  assertEquals(await readBody(post("multipart/form-data; boundary=B", form)), { q: "SELECT 1" });
});

Deno.test("the key of the header wins over the body, and the body over the query string", () => {
  const basic = new Headers({ authorization: `Basic ${btoa("demo:from header")}` });
  assertEquals(tokenOf(basic, { api_key: "a" }, { api_key: "b" }), "from header");
  assertEquals(tokenOf(new Headers(), { api_key: "a" }, { api_key: "b" }), "b");
  assertEquals(tokenOf(new Headers(), { map_key: "a" }, {}), "a");
  assertEquals(tokenOf(new Headers(), { api_key: "" }, {}), undefined);
  assertEquals(tokenOf(new Headers({ authorization: "Bearer x" }), {}, {}), undefined);
  assertEquals(tokenOf(new Headers(), { api_key: ["a", "b"] }, {}), "a,b");
});

Deno.test("a basic header holds user and key as UTF-8, the key with colons", () => {
  const text = new TextEncoder().encode("josé:a:b").toBase64();
  assertEquals(parseBasic(`Basic ${text}`), { username: "josé", token: "a:b" });
  assertEquals(parseBasic("Basic ???"), undefined);
  assertEquals(parseBasic(null), undefined);
});

Deno.test("paths lead to endpoints with the user in front or in the host", () => {
  const name = (method: string, path: string) => routeOf(method, path).name;
  assertEquals(routeOf("GET", "/user/demo/api/v2/sql"), {
    name: "query",
    username: "demo",
    segments: [],
    hasCors: true,
  });
  assertEquals(routeOf("GET", "/api/v1/sql/").username, undefined);
  assertEquals(name("PATCH", "/api/anything/sql"), "query");
  assertEquals(name("OPTIONS", "/api/v2/sql/nope"), "preflight");
  assertEquals(name("POST", "/api/v2/sql/job"), "job_create");
  assertEquals(routeOf("DELETE", "/api/v2/sql/job/1").segments, ["1"]);
  assertEquals(name("GET", "/api/v2/sql/job"), "not-found");
  assertEquals(name("GET", "/api/v2/sql/copyfrom"), "not-found");
  assertEquals(name("GET", "/api/v2/sql.geojson"), "not-found");
  assertEquals(name("GET", "/user/demo/api/v3/me"), "me");
  assertEquals(name("GET", "/user/demo/api/v1/map"), "map");
  assertEquals(routeOf("DELETE", "/user/demo/api/v3/api_keys/Default%20public").segments, ["Default public"]);
  assertEquals(routeOf("POST", "/u/ana/api/v1/imports/").api, "imports");
  assertEquals(name("OPTIONS", "/user/demo/api/v4/kuviz"), "preflight");
  assertEquals(name("GET", "/user/demo/kuviz/1"), "kuviz-page");
  assertEquals(routeOf("POST", "/u/ana/kuviz/1").username, "ana");
  assertEquals(name("DELETE", "/user/demo/kuviz/1"), "not-found");
  assertEquals(name("GET", "/user/demo/api/v3/visualization_exports/1"), "not-served");
  assertEquals(name("GET", "/elsewhere"), "not-found");
});
