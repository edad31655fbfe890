import { assertEquals } from "@std/assert";
import { normalizeName, normalizeNames } from "../../src/frame/names.ts";

type Given = string | number | boolean | null;

const SINGLE: readonly (readonly [id: string, given: Given, then: string | null])[] = [
  ["NAME-001", "Unnamed: 0", "unnamed_0"],
  ["NAME-002", "201moore", "_201moore"],
  ["NAME-003", "Acadia 1.2.3", "acadia_1_2_3"],
  ["NAME-004", "old_soaker", "old_soaker"],
  ["NAME-005", "_testingTesting", "_testingtesting"],
  ["NAME-006", "test-1", "test_1"],
  ["NAME-007", "test-1--2", "test_1_2"],
  ["NAME-008", "test;", "test_"],
  ["NAME-009", "test,", "test_"],
  ["NAME-010", "public", "public"],
  ["NAME-011", "SELECT", "_select"],
  ["NAME-012", "à", "a"],
  ["NAME-013", "a", "a"],
  ["NAME-014", "_a", "_a"],
  ["NAME-015", "all", "_all"],
  ["NAME-016", "ALL", "_all"],
  ["NAME-017", "Select", "_select"],
  [
    "NAME-018",
    "longcolumnshouldbesplittedsomehowanditellyouwhereitsgonnabesplittedrightnow",
    "longcolumnshouldbesplittedsomehowanditellyouwhereitsgonnabespli",
  ],
  ["NAME-019", "Field: 2", "field_2"],
  ["NAME-020", "2 Items", "_2_items"],
  ["NAME-021", "Hello World", "hello_world"],
  ["NAME-022", "CamelCase", "camelcase"],
  ["NAME-023", "UPPER", "upper"],
  ["NAME-024", "My-Table.csv", "my_table_csv"],
  ["NAME-025", "schema.table", "schema_table"],
  ["NAME-026", "user", "_user"],
  ["NAME-027", "order", "_order"],
  ["NAME-028", "table", "_table"],
  ["NAME-029", "column", "_column"],
  ["NAME-030", "group", "_group"],
  ["NAME-031", "limit", "_limit"],
  ["NAME-032", "desc", "_desc"],
  ["NAME-033", "end", "_end"],
  ["NAME-034", "new", "_new"],
  ["NAME-035", "old", "_old"],
  ["NAME-036", "off", "_off"],
  ["NAME-037", "on", "_on"],
  ["NAME-038", "only", "_only"],
  ["NAME-039", "references", "_references"],
  ["NAME-040", "null", "_null"],
  ["NAME-041", "true", "_true"],
  ["NAME-042", "format", "_format"],
  ["NAME-043", "Action", "_action"],
  ["NAME-044", "controller", "_controller"],
  ["NAME-045", "XMIN", "_xmin"],
  ["NAME-046", "xmax", "_xmax"],
  ["NAME-047", "name", "name"],
  ["NAME-048", "type", "type"],
  ["NAME-049", "value", "value"],
  ["NAME-050", "date", "date"],
  ["NAME-051", "time", "time"],
  ["NAME-052", "timestamp", "timestamp"],
  ["NAME-053", "ctid", "ctid"],
  ["NAME-054", "tableoid", "tableoid"],
  ["NAME-055", "nan", "nan"],
  ["NAME-056", "None", "none"],
  ["NAME-057", "", "_"],
  ["NAME-058", "   ", "_"],
  ["NAME-059", " leading", "_leading"],
  ["NAME-060", "trailing ", "_trailing"],
  ["NAME-061", "a  b", "a_b"],
  ["NAME-062", "a\tb", "a_b"],
  ["NAME-063", "a\nb", "a_b"],
  ["NAME-064", "a\r\nb", "a_b"],
  ["NAME-065", "a b", "a_b"],
  ["NAME-066", "0", "_0"],
  ["NAME-067", "123", "_123"],
  ["NAME-068", "1e5", "_1e5"],
  ["NAME-069", "-1", "_1"],
  ["NAME-070", "+1", "_1"],
  ["NAME-071", "_", "_"],
  ["NAME-072", "__", "__"],
  ["NAME-073", "___a", "___a"],
  ["NAME-074", "-", "_"],
  ["NAME-075", "--", "_"],
  ["NAME-076", "---a", "_a"],
  ["NAME-077", "a-", "a_"],
  ["NAME-078", "a--", "a_"],
  ["NAME-079", "a - b", "a_b"],
  ["NAME-080", "a _ b", "a___b"],
  ["NAME-081", "a_-_b", "a___b"],
  ["NAME-082", "a---_b", "a__b"],
  ["NAME-083", "%", "_"],
  ["NAME-084", "100%", "_100_"],
  ["NAME-085", "$price", "_price"],
  ["NAME-086", "price ($)", "price_"],
  ["NAME-087", "a/b", "a_b"],
  ["NAME-088", "a\\b", "a_b"],
  ["NAME-089", "a.b", "a_b"],
  ["NAME-090", "a:b", "a_b"],
  ["NAME-091", 'a"b', "a_b"],
  ["NAME-092", "a'b", "a_b"],
  ["NAME-093", "tweets?", "tweets_"],
  ["NAME-094", "a<b>c", "ac"],
  ["NAME-095", "<b>bold</b>", "bold"],
  ["NAME-096", "a&amp;b", "a_b"],
  ["NAME-097", "AT&T", "at_t"],
  ["NAME-098", "a&b;c", "a_c"],
  ["NAME-099", "é", "e"],
  ["NAME-100", "São Paulo", "sao_paulo"],
  ["NAME-101", "ñandú", "nandu"],
  ["NAME-102", "Ñ", "n"],
  ["NAME-103", "straße", "strasse"],
  ["NAME-104", "Æsir", "aesir"],
  ["NAME-105", "Москва", "moskva"],
  ["NAME-106", "北京", "_ei_ing"],
  ["NAME-107", "日本", "_i_en"],
  ["NAME-108", "🎉", "_"],
  ["NAME-109", "a🎉b", "ab"],
  ["NAME-110", "½", "_1_2"],
  ["NAME-111", "m²", "m2"],
  ["NAME-112", "°C", "degc"],
  ["NAME-113", "€", "_"],
  ["NAME-114", "№ 5", "_o_5"],
  ["NAME-115", "ﬁ", "fi"],
  ["NAME-116", "İstanbul", "istanbul"],
  ["NAME-117", "“q”", "_q_"],
  ["NAME-118", "a—b", "a_b"],
  ["NAME-119", "My-Tablé 2020", "my_table_2020"],
  ["NAME-120", "the_geom", "the_geom"],
  ["NAME-121", "The Geom", "the_geom"],
  ["NAME-122", "Geom", "geom"],
  ["NAME-123", "g-e-o-m-e-t-r-y", "g_e_o_m_e_t_r_y"],
  ["NAME-124", "The_Geom_Webmercator", "the_geom_webmercator"],
  ["NAME-125", "cartodb_id", "cartodb_id"],
  ["NAME-126", "CARTODB_ID", "cartodb_id"],
  ["NAME-127", "geometry", "geometry"],
  ["NAME-128", "pop.2010", "pop_2010"],
  [
    "NAME-129",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  ],
  [
    "NAME-130",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  ],
  [
    "NAME-131",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_",
  ],
  [
    "NAME-132",
    "1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "_1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  ],
  ["NAME-133", 1, "_1"],
  ["NAME-136", null, null],
];

