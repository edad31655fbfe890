import { assert, assertEquals, assertMatch } from "@std/assert";
import { isStaleStaging, STAGING_REGEXP, stagingName } from "../../src/tables/_staged_write.ts";

const NOW = Date.UTC(2024, 1, 29, 23, 59, 58);

Deno.test("a staging table's name holds its target, the time and a random part", () => {
  assertEquals(stagingName("cafes", NOW, 0), "_cartoframes_staging_cafes_20240229235958_00000000");
  assertEquals(
    stagingName("cafes", NOW, 0.999999999999),
    "_cartoframes_staging_cafes_20240229235958_ffffffff",
  );
  assertMatch(stagingName("cafes", NOW, 0.5), new RegExp(STAGING_REGEXP));
});

Deno.test("the staging name of a long target fits PostgreSQL's 63 bytes", () => {
  const name = stagingName("x".repeat(63), NOW, 0.5);
  assertEquals(name.length, 63);
  assertMatch(name, new RegExp(STAGING_REGEXP));
});

Deno.test("a staging table is stale once it is more than a day old", () => {
  const name = stagingName("a_20200101000000_b", NOW, 0.5);
  assert(!isStaleStaging(name, NOW));
  assert(!isStaleStaging(name, NOW + 24 * 3_600_000));
  assert(isStaleStaging(name, NOW + 24 * 3_600_000 + 1));
});

Deno.test("a name that only looks like a staging table's is left alone", () => {
  for (
    const name of [
      "cafes",
      "_cartoframes_staging_",
      "_cartoframes_staging_x_2020_0000",
      "a_cartoframes_staging_x_20200101000000_00000000",
    ]
  ) {
    assert(!isStaleStaging(name, NOW), name);
  }
});
