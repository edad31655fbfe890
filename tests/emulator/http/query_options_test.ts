import { assertEquals, assertThrows } from "@std/assert";
import { readableSize } from "../../../src/emulator/_http/copy_from.ts";
import { contentDisposition, readQueryOptions } from "../../../src/emulator/_http/query_options.ts";
import { ApiError } from "../../../src/emulator/_handler.ts";

const paged = (parameters: Record<string, unknown>) => readQueryOptions(parameters).pagedSql;

Deno.test("paging goes around a SELECT when both numbers are there", () => {
  assertEquals(
    paged({ q: "SELECT 1;", rows_per_page: "2", page: 1 }),
    "SELECT * FROM (SELECT 1) AS cdbq_1 LIMIT 2 OFFSET 2",
  );
  assertEquals(
    paged({ q: "WITH t AS (SELECT 1) TABLE t", order_by: "a b", sort_order: "DESC" }),
    'SELECT * FROM (WITH t AS (SELECT 1) TABLE t) AS cdbq_1 ORDER BY "a b" DESC',
  );
  assertEquals(paged({ q: "SELECT 1", rows_per_page: 2 }), "SELECT 1");
  assertEquals(paged({ q: "SELECT 1", rows_per_page: "many", page: 0 }), "SELECT 1");
  assertEquals(paged({ q: "DELETE FROM t", rows_per_page: 2, page: 0 }), "DELETE FROM t");
});

Deno.test("the last of several formats counts, in any case; names are cleaned", () => {
  const options = readQueryOptions({
    q: "SELECT 1",
    format: ["geojson", "CSV"],
    filename: "a/my (file).v2.csv",
  });
  assertEquals([options.format, options.filename, options.isAttachment], ["csv", "my__file_.v2", true]);
  assertEquals(
    contentDisposition(options, new Date(0)),
    'attachment; filename=my__file_.v2.csv; modification-date="Thu, 01 Jan 1970 00:00:00 GMT";',
  );
  assertEquals(readQueryOptions({ q: "" }).isAttachment, false);
  assertEquals([...readQueryOptions({ q: "", skipfields: ["a", "b,c"] }).skipped], ["a", "b", "c"]);
});

Deno.test("without a query, with an unknown format or an impossible name there is an error", () => {
  assertThrows(() => readQueryOptions({}), ApiError, "You must indicate a sql query");
  assertThrows(() => readQueryOptions({ q: ["a", "b"] }), ApiError, "You must indicate a sql query");
  assertThrows(() => readQueryOptions({ q: "", format: "parquet" }), ApiError, "Invalid format: parquet");
  const options = readQueryOptions({ q: "", filename: "☃" });
  assertThrows(
    () => contentDisposition(options, new Date(0)),
    ApiError,
    "Invalid character in header content",
  );
});

Deno.test("sizes are told as people write them", () => {
  assertEquals([2 * 1024 ** 3, 4096, 1536, 10].map(readableSize), ["2 GB", "4 KB", "1.5 KB", "10 B"]);
});
