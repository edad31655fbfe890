import { assertEquals } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { casePath } from "../auth/_folders.ts";

/** What a server on loopback receives from one query. */
async function received(
  credentials: (port: number) => Credentials,
): Promise<{ key: string | null; token: string; search: string }> {
  const requests: { key: string | null; token: string; search: string }[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const header = request.headers.get("authorization")?.replace("Basic ", "") ?? "";
    requests.push({
      key: (await request.formData()).get("api_key") as string | null,
      token: new TextDecoder().decode(Uint8Array.fromBase64(header)),
      search: new URL(request.url).search,
    });
    return Response.json({ rows: [], fields: {}, total_rows: 0, time: 0 });
  });
  await new ClassicClient(credentials(server.addr.port)).sql.query("SELECT 1");
  await server.shutdown();
  return requests[0] ?? { key: null, token: "", search: "nothing was received" };
}

Deno.test("case creds-special-chars: the bytes of the key reach the server, by header and by parameter", async () => {
  const fromFile = await Credentials.fromFile(casePath("creds-special-chars.json"));
  const key = 'a+b/c=d&e#f%20g h"i\\jé';
  assertEquals(await received((port) => fromFile.copy({ baseUrl: `http://127.0.0.1:${port}/user/ana` })), {
    key: null,
    token: `ana:${key}`,
    search: "",
  });
  const { apiKey } = fromFile;
  assertEquals(await received((port) => new Credentials({ baseUrl: `http://127.0.0.1:${port}`, apiKey })), {
    key,
    token: "",
    search: "",
  });
});
