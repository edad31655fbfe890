import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { copyTable, toCarto, type ToCartoOptions } from "../../src/tables/mod.ts";
import { findPostgres, startPostgres } from "../_tools/postgres.ts";

/** What hangs on a table: indexes by name, triggers by name, and what else must stay. */
interface Surroundings {
  readonly table: Record<string, unknown>;
  /** The oid of an index tells whether it is the one that was there. */
  readonly indexes: Readonly<Record<string, { readonly oid: string; readonly facts: unknown }>>;
  readonly triggers: Readonly<Record<string, string>>;
}

/** The account of one test, with the means to look at it. */
class Account {
  readonly client: ClassicClient;
  readonly credentials: Credentials;

  constructor(plain: { baseUrl: string; username: string; apiKey: string }) {
    this.credentials = new Credentials(plain);
    this.client = new ClassicClient(this.credentials);
  }

  /** Makes a key that may make tables and owns none of those that are there; its role is that of the second value. */
  async otherKey(): Promise<[Credentials, string]> {
    const { baseUrl, username, apiKey } = this.credentials;
    const answer = await fetch(`${baseUrl}/api/v3/api_keys?api_key=${apiKey}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        name: "other",
        grants: [{ type: "apis", apis: ["sql"] }, {
          type: "database",
          schemas: [{ name: "public", permissions: ["create"] }],
        }],
      }),
    });
    const { token } = await answer.json();
    const credentials = new Credentials({ baseUrl, username, apiKey: token });
    const { rows } = await new ClassicClient(credentials).sql.query("SELECT current_user::text AS role");
    return [credentials, `"${rows[0]?.role}"`];
  }

  async query(statement: string): Promise<Record<string, unknown>[]> {
    return (await this.client.sql.query(statement)).rows;
  }

  async write(data: GeoDataFrame | object[], table: string, options: ToCartoOptions): Promise<void> {
    await toCarto(data as never, table, {
      credentials: this.credentials,
      skipQuotaWarning: true,
      ...options,
    });
  }

  async surroundings(table: string): Promise<Surroundings> {
    const [row] = await this.query(`SELECT
      (SELECT json_build_object('oid', c.oid::text, 'owner', c.relowner::regrole, 'grants', c.relacl::text,
        'comment', obj_description(c.oid, 'pg_class'), 'constraints',
        (SELECT json_agg(pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid))) AS "table",
      (SELECT json_object_agg(x.relname, json_build_object('oid', x.oid::text, 'facts', json_build_array(
        pg_get_indexdef(x.oid), obj_description(x.oid, 'pg_class'), x.reltablespace::text, x.relowner::regrole,
        i.indisvalid, i.indisready, i.indisclustered, i.indisreplident,
        (SELECT json_agg(to_json(a.attstattarget) ORDER BY attnum) FROM pg_attribute a WHERE a.attrelid = x.oid))))
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid) AS indexes,
      (SELECT json_object_agg(tgname, tgenabled::text || ' ' || pg_get_triggerdef(oid)) FROM pg_trigger
        WHERE tgrelid = c.oid AND NOT tgisinternal) AS triggers
      FROM pg_class c WHERE c.oid = '${table}'::regclass`);
    return { indexes: {}, triggers: {}, ...row } as unknown as Surroundings;
  }

  /** All rows of a table, and the file that holds them. */
  async contents(table: string): Promise<unknown> {
    return await this.query(`SELECT pg_relation_filenode('${table}') AS file,
      (SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM ${table} AS t) AS rows`);
  }

  /**
   * Writes, and gives the names of the indexes that were made anew for it.
   *
   * @throws {AssertionError} When anything that hangs on the table is not as it was
   */
  async remade(table: string, write: () => Promise<unknown>): Promise<string[]> {
    const before = await this.surroundings(table);
    await write();
    const after = await this.surroundings(table);
    const facts = ({ indexes }: Surroundings) =>
      Object.fromEntries(Object.entries(indexes).map(([name, { facts }]) => [name, facts]));
    assertEquals(facts(after), facts(before));
    assertEquals([after.table, after.triggers], [before.table, before.triggers]);
    return Object.keys(after.indexes).filter((name) => after.indexes[name]?.oid !== before.indexes[name]?.oid)
      .sort();
  }
}

/** Points in rows of several columns; those of `first` on. */
function points(count: number, first = 0): GeoDataFrame {
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  return GeoDataFrame.fromColumns({
    id: Int32Array.from(numbers),
    name: numbers.map((n) => `place ${n}`),
    kind: numbers.map((n) => `kind ${n % 7}`),
    geometry: numbers.map((n) => `POINT (${n % 180} ${n % 80})`),
  }).setGeometry("geometry", { srid: 4326, drop: true });
}

/** Geometries that the projection treats differently: near and at the poles, beyond the date line, empty, missing. */
const SHAPES = GeoDataFrame.fromColumns({
  id: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  geometry: [
    ...[
      "POINT (2 41)",
      "POINT (-180 -88.95)",
      "POINT (0 89)",
      "POINT (0 90)",
      "POINT (200 10)",
      "POINT EMPTY",
    ],
    ...[null, "POLYGON ((0 80, 10 80, 10 89.9, 0 89.9, 0 80))", "GEOMETRYCOLLECTION (POINT (1 1))"],
  ],
}).setGeometry("geometry", { srid: 4326, drop: true });

/** Indexes that are made anew, by name. */
const PLAIN_INDEXES: Readonly<Record<string, string>> = {
  by_name: "(name)",
  by_order: '(kind DESC NULLS LAST, name COLLATE "C" text_pattern_ops) WITH (fillfactor = 70)',
  by_hash: "USING hash (kind)",
  by_brin: "USING brin (id) WITH (pages_per_range = 8)",
  by_include: "(id) INCLUDE (name)",
  '"In ""quotes"", né"': "(name, id)",
};
/** Indexes that stay where they are. */
const OTHER_INDEXES: Readonly<Record<string, string>> = {
  of_part: "(id) WHERE id > 3",
  of_words: "(lower(name))",
  of_ids: "UNIQUE (id)",
  of_cluster: "(kind)",
};

const POSTGRES = await findPostgres();

for (const place of ["embedded", "server"] as const) {
  Deno.test({
    name: `a standing table is written with all that hangs on it as it was (${place}${
      place === "server" && POSTGRES === undefined ? ": no PostgreSQL is installed" : ""
    })`,
    ignore: place === "server" && POSTGRES === undefined,
    async fn(t) {
      await using server = place === "server" && POSTGRES !== undefined
        ? await startPostgres(POSTGRES)
        : undefined;
      await using carto = await startEmulator({
        database: server?.url,
        accounts: [{ username: "demo" }],
      });
      await checkAll(t, new Account(carto.credentials("demo")));
    },
  });
}

async function checkAll(t: Deno.TestContext, account: Account): Promise<void> {
  const query = (statement: string) => account.query(statement);
  const replace: ToCartoOptions = { ifExists: "replace" };
  const geometryIndexes = (table: string) => [`${table}_the_geom_idx`, `${table}_the_geom_webmercator_idx`];

  await t.step(
    "a replacement makes plain indexes anew, exactly as they were, and leaves the others",
    async () => {
      await account.write(points(20), "cafes", {});
      const make = Object.entries({ ...PLAIN_INDEXES, ...OTHER_INDEXES }).map(([name, rest]) => {
        const [, unique, on] = /^(UNIQUE )?(.*)$/.exec(rest) ?? [];
        return `CREATE ${unique ?? ""}INDEX ${name} ON cafes ${on}`;
      });
      await query(
        `${
          make.join("; ")
        }; COMMENT ON INDEX by_name IS 'it''s \\ "mine"'; COMMENT ON INDEX cafes_pkey IS 'ids';
       ALTER INDEX of_words ALTER COLUMN 1 SET STATISTICS 500; ALTER TABLE cafes CLUSTER ON of_cluster;
       ALTER TABLE cafes ALTER COLUMN id SET NOT NULL; ALTER TABLE cafes REPLICA IDENTITY USING INDEX of_ids;
       ALTER TABLE cafes ADD CONSTRAINT apart EXCLUDE USING btree (id WITH =);
       CREATE VIEW cafes_view AS SELECT cartodb_id, name, the_geom FROM cafes GROUP BY cartodb_id;
       GRANT SELECT ON cafes TO publicuser; COMMENT ON TABLE cafes IS 'where to sit'`,
      );
      const remade = await account.remade("cafes", () => account.write(points(30, 100), "cafes", replace));
      const names = Object.keys(PLAIN_INDEXES).map((name) =>
        name.replace(/^"(.*)"$/, "$1").replaceAll('""', '"')
      );
      assertEquals(remade, [...names, ...geometryIndexes("cafes")].sort());
      assertEquals(await query("SELECT count(*)::int AS n, min(id) AS first FROM cafes"), [{
        n: 30,
        first: 100,
      }]);
      assertEquals(await query("SELECT count(*)::int AS n FROM cafes_view"), [{ n: 30 }]);
      const [plan] = await query(
        `SELECT count(*)::int AS n FROM cafes WHERE the_geom && ST_MakeEnvelope(100, 0, 110.5, 80, 4326)`,
      );
      assertEquals(plan, { n: 11 });
    },
  );

  await t.step("the projected copies are those that CARTO's trigger gives", async () => {
    await account.write(SHAPES, "shapes", {});
    const given = () =>
      query(
        `SELECT id, ST_AsText(the_geom) AS g, ST_AsEWKT(the_geom_webmercator) AS m FROM shapes ORDER BY id`,
      );
    await query("UPDATE shapes SET the_geom = the_geom");
    const byTrigger = await given();
    await account.write(SHAPES, "shapes", replace);
    assertEquals(await given(), byTrigger);
    await account.write(points(3), "shapes", replace);
    await copyTable("shapes", "shapes_copy", { credentials: account.credentials });
    await copyTable("shapes", "shapes_copy", { credentials: account.credentials, ifExists: "replace" });
    assertEquals(
      await query(
        "SELECT count(*)::int AS n, bool_and(the_geom_webmercator = ST_Transform(the_geom, 3857)) AS same FROM shapes_copy",
      ),
      [{ n: 3, same: true }],
    );
    await query("INSERT INTO shapes (the_geom) VALUES ('SRID=4326;POINT(3 4)')");
    assertEquals(
      await query("SELECT count(*)::int AS n FROM shapes WHERE the_geom_webmercator IS NULL"),
      [{ n: 0 }],
    );
  });

  await t.step("a trigger of the user's own for rows fires, with the indexes there for it", async () => {
    await account.write(points(5), "watched", {});
    await query(
      `CREATE TABLE seen (id int, mercator geometry); CREATE INDEX watched_by_name ON watched (name);
       CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO seen VALUES (NEW.id, NEW.the_geom_webmercator); RETURN NEW; END $$;
       CREATE TRIGGER sees AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION see()`,
    );
    assertEquals(await account.remade("watched", () => account.write(points(4, 7), "watched", replace)), []);
    assertEquals(
      await query("SELECT count(*)::int AS n, min(id) AS id, count(mercator)::int AS m FROM seen"),
      [{ n: 4, id: 7, m: 4 }],
    );
    await query(
      `DROP TRIGGER sees ON watched; TRUNCATE seen;
       CREATE FUNCTION shift() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN NEW.the_geom := 'SRID=4326;POINT(0 0)'::geometry; RETURN NEW; END $$;
       CREATE TRIGGER a_first BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION shift()`,
    );
    assertEquals(await account.remade("watched", () => account.write(points(4, 7), "watched", replace)), []);
    assertEquals(
      await query("SELECT DISTINCT ST_AsText(the_geom_webmercator) AS m FROM watched"),
      [{ m: "POINT(0 0)" }],
    );
  });

  await t.step("triggers stay in the state they were in", async () => {
    await account.write(points(5), "states", {});
    await query(
      `CREATE TABLE noted (n int);
       CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO noted VALUES (1); RETURN NULL; END $$;
       CREATE TRIGGER whole AFTER INSERT ON states EXECUTE FUNCTION note();
       CREATE TRIGGER off AFTER INSERT ON states FOR EACH ROW EXECUTE FUNCTION note();
       ALTER TABLE states DISABLE TRIGGER off; ALTER TABLE states ENABLE ALWAYS TRIGGER track_updates;
       ALTER TABLE states DISABLE TRIGGER test_quota_per_row`,
    );
    const write = () => account.write(points(6), "states", replace);
    assertEquals(await account.remade("states", write), geometryIndexes("states"));
    assertEquals(await query("SELECT count(*)::int AS n FROM noted"), [{ n: 1 }]);
    const missing = () => query("SELECT count(*)::int AS n FROM states WHERE the_geom_webmercator IS NULL");
    assertEquals(await missing(), [{ n: 0 }]);
    await query("ALTER TABLE states ENABLE ALWAYS TRIGGER update_the_geom_webmercator_trigger");
    await account.remade("states", write);
    assertEquals(await missing(), [{ n: 0 }]);
    // Who switched it off wants no copies
    await query("ALTER TABLE states DISABLE TRIGGER update_the_geom_webmercator_trigger");
    await account.remade("states", write);
    assertEquals(await missing(), [{ n: 6 }]);
  });

  await t.step("a replacement that fails leaves rows, indexes and triggers", async () => {
    await account.write(points(5), "kept", {});
    await query(
      `CREATE INDEX kept_by_name ON kept (name); CREATE INDEX kept_by_kind ON kept USING hash (kind);
       COMMENT ON INDEX kept_by_name IS 'names'; ALTER TABLE kept ADD UNIQUE (id)`,
    );
    const twice = points(5).concat(points(1));
    // Random, so that it cannot be pressed into a page of an index
    const long = Array.from(crypto.getRandomValues(new Uint8Array(9_000)), (byte) => byte.toString(16)).join(
      "",
    );
    const tooLong = GeoDataFrame.fromColumns({ id: [1001, 1002], name: ["short", long], kind: ["a", "b"] });
    const failures: [GeoDataFrame, RegExp][] = [
      [twice, /duplicate key/],
      // Found when the index is made again, after all rows are in
      [tooLong, /index row|exceeds/],
    ];
    for (const ifExists of ["replace", "append"] as const) {
      for (const [data, message] of failures) {
        const contents = await account.contents("kept");
        const remade = await account.remade("kept", async () => {
          const error = await assertRejects(() => account.write(data, "kept", { ifExists }), Error);
          assertMatch(error.message, message);
        });
        assertEquals(remade, []);
        assertEquals(await account.contents("kept"), contents);
      }
    }
  });

  await t.step(
    "a key that does not own the table writes it all the same, and leaves its indexes",
    async () => {
      const [other, role] = await account.otherKey();
      await query(
        `CREATE TABLE lent (id int, name text); CREATE INDEX lent_by_name ON lent (name); INSERT INTO lent VALUES (1, 'a');
       GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON lent TO ${role}`,
      );
      const options = { ...replace, credentials: other, cartodbfy: false };
      const rows = [{ id: 2, name: "b" }, { id: 3, name: "c" }];
      assertEquals(await account.remade("lent", () => account.write(rows, "lent", options)), []);
      assertEquals(await query("SELECT * FROM lent ORDER BY id"), rows);
      await account.write(points(3), "lent_places", {});
      await query(
        `GRANT SELECT, INSERT, UPDATE ON lent_places TO ${role};
       GRANT USAGE, SELECT ON SEQUENCE lent_places_cartodb_id_seq TO ${role}`,
      );
      for (const more of [{ ifExists: "append" }, { ifExists: "upsert", key: ["id"] }] as ToCartoOptions[]) {
        const write = () => account.write(points(50, 10), "lent_places", { ...more, credentials: other });
        assertEquals(await account.remade("lent_places", write), []);
      }
      assertEquals(
        await query("SELECT count(*)::int AS n, count(the_geom_webmercator)::int AS m FROM lent_places"),
        [{ n: 53, m: 53 }],
      );
    },
  );

  await t.step("a table that is more than itself is left alone", async () => {
    const tables: Record<string, string> = {
      part: "CREATE TABLE whole_of (id int, name text); CREATE TABLE part () INHERITS (whole_of)",
      parent: "CREATE TABLE parent (id int, name text); CREATE TABLE child () INHERITS (parent)",
      late: `CREATE TABLE places (id int PRIMARY KEY); INSERT INTO places SELECT generate_series(1, 9);
        CREATE TABLE late (id int REFERENCES places DEFERRABLE INITIALLY DEFERRED, name text)`,
      ruled: `CREATE TABLE ruled (id int, name text);
        CREATE RULE also AS ON UPDATE TO ruled DO ALSO SELECT 1`,
      secret: "CREATE TABLE secret (id int, name text); ALTER TABLE secret ENABLE ROW LEVEL SECURITY",
    };
    for (const [table, statements] of Object.entries(tables)) {
      await query(`${statements}; CREATE INDEX ${table}_by_name ON ${table} (name)`);
      const write = () => account.write([{ id: 3, name: "c" }], table, { ...replace, cartodbfy: false });
      assertEquals(await account.remade(table, write), [], table);
      assertEquals(await query(`SELECT id, name FROM ${table}`), [{ id: 3, name: "c" }]);
    }
  });

  await t.step("rows that are added or updated leave the indexes, and shut nobody out", async () => {
    await account.write(points(100), "grown", {});
    await query("CREATE INDEX grown_by_name ON grown (name)");
    const [{ file } = {}] = await query("SELECT pg_relation_filenode('grown_by_name') AS file");
    await account.remade("grown", () => account.write(points(500, 100), "grown", { ifExists: "append" }));
    const upsert: ToCartoOptions = { ifExists: "upsert", key: ["id"] };
    assertEquals(await account.remade("grown", () => account.write(points(500, 300), "grown", upsert)), []);
    assertEquals(await query("SELECT pg_relation_filenode('grown_by_name') AS file"), [{ file }]);
    const [counts] = await query(
      "SELECT count(*)::int AS n, count(DISTINCT name)::int AS names, count(the_geom_webmercator)::int AS m FROM grown",
    );
    assertEquals(counts, { n: 800, names: 800, m: 800 });
  });

  assertEquals(
    await query("SELECT relname FROM pg_class WHERE relname LIKE '\\_cartoframes\\_%' AND relkind = 'r'"),
    [],
  );
}
