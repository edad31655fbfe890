import { assert, assertEquals } from "@std/assert";
import { createDatasets } from "../../../src/emulator/_datasets.ts";
import type { HandlerRequest } from "../../../src/emulator/_handler.ts";
import { createMe } from "../../../src/emulator/_me.ts";
import { openEngine } from "../../../src/emulator/_db/open.ts";
import { ACCOUNT, failure, sql, value } from "./_engines.ts";
import { ACCOUNTS, context, keyOf, LIMITED, request } from "./_requests.ts";

/** A document, read by tests. */
// deno-lint-ignore no-explicit-any -- documents of every shape
type Document = any;

const [demo, limited] = ACCOUNTS;
if (demo === undefined || limited === undefined) throw new Error("no accounts");

Deno.test("datasets and me", async (t) => {
  const engine = await openEngine({ accounts: [ACCOUNT, LIMITED] });
  const datasets = createDatasets(context(engine));
  const ask = async (parts: Partial<HandlerRequest> & { path?: string }): Promise<[number, Document]> => {
    const response = await datasets(request(parts));
    const text = await response.text();
    return [response.status, text === "" ? undefined : JSON.parse(text)];
  };
  const names = async (parameters: Record<string, string> = {}): Promise<string[]> => {
    const [, { visualizations }] = await ask({ parameters });
    return visualizations.map(({ name }: Document) => name);
  };
  try {
    await sql(
      engine,
      `CREATE TABLE t_old (a int, the_geom geometry(Point, 4326)); INSERT INTO t_old VALUES (1, CDB_LatLng(1, 2));
       SELECT CDB_CartodbfyTable('t_old'); CREATE TABLE not_converted (a int)`,
    );
    await sql(engine, "CREATE TABLE t_new (a int); SELECT CDB_CartodbfyTable('t_new')");
    await sql(
      engine,
      "CREATE TABLE of_limited (a int); SELECT CDB_CartodbfyTable('of_limited')",
      "cartodb_user_limited",
    );

    await t.step("TBL-023: the list has the account's converted tables, the newest first", async () => {
      const [status, list] = await ask({
        parameters: {
          type: "table",
          page: "1",
          exclude_shared: "true",
          show_table: "false",
          load_totals: "false",
        },
      });
      assertEquals(status, 200);
      assertEquals(list.visualizations.map(({ name }: Document) => name), ["t_new", "t_old"]);
      assertEquals([list.total_entries, "total_user_entries" in list], [2, false]);
      const [first] = list.visualizations;
      assertEquals([first.type, first.privacy, "table" in first], ["table", "PRIVATE", false]);
    });

    await t.step("pages, search, order, kinds", async () => {
      assertEquals(await names({ per_page: "1" }), ["t_new"]);
      assertEquals(await names({ per_page: "1", page: "2" }), ["t_old"]);
      assertEquals(await names({ page: "3" }), []);
      assertEquals(await names({ q: "OLD" }), ["t_old"]);
      assertEquals(await names({ q: "'; DROP TABLE t_old; --" }), []);
      assertEquals(await names({ order: "name" }), ["t_new", "t_old"]);
      assertEquals(await names({ type: "derived" }), []);
      assertEquals(await names({ per_page: "-1", page: "x" }), ["t_new", "t_old"]);
    });

    await t.step("one by name, by schema and name, by id, and by none", async () => {
      const [status, dataset] = await ask({ path: "t_old" });
      assertEquals(status, 200);
      assertEquals(dataset.table.geometry_types, ["ST_Point"]);
      assertEquals(dataset.table.row_count, 1);
      assert(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?\+00:00$/.test(dataset.created_at),
        dataset.created_at,
      );
      for (const path of ["public.t_old", dataset.id]) assertEquals((await ask({ path }))[1].id, dataset.id);
      assertEquals(await ask({ path: "nothing" }), [404, { errors: ["Visualization not found"] }]);
      assertEquals((await ask({ path: "of_limited" }))[0], 404);
      assertEquals((await ask({ path: "of_limited", account: limited }))[0], 200);
    });

    await t.step("TBL-030: privacy gives and takes the right to read", async () => {
      const [, { id }] = await ask({ path: "t_old" });
      const put = (privacy: string) => ask({ method: "PUT", path: id, body: { id, name: "t_old", privacy } });
      assertEquals((await put("PUBLIC"))[1].privacy, "PUBLIC");
      assertEquals(await value(engine, "SELECT a FROM t_old", "publicuser"), "1");
      assertEquals((await put("LINK"))[1].privacy, "LINK");
      assertEquals(await value(engine, "SELECT a FROM t_old", "publicuser"), "1");
      assertEquals((await put("PRIVATE"))[1].privacy, "PRIVATE");
      assertEquals(
        await failure(sql(engine, "SELECT a FROM t_old", "publicuser")),
        "42501 permission denied for table t_old",
      );
      assertEquals(await put("secret"), [400, { errors: { privacy: ["is not included in the list"] } }]);
      await sql(engine, "GRANT SELECT ON t_old TO publicuser");
      assertEquals((await ask({ path: "t_old" }))[1].privacy, "PUBLIC");
    });

    await t.step("a new name renames the table; description and tags are kept with it", async () => {
      const [, { id }] = await ask({ path: "t_old" });
      const body = { id, name: "t_older", description: "it's old", tags: ["a", "b"] };
      const [status, changed] = await ask({ method: "PUT", path: id, body });
      assertEquals([status, changed.id, changed.name], [200, id, "t_older"]);
      assertEquals([changed.description, changed.tags], ["it's old", ["a", "b"]]);
      assertEquals(await value(engine, "SELECT a FROM t_older"), "1");
      assertEquals(await names({ tags: "b" }), ["t_older"]);
      const [taken, errors] = await ask({ method: "PUT", path: id, body: { id, name: "t_new" } });
      assertEquals([taken, errors], [400, { errors: ['relation "t_new" already exists'] }]);
    });

    await t.step("the id stays when the table is written anew", async () => {
      const [, { id }] = await ask({ path: "t_older" });
      await sql(
        engine,
        "ALTER TABLE t_older DROP COLUMN a; SELECT CDB_RegenerateTable('t_older'); SELECT CDB_CartodbfyTable('t_older')",
      );
      assertEquals((await ask({ path: "t_older" }))[1].id, id);
    });

    await t.step("deleting takes the table along", async () => {
      assertEquals(await ask({ method: "DELETE", path: "t_older" }), [204, undefined]);
      assertEquals(await value(engine, "SELECT to_regclass('t_older')"), null);
      assertEquals(await names(), ["t_new"]);
    });

    await t.step("only the master key", async () => {
      assertEquals((await ask({ key: keyOf(demo, "default") }))[0], 401);
      assertEquals((await ask({ key: keyOf(demo, "regular") }))[0], 403);
    });

    await t.step("me: the account to its master key, its name to others", async () => {
      const me = createMe(context(engine));
      const { user_data, config } = await (await me(request({}))).json();
      assertEquals([user_data.id, user_data.username, config.user_name], ["42", "demo", "demo"]);
      assert(user_data.remaining_byte_quota > 1e12);
      await sql(engine, "SELECT CDB_SetUserQuotaInBytes(1000000)", engine.superuser);
      const limitedNow = (await (await me(request({}))).json()).user_data;
      assertEquals(limitedNow.quota_in_bytes, 1_000_000);
      assertEquals(limitedNow.remaining_byte_quota, 1_000_000 - limitedNow.db_size_in_bytes);
      for (const key of [undefined, keyOf(demo, "default"), keyOf(demo, "regular")]) {
        const response = await me({ ...request({}), key });
        assertEquals([response.status, Object.keys(await response.json())], [200, ["config"]]);
      }
    });
  } finally {
    await engine.close();
  }
});
