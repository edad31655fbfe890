import { GeoDataFrame } from "../../src/frame/mod.ts";

/** A frame with a column of every type, its values at the ends of what the type can hold, and a row of nulls. */
export function allTypes(): GeoDataFrame {
  const columns: Record<string, unknown[]> = {
    id: [1, 2, 3, 4],
    a_bool: [true, false, true, null],
    a_int2: [-32768, 32767, 0, null],
    a_int4: [-2147483648, 2147483647, 0, null],
    a_int8: [-(2n ** 63n), 2n ** 63n - 1n, 9007199254740993n, null],
    a_float4: [3.4028234663852886e38, -0, NaN, null],
    a_float8: [Number.MAX_VALUE, Number.MIN_VALUE, -Infinity, null],
    a_numeric: ["12345678901234567890.123456789", "NaN", "-0.000000000000000000010", null],
    a_text: ["", '__null|"x"\r\n\\.', "héllo ☃ 🎈\t", null],
    a_date: [Temporal.PlainDate.from("0001-01-01"), Temporal.PlainDate.from("9999-12-31"), "infinity", null],
    a_time: [Temporal.PlainTime.from("00:00"), Temporal.PlainTime.from("23:59:59.999999"), "24:00:00", null],
    a_timetz: ["12:34:56.789+02", "00:00:00-15:59", "23:59:59.999999+15:59", null],
    a_timestamp: [
      Temporal.PlainDateTime.from("2020-02-29T12:34:56.789123"),
      Temporal.PlainDateTime.from("-000043-03-15T00:00:00"),
      "-infinity",
      null,
    ],
    a_timestamptz: [
      Temporal.Instant.from("2020-02-29T12:34:56.789123Z"),
      Temporal.Instant.from("1815-12-10T00:00:00.000001Z"),
      "infinity",
      null,
    ],
    a_interval: ["1 year 2 mons 3 days 04:05:06.789", "-1 days", "00:00:00", null],
    a_uuid: [
      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      "00000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
      null,
    ],
    a_json: [{ a: [1, null], b: "ü" }, [], "text", null],
    a_jsonb: [{ a: 1, b: 2 }, [], 12345678901234567890n, null],
    a_bytea: [Uint8Array.of(), Uint8Array.of(0, 255, 10, 92), new TextEncoder().encode("text"), null],
    a_int4_list: [[1, 2, null], [], [-1], null],
    a_text_list: [["a", "b,c", null, 'q"x\\', "", "NULL"], [], ["{}"], null],
    a_float8_list: [[1.5, NaN, -Infinity], [], [0.1], null],
    a_bool_list: [[true, false, null], [], [true], null],
    the_geom: [
      "SRID=4326;POINT (-180 90)",
      "SRID=4326;GEOMETRYCOLLECTION (POINT (1 2), POLYGON ((0 0, 1 0, 1 1, 0 0)))",
      "SRID=4326;POLYGON EMPTY",
      null,
    ],
  };
  const types = Object.fromEntries(
    Object.keys(columns).map((name) => [name, name.replace(/^a_/, "").replace(/_list$/, "[]")]),
  );
  return GeoDataFrame.fromColumns(columns as never, {
    types: { ...types, id: "int4", the_geom: "geometry" } as never,
  }).setGeometry("the_geom", { name: "the_geom", srid: 4326 });
}

/** A table with a column of each type of the server, one row full and one of nulls: the fixture of the recordings. */
export const TYPE_ZOO: readonly string[] = [
  `CREATE TABLE type_zoo (
  t_bool boolean, t_int2 smallint, t_int4 integer, t_int8 bigint,
  t_real real, t_double double precision, t_numeric numeric, t_money money,
  t_text text, t_varchar varchar(20), t_char char(5), t_name name,
  t_date date, t_time time, t_timetz timetz, t_timestamp timestamp, t_timestamptz timestamptz, t_interval interval,
  t_json json, t_jsonb jsonb, t_bytea bytea, t_uuid uuid, t_inet inet,
  t_int4_arr integer[], t_int8_arr bigint[], t_text_arr text[], t_num_arr numeric[], t_bool_arr boolean[], t_ts_arr timestamptz[],
  t_xml xml, t_range int4range, t_point point,
  g_any geometry, g_pt geometry(Point,4326), g_ptz geometry(PointZ,4326), g_pt3857 geometry(Point,3857), gg geography(Point,4326)
)`,
  `INSERT INTO type_zoo VALUES (
  true, 32767, 2147483647, 9223372036854775807,
  3.4028235e38, 0.1, 12345678901234567890.123456789, '1234.5',
  'héllo ☃ "q" \\ /', 'vc', 'ab', 'nm',
  '2020-02-29', '12:34:56.789', '12:34:56.789+02', '2020-02-29 12:34:56.789123', '2020-02-29 12:34:56.789123+02', '1 year 2 mons 3 days 04:05:06.789',
  '{"a": 1,  "b": [1, null]}', '{"b": 2, "a": 1}', '\\xdeadbeef', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '10.0.0.1/8',
  '{1,2,NULL}', '{9007199254740993,-1}', '{"a","b,c",NULL,"q\\"x"}', '{1.5,NaN}', '{t,f,NULL}', '{"2020-02-29 12:34:56+00"}',
  '<a>1</a>', '[1,5)', '(1,2)',
  'SRID=3857;LINESTRING(0 0, 1 1)', 'SRID=4326;POINT(1 2)', 'SRID=4326;POINT Z (1 2 3)', 'SRID=3857;POINT(100 200)', 'SRID=4326;POINT(1 2)'
)`,
  "INSERT INTO type_zoo DEFAULT VALUES",
];