for (const [id, given, then] of SINGLE) {
  Deno.test(`${id}: ${JSON.stringify(given)} becomes ${JSON.stringify(then)}`, () => {
    assertEquals(normalizeName(given), then);
  });
}

const LISTS: readonly (readonly [id: string, given: (string | number)[], then: string[]])[] = [
  ["LIST-001", ["a", "a"], ["a", "a_1"]],
  ["LIST-002", ["a", "A", "a"], ["a", "a_1", "a_1_2"]],
  ["LIST-003", ["a", "a", "a", "a"], ["a", "a_1", "a_1_2", "a_1_2_3"]],
  ["LIST-004", ["a", "a_1", "a"], ["a", "a_1", "a_1_2"]],
  ["LIST-005", ["a", "a", "a_1"], ["a", "a_1", "a_1_1"]],
  ["LIST-006", ["a_1", "a", "a"], ["a_1", "a", "a_1_2"]],
  ["LIST-007", ["a_1", "a_1", "a_1"], ["a_1", "a_1_1", "a_1_1_2"]],
  ["LIST-008", ["all", "_all", "ALL"], ["_all", "_all_1", "_all_1_2"]],
  ["LIST-009", ["select", "SELECT", "_select"], ["_select", "_select_1", "_select_1_2"]],
  ["LIST-010", ["", "", ""], ["_", "__1", "__1_2"]],
  ["LIST-011", ["test;", "test,", "test."], ["test_", "test__1", "test__1_2"]],
  ["LIST-012", ["1", 1, "_1"], ["_1", "_1_1", "_1_1_2"]],
  ["LIST-013", ["é", "e", "E"], ["e", "e_1", "e_1_2"]],
  ["LIST-014", ["201moore", "201moore"], ["_201moore", "_201moore_1"]],
  ["LIST-015", ["test;", "test,"], ["test_", "test__1"]],
  ["LIST-016", ["à", "a", "_a"], ["a", "a_1", "_a"]],
  ["LIST-017", [
    "longcolumnshouldbesplittedsomehowanditellyouwhereitsgonnabesplittedrightnow",
    "longcolumnshouldbesplittedsomehowanditellyouwhereitsgonnabesplittedrightnow",
  ], [
    "longcolumnshouldbesplittedsomehowanditellyouwhereitsgonnabespli",
    "longcolumnshouldbesplittedsomehowanditellyouwhereitsgonnabe_1",
  ]],
  ["LIST-018", [], []],
  ["LIST-019", ["x", "y"], ["x", "y"]],
];

