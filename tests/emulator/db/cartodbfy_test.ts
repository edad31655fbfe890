import { assert, assertEquals } from "@std/assert";
import type { Engine } from "../../../src/emulator/_db/engine.ts";
import { failure, sql, testEngines, value } from "./_engines.ts";

/** A table's columns as `name type`, in their order. */
async function columns(engine: Engine, table: string): Promise<string[]> {
  const { rows } = await sql(
    engine,
    `SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
     WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  );
  return rows.map(([column]) => column ?? "");
}

async function list(engine: Engine, text: string): Promise<(string | null)[]> {
  return (await sql(engine, text)).rows.map(([first]) => first ?? null);
}

await testEngines("cartodbfy", async (t, engine) => {
  await t.step("a plain table gets the three columns in front, a key, indexes and triggers", async () => {
    await sql(
      engine,
      "CREATE TABLE plain (name text NOT NULL DEFAULT 'x', lon float8); INSERT INTO plain VALUES ('b', 1), ('a', 2)",
    );
    const { rows, notices } = await sql(engine, "SELECT CDB_CartodbfyTable('public', 'plain')");
    assertEquals(rows, [["plain"]]);
    assertEquals(
      notices.map(({ message }) => message),
      ["track_updates", "update_the_geom_webmercator_trigger", "test_quota", "test_quota_per_row"]
        .map((trigger) => `trigger "${trigger}" for relation "plain" does not exist, skipping`),
    );
    assertEquals(await columns(engine, "plain"), [
      "cartodb_id bigint",
      "the_geom geometry(Geometry,4326)",
      "the_geom_webmercator geometry(Geometry,3857)",
      "name text",
      "lon double precision",
    ]);
    assertEquals((await sql(engine, "SELECT cartodb_id, the_geom, name FROM plain ORDER BY 1")).rows, [
      ["1", null, "b"],
      ["2", null, "a"],
    ]);
    assertEquals(
      await list(engine, "SELECT indexdef FROM pg_indexes WHERE tablename = 'plain' ORDER BY indexname"),
      [
        "CREATE UNIQUE INDEX plain_pkey ON public.plain USING btree (cartodb_id)",
        "CREATE INDEX plain_the_geom_idx ON public.plain USING gist (the_geom)",
        "CREATE INDEX plain_the_geom_webmercator_idx ON public.plain USING gist (the_geom_webmercator)",
      ],
    );
    await sql(engine, "INSERT INTO plain (lon) VALUES (3)");
    assertEquals((await sql(engine, "SELECT cartodb_id, name FROM plain WHERE lon = 3")).rows, [["3", "x"]]);
    assertEquals(
      await failure(sql(engine, "INSERT INTO plain (name) VALUES (NULL)")),
      '23502 null value in column "name" of relation "plain" violates not-null constraint',
    );
  });

  await t.step("a second time: nothing changes, and the table is the same one", async () => {
    const before = await value(engine, "SELECT 'plain'::regclass::oid");
    const { notices } = await sql(engine, "SELECT CDB_CartodbfyTable('plain')");
    assertEquals(notices, []);
    assertEquals(await value(engine, "SELECT 'plain'::regclass::oid"), before);
    assertEquals(
      await value(
        engine,
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'plain'::regclass AND NOT tgisinternal",
      ),
      "4",
    );
    assertEquals(await value(engine, "SELECT count(*) FROM pg_indexes WHERE tablename = 'plain'"), "3");
  });

  await t.step("a missing table, and one of somebody else", async () => {
    assertEquals(
      await failure(sql(engine, "SELECT CDB_CartodbfyTable('public', 'no_such_table')")),
      '42P01 relation "no_such_table" does not exist',
    );
    await sql(engine, "GRANT SELECT ON plain TO publicuser");
    assertEquals(
      await failure(sql(engine, "SELECT CDB_CartodbfyTable('plain')", "publicuser")),
      "42501 must be owner of relation plain",
    );
  });

  await t.step("each function that clients call is there", async () => {
    const calls = [
      "CDB_CartoDBFyTable('called')",
      "cdb_cartodbfytable('public', 'called')",
      "CDB_RegenerateTable('public.called'::regclass)",
      "CDB_QueryTablesText($q$SELECT * FROM called$q$)",
      "CDB_QueryTables('SELECT * FROM called')",
      "CDB_QueryTables_Updated_At('SELECT * FROM called')",
      "CDB_TableMetadataTouch('public.called'::regclass)",
      "CDB_TransformToWebmercator(CDB_LatLng(1, 2))",
      "CDB_UserTables('all')",
      "CDB_UserDataSize()",
      "CDB_ColumnNames('called')",
      "CDB_ColumnType('called', 'cartodb_id')",
      "CDB_EstimateRowCount('SELECT * FROM called')",
      "CDB_QuantileBins(ARRAY[1, 2, 3], 2)",
      "CDB_EqualIntervalBins(ARRAY[1, 2, 3], 2)",
      "CDB_HeadsTailsBins(ARRAY[1, 2, 3], 2)",
      "CDB_JenksBins(ARRAY[1, 2, 3], 2)",
      "CDB_HexagonGrid(ST_MakeEnvelope(0, 0, 1, 1, 3857), 1)",
      "CDB_RectangleGrid(ST_MakeEnvelope(0, 0, 1, 1, 3857), 1, 1)",
      "CDB_XYZ_Extent(0, 0, 0)",
      "CDB_XYZ_Resolution(0)",
      "cdb_invalidate_varnish('called')",
      "cdb_service_quota_info()",
      "cdb_geocode_street_point('nowhere')",
      "cdb_isochrone(CDB_LatLng(1, 2), 'walk', ARRAY[60])",
      "cdb_isodistance(CDB_LatLng(1, 2), 'walk', ARRAY[60])",
      "_cdb_isochrone_exception_safe(CDB_LatLng(1, 2), 'walk', ARRAY[60], ARRAY['quality=1'])",
      "_cdb_isodistance_exception_safe(CDB_LatLng(1, 2), 'walk', ARRAY[60], ARRAY['quality=1'])",
      "cdb_dataservices_client.cdb_bulk_geocode_street_point('SELECT * FROM called', 'name', NULL, NULL, NULL)",
      "cdb_dataservices_client.cdb_jsonb_array_casttext('{\"a\": [\"x\"]}'::jsonb ->> 'a')",
    ];
    await sql(engine, "CREATE TABLE called (name text)");
    for (const call of calls) {
      assertEquals(await failure(sql(engine, `SELECT * FROM ${call} AS x`)), "no error", call);
    }
    // How clients look for the one that older platforms lack.
    assertEquals(
      await value(
        engine,
        `SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'cartodb' AND p.proname = 'cdb_regeneratetable'`,
      ),
      "1",
    );
    await sql(engine, "DROP TABLE called");
  });

  await t.step("the_geom_webmercator follows the_geom", async () => {
    await sql(
      engine,
      "INSERT INTO plain (name, the_geom) VALUES ('madrid', CDB_LatLng(40.4, -3.7)), ('pole', CDB_LatLng(90, 0)), ('empty', ST_SetSRID('POINT EMPTY'::geometry, 4326))",
    );
    const inMercator =
      `SELECT name, ST_AsText(the_geom_webmercator, 2) FROM plain WHERE name IN ('madrid', 'pole', 'empty') ORDER BY 1`;
    assertEquals((await sql(engine, inMercator)).rows, [
      ["empty", "POINT EMPTY"],
      ["madrid", "POINT(-411882.12 4924240.59)"],
      ["pole", null],
    ]);
    await sql(
      engine,
      "UPDATE plain SET the_geom = CDB_LatLng(0, 0) WHERE name = 'madrid'; UPDATE plain SET the_geom = NULL WHERE name = 'empty'",
    );
    assertEquals((await sql(engine, inMercator)).rows, [["empty", null], ["madrid", "POINT(0 0)"], [
      "pole",
      null,
    ]]);
  });

  await t.step("a polygon over the pole is cut off at 89 degrees", async () => {
    assertEquals(
      await value(
        engine,
        "SELECT round(ST_YMax(ST_Transform(CDB_TransformToWebmercator(ST_MakeEnvelope(0, 80, 10, 90, 4326)), 4326))::numeric, 6)",
      ),
      "89.000000",
    );
  });

  await t.step(
    "geometries with measures and heights beyond the pole keep them, as they come and when converted",
    async () => {
      // Those of points are their own, those of lines and areas are worked out where these are cut.
      const geometries = [
        ["MULTIPOINT M ((1 95 5),(2 3 7))", "POINT M (222639 334111 7)"],
        ["MULTIPOINT M ((1 95 5),(2 3 7),(3 4 8))", "MULTIPOINT M ((222639 334111 7),(333958 445640 8))"],
        ["MULTIPOINT M ((1 95 5))", null],
        [
          "MULTILINESTRING M ((0 80 1,0 95 4),(1 1 1,2 2 2))",
          "MULTILINESTRING M ((0 15538711 1,0 30240972 3),(111319 111325 1,222639 222684 2))",
        ],
        [
          "MULTIPOLYGON M (((0 80 1,10 80 1,10 95 4,0 95 4,0 80 1)))",
          "POLYGON M ((1113195 15538711 1,0 15538711 1,0 30240972 3,1113195 30240972 3,1113195 15538711 1))",
        ],
        ["LINESTRING Z (0 80 1,0 95 4)", "LINESTRING Z (0 15538711 1,0 30240972 3)"],
        ["MULTIPOINT ZM ((1 95 5 6),(2 3 7 8))", "POINT ZM (222639 334111 7 8)"],
        ["LINESTRING ZM (0 80 1 9,0 95 4 9)", "LINESTRING ZM (0 15538711 1 0,0 30240972 3 0)"],
      ];
      for (const [index, [geometry, expected = null]] of geometries.entries()) {
        const name = `measured_${index}`;
        await sql(engine, `CREATE TABLE ${name} AS SELECT 'SRID=4326;${geometry}'::geometry AS the_geom`);
        await sql(engine, `SELECT CDB_CartodbfyTable('${name}')`);
        await sql(engine, `INSERT INTO ${name} (the_geom) VALUES ('SRID=4326;${geometry}')`);
        // Where a GEOS is of another mind about the measure at a cut, it is about its last digits.
        assertEquals(
          (await sql(engine, `SELECT ST_AsText(the_geom_webmercator, 0) FROM ${name}`)).rows,
          [[expected], [expected]],
          geometry ?? "",
        );
      }
    },
  );

  await t.step("geometry of another name and reference system fills the_geom", async () => {
    await sql(
      engine,
      `CREATE TABLE utm (geom geometry(Point, 25830), n int);
       INSERT INTO utm VALUES (ST_Transform(CDB_LatLng(40, -3), 25830), 1), (NULL, 2)`,
    );
    await sql(engine, "SELECT CDB_CartodbfyTable('utm')");
    assertEquals(
      (await sql(
        engine,
        "SELECT n, ST_AsText(the_geom, 6), ST_SRID(the_geom_webmercator), ST_SRID(geom) FROM utm ORDER BY n",
      )).rows,
      [
        ["1", "POINT(-3 40)", "3857", "25830"],
        ["2", null, null, null],
      ],
    );
  });

  await t.step("the_geom in another reference system, without one, and mixed", async () => {
    await sql(
      engine,
      `CREATE TABLE mixed (the_geom geometry);
       INSERT INTO mixed VALUES ('SRID=3857;POINT(0 0)'), ('POINT(1 2)'), ('SRID=4326;POINT(3 4)');
       CREATE TABLE mercator (the_geom geometry(Point, 3857)); INSERT INTO mercator VALUES ('SRID=3857;POINT(0 0)');
       CREATE TABLE only_mercator (the_geom_webmercator geometry(Point, 3857)); INSERT INTO only_mercator VALUES ('SRID=3857;POINT(0 0)')`,
    );
    for (const table of ["mixed", "mercator", "only_mercator"]) {
      await sql(engine, `SELECT CDB_CartodbfyTable('${table}')`);
    }
    assertEquals(await list(engine, "SELECT ST_AsEWKT(the_geom) FROM mixed ORDER BY 1"), [
      "SRID=4326;POINT(0 0)",
      "SRID=4326;POINT(1 2)",
      "SRID=4326;POINT(3 4)",
    ]);
    assertEquals(await value(engine, "SELECT ST_AsEWKT(the_geom) FROM mercator"), "SRID=4326;POINT(0 0)");
    assertEquals(
      await value(engine, "SELECT ST_AsEWKT(the_geom) FROM only_mercator"),
      "SRID=4326;POINT(0 0)",
    );
  });

  await t.step("heights and measures are kept", async () => {
    await sql(
      engine,
      `CREATE TABLE three_d (the_geom geometry(PointZ, 4326)); INSERT INTO three_d VALUES ('SRID=4326;POINT Z (1 2 3)');
       CREATE TABLE four_d AS SELECT 'SRID=4326;POINT ZM (1 2 3 4)'::geometry AS the_geom;
       CREATE TABLE some_d AS SELECT unnest(ARRAY['SRID=4326;POINT Z (1 2 3)', 'SRID=4326;POINT (1 2)'])::geometry AS the_geom`,
    );
    for (const table of ["three_d", "four_d", "some_d"]) {
      await sql(engine, `SELECT CDB_CartodbfyTable('${table}')`);
    }
    assertEquals(await value(engine, "SELECT ST_AsEWKT(the_geom) FROM three_d"), "SRID=4326;POINT(1 2 3)");
    assertEquals((await columns(engine, "three_d"))[1], "the_geom geometry(GeometryZ,4326)");
    assertEquals(await value(engine, "SELECT ST_AsEWKT(the_geom) FROM four_d"), "SRID=4326;POINT(1 2 3 4)");
    assertEquals(await list(engine, "SELECT ST_AsEWKT(the_geom) FROM some_d ORDER BY cartodb_id"), [
      "SRID=4326;POINT(1 2 3)",
      "SRID=4326;POINT(1 2)",
    ]);
  });

  await t.step("a suitable cartodb_id is kept, and its sequence goes on", async () => {
    await sql(
      engine,
      "CREATE TABLE with_id (cartodb_id int, v text); INSERT INTO with_id VALUES (7, 'a'), (3, 'b')",
    );
    await sql(engine, "SELECT CDB_CartodbfyTable('with_id'); INSERT INTO with_id (v) VALUES ('c')");
    assertEquals(await list(engine, "SELECT cartodb_id || v FROM with_id ORDER BY 1"), ["3b", "7a", "8c"]);
  });

  await t.step("an unsuitable cartodb_id is renamed out of the way", async () => {
    for (
      const [table, type, values] of [
        ["id_text", "text", "('a'), ('b')"],
        ["id_twice", "int", "(1), (1)"],
        ["id_null", "int", "(1), (NULL)"],
      ]
    ) {
      await sql(
        engine,
        `CREATE TABLE ${table} (cartodb_id ${type}, cartodb_id_0 int); INSERT INTO ${table} VALUES ${values}`,
      );
      await sql(engine, `SELECT CDB_CartodbfyTable('${table}')`);
      assertEquals(await list(engine, `SELECT cartodb_id FROM ${table} ORDER BY 1`), ["1", "2"], table);
      assert(
        (await columns(engine, table ?? "")).some((column) => column.startsWith("cartodb_id_1 ")),
        table,
      );
    }
    assertEquals(await list(engine, "SELECT cartodb_id_1 FROM id_text ORDER BY 1"), ["a", "b"]);
  });

  await t.step("a the_geom that is none is renamed out of the way", async () => {
    await sql(engine, "CREATE TABLE geom_text (the_geom text); INSERT INTO geom_text VALUES ('here')");
    await sql(engine, "SELECT CDB_CartodbfyTable('geom_text')");
    assertEquals((await sql(engine, "SELECT the_geom, the_geom_0 FROM geom_text")).rows, [[null, "here"]]);
  });

  await t.step("constraints, indexes, defaults, sequences, rights and comments go along", async () => {
    await sql(
      engine,
      `CREATE TABLE full_of (id serial PRIMARY KEY, code varchar(5) UNIQUE DEFAULT 'n', n int CHECK (n > 0));
       CREATE INDEX full_of_upper ON full_of (upper(code)) WHERE n > 1;
       COMMENT ON TABLE full_of IS 'a table'; COMMENT ON COLUMN full_of.n IS 'a number';
       GRANT SELECT ON full_of TO publicuser; GRANT INSERT ON full_of TO demo_regular_role;
       INSERT INTO full_of (code, n) VALUES ('a', 1), ('b', 2)`,
    );
    await sql(engine, "SELECT CDB_CartodbfyTable('full_of')");
    await sql(engine, "INSERT INTO full_of (n) VALUES (3)");
    assertEquals((await sql(engine, "SELECT cartodb_id, id, code, n FROM full_of ORDER BY 1")).rows, [
      ["1", "1", "a", "1"],
      ["2", "2", "b", "2"],
      ["3", "3", "n", "3"],
    ]);
    assertEquals(
      await list(
        engine,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'full_of'::regclass AND contype <> 'n' ORDER BY 1",
      ),
      ["CHECK ((n > 0))", "PRIMARY KEY (cartodb_id)", "UNIQUE (code)", "UNIQUE (id)"],
    );
    assertEquals(
      await value(engine, "SELECT count(*) FROM pg_indexes WHERE indexname = 'full_of_upper'"),
      "1",
    );
    assertEquals(await value(engine, "SELECT count(*) FROM full_of", "publicuser"), "3");
    assertEquals(
      await value(engine, "SELECT has_table_privilege('demo_regular_role', 'full_of', 'INSERT')"),
      "t",
    );
    assertEquals(await value(engine, "SELECT obj_description('full_of'::regclass)"), "a table");
    assertEquals(
      await value(
        engine,
        "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'full_of'::regclass AND attname = 'n'",
      ),
      "a number",
    );
    assertEquals(await value(engine, "SELECT nextval(pg_get_serial_sequence('full_of', 'id'))"), "4");
    assertEquals(await failure(sql(engine, "DROP TABLE full_of")), "no error");
    assertEquals(await value(engine, "SELECT to_regclass('full_of_id_seq')"), null);
  });

  await t.step("a table that a view reads keeps its identity", async () => {
    await sql(
      engine,
      `CREATE TABLE viewed (v int, geom geometry(Point, 4326)); INSERT INTO viewed VALUES (1, CDB_LatLng(1, 2));
       CREATE VIEW viewing AS SELECT v FROM viewed`,
    );
    const before = await value(engine, "SELECT 'viewed'::regclass::oid");
    await sql(engine, "SELECT CDB_CartodbfyTable('viewed'); INSERT INTO viewed (v) VALUES (2)");
    assertEquals(await value(engine, "SELECT 'viewed'::regclass::oid"), before);
    assertEquals(await list(engine, "SELECT v FROM viewing ORDER BY v"), ["1", "2"]);
    assertEquals((await sql(engine, "SELECT cartodb_id, ST_AsText(the_geom) FROM viewed ORDER BY 1")).rows, [
      ["1", "POINT(2 1)"],
      ["2", null],
    ]);
  });

  await t.step("names that need quotes, and other schemas", async () => {
    await sql(engine, `CREATE TABLE "My ""Table" ("Név" text); INSERT INTO "My ""Table" VALUES ('á')`);
    assertEquals(await value(engine, `SELECT CDB_CartodbfyTable('public', '"My ""Table"')`), '"My ""Table"');
    assertEquals((await sql(engine, `SELECT cartodb_id, "Név" FROM "My ""Table"`)).rows, [["1", "á"]]);
  });

  await t.step("CDB_RegenerateTable: dropped columns are gone, everything else is there", async () => {
    await sql(
      engine,
      "CREATE TABLE worn (a int, b int, c text); SELECT CDB_CartodbfyTable('worn'); INSERT INTO worn (a, c) VALUES (1, 'x')",
    );
    await sql(engine, "ALTER TABLE worn DROP COLUMN b");
    await sql(
      engine,
      `SELECT CDB_RegenerateTable('public.worn'::regclass); BEGIN; TRUNCATE TABLE worn; ALTER TABLE worn DROP COLUMN "a",ADD COLUMN "a" bigint;; COMMIT;`,
    );
    assertEquals(
      await value(
        engine,
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'worn'::regclass AND attisdropped",
      ),
      "1",
    );
    await sql(engine, "INSERT INTO worn (c, the_geom) VALUES ('y', CDB_LatLng(0, 0))");
    assertEquals((await sql(engine, "SELECT c, a, ST_AsText(the_geom_webmercator) FROM worn")).rows, [[
      "y",
      null,
      "POINT(0 0)",
    ]]);
    assertEquals(
      await value(
        engine,
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'worn'::regclass AND NOT tgisinternal",
      ),
      "4",
    );
  });

  await t.step("a change is noted for the tables that a query reads", async () => {
    const updatedAt = `SELECT updated_at FROM CDB_QueryTables_Updated_At('SELECT * FROM plain')`;
    const before = await value(engine, updatedAt);
    await sql(engine, "UPDATE plain SET lon = 9 WHERE cartodb_id = 1");
    const after = await value(engine, updatedAt);
    assert(
      before !== undefined && before !== null && after !== undefined && after !== null && after > before,
    );
    assertEquals(
      (await sql(
        engine,
        "SELECT dbname, schema_name, table_name FROM CDB_QueryTables_Updated_At('SELECT 1; SELECT * FROM plain p, viewing')",
      )).rows
        .map((row) => row.join(".")).sort(),
      ["demo_db.public.plain", "demo_db.public.viewed"],
    );
    await sql(engine, "CREATE TABLE gone (i int); SELECT CDB_TableMetadataTouch('gone'); DROP TABLE gone");
    assertEquals(
      await value(
        engine,
        "SELECT count(*) FROM cdb_tablemetadata m WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = m.tabname)",
      ),
      "0",
    );
  });

  await t.step("TBL-035 TBL-036: CDB_QueryTablesText", async () => {
    assertEquals(
      await value(
        engine,
        "SELECT CDB_QueryTablesText($q$SELECT * FROM plain, utm WHERE name = 'a;b' -- utm; x\n; SELECT 1;$q$)",
      ),
      "{public.plain,public.utm}",
    );
    assertEquals(await value(engine, "SELECT CDB_QueryTablesText('SELECT 1')"), null);
    assertEquals(
      await failure(sql(engine, "SELECT CDB_QueryTablesText('SELECT * FROM utm')", "publicuser")),
      "42501 permission denied for table utm",
    );
  });

  await t.step("CDB_QueryStatements: cuts at semicolons that end a statement", async () => {
    assertEquals(
      await list(
        engine,
        `SELECT * FROM CDB_QueryStatements($q$ SELECT ';' ; SELECT $$;$$, $a$;$$;$a$, "x;y" -- ;
 /* ; */, 'it''s;' ;; SELECT 3 $q$)`,
      ),
      ["SELECT ';'", `SELECT $$;$$, $a$;$$;$a$, "x;y" -- ;\n /* ; */, 'it''s;'`, "SELECT 3"],
    );
  });

  await t.step("classes of values", async () => {
    assertEquals(
      (await sql(
        engine,
        `SELECT CDB_JenksBins(ARRAY[1, 1, 2, 2, 10, 11, 12, 50, 51, 52], 3), CDB_QuantileBins(ARRAY[6, 5, 4, 3, 2, 1], 3),
         CDB_EqualIntervalBins(ARRAY[0, 3, 9], 3)::int[], CDB_HeadsTailsBins(ARRAY[1, 1, 1, 1, 6, 14], 3),
         CDB_JenksBins(ARRAY[5, 5, NULL], 3)`,
      )).rows,
      [["{2,12,52}", "{2,4,6}", "{3,6,9}", "{4.0000000000000000,10.0000000000000000,14}", "{5}"]],
    );
  });

  await t.step("tiles and grids", async () => {
    assertEquals(await value(engine, "SELECT CDB_XYZ_Resolution(0)"), "156543.03392804097");
    assertEquals(await value(engine, "SELECT round(ST_XMin(CDB_XYZ_Extent(1, 0, 1)))"), "0");
    assertEquals(
      await value(
        engine,
        "SELECT count(*) FROM CDB_RectangleGrid(ST_MakeEnvelope(0, 0, 10, 10, 3857), 5, 5, ST_MakePoint(2.5, 2.5))",
      ),
      "4",
    );
    assertEquals(
      await value(
        engine,
        `SELECT round(sum(ST_Area(ST_Intersection(h, ST_MakeEnvelope(0, 0, 10, 10, 3857))))::numeric, 3)
        FROM CDB_HexagonGrid(ST_MakeEnvelope(0, 0, 10, 10, 3857), 2) AS h`,
      ),
      "100.000",
    );
    assertEquals(
      await failure(
        sql(engine, "SELECT count(*) FROM CDB_HexagonGrid(ST_MakeEnvelope(0, 0, 1e6, 1e6, 3857), 1)"),
      ),
      "P0001 The requested grid is too big to be rendered",
    );
  });

  await t.step("the account's tables and columns", async () => {
    const tables = await list(engine, "SELECT * FROM CDB_UserTables()");
    assert(tables.includes("plain") && !tables.includes("spatial_ref_sys"));
    assertEquals(await list(engine, "SELECT * FROM CDB_UserTables('public')"), ["plain"]);
    assertEquals(await list(engine, "SELECT * FROM CDB_ColumnNames('utm')"), [
      "cartodb_id",
      "the_geom",
      "the_geom_webmercator",
      "geom",
      "n",
    ]);
    assertEquals(await value(engine, "SELECT CDB_ColumnType('utm', 'n')"), "integer");
    assertEquals(
      await value(engine, "SELECT CDB_EstimateRowCount('SELECT * FROM generate_series(1, 10)')"),
      "10",
    );
  });

  await t.step("the quota: told beforehand, and enforced", async () => {
    assert(Number(await value(engine, "SELECT CDB_UserDataSize()")) > 10_000);
    assertEquals(await value(engine, "SELECT CDB_SetUserQuotaInBytes(1000)", engine.superuser), "0");
    const got = await failure(sql(engine, "INSERT INTO plain (name) VALUES ('too much')"));
    assert(/^P0001 Quota exceeded by \d+KB$/.test(got), got);
    assert((await failure(sql(engine, "SELECT CDB_SetUserQuotaInBytes(0)"))).startsWith("42501"));
    await sql(engine, "SELECT CDB_SetUserQuotaInBytes(0)", engine.superuser);
    assertEquals(await failure(sql(engine, "INSERT INTO plain (name) VALUES ('fine')")), "no error");
  });
});