for (const [id, given, then] of LISTS) {
  Deno.test(`${id}: ${JSON.stringify(given).slice(0, 60)}`, () => {
    assertEquals(normalizeNames(given), then);
  });
}

Deno.test("LIST-020: long names that are the same are cut to make room for a number", () => {
  const long = "x".repeat(70);
  assertEquals(normalizeNames([long, long, long]), [
    "x".repeat(63),
    `${"x".repeat(59)}_1`,
    `${"x".repeat(59)}_2`,
  ]);
});

Deno.test("LIST-021: the tenth number takes one more character", () => {
  assertEquals(normalizeNames(Array(12).fill("x".repeat(70)))[10], `${"x".repeat(59)}_10`);
});

Deno.test("LIST-022: names that are normalised already stay", () => {
  const long = LISTS.find(([id]) => id === "LIST-017")?.[1] ?? [];
  for (const given of [["201moore", "201moore"], ["test;", "test,"], ["à", "a", "_a"], long]) {
    const once = normalizeNames(given);
    assertEquals(normalizeNames(once), once);
  }
});

const RESERVED = `
ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC AUTHORIZATION BETWEEN BINARY BOTH CASE CAST CHECK COLLATE COLUMN
CONSTRAINT CREATE CROSS CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEFAULT DEFERRABLE DESC
DISTINCT DO ELSE END EXCEPT FALSE FOR FOREIGN FREEZE FROM FULL GRANT GROUP HAVING ILIKE IN INITIALLY INNER INTERSECT INTO
IS ISNULL JOIN LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP NATURAL NEW NOT NOTNULL NULL OFF OFFSET OLD ON ONLY OR
ORDER OUTER OVERLAPS PLACING PRIMARY REFERENCES RIGHT SELECT SESSION_USER SIMILAR SOME SYMMETRIC TABLE THEN TO TRAILING
TRUE UNION UNIQUE USER USING VERBOSE WHEN WHERE XMIN XMAX FORMAT CONTROLLER ACTION`.trim().split(/\s+/);

Deno.test("every reserved word gets a line before it, in any case", () => {
  assertEquals(RESERVED.length, 98);
  for (const word of RESERVED) {
    for (const spelling of [word, word.toLowerCase(), word.charAt(0) + word.slice(1).toLowerCase()]) {
      assertEquals(normalizeName(spelling), `_${word.toLowerCase()}`);
    }
  }
});

Deno.test("other scripts are written by their sound", () => {
  assertEquals(normalizeName("Ελλάδα"), "ellada");
  assertEquals(normalizeName("서울"), "seoul");
  assertEquals(normalizeName("さくら"), "sakura");
  assertEquals(normalizeName("Ærøskøbing"), "aeroskobing");
  assertEquals(normalizeName("Łódź"), "lodz");
});
