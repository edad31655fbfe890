import { assertEquals, assertThrows } from "@std/assert";
import { checkCore } from "../../src/classic/_core_check.ts";
import { ResponseError } from "../../src/errors/carto_error.ts";

const CONTEXT = { operation: "read", status: 200 };

Deno.test("an answer as documented is handed on as it is, with what else stands in it", () => {
  const body = { rows: [], fields: { a: { type: "number", pgtype: null, new: 1 } }, more: true };
  assertEquals(checkCore("sqlAnswer", body, CONTEXT), body);
});

for (
  const [name, body, place] of [
    ["sqlAnswer", [], "the body: expected an object"],
    ["sqlAnswer", { rows: {} }, "rows: expected a list"],
    ["sqlAnswer", { rows: [], fields: { a: { type: 1 } } }, "fields.a.type: expected a text"],
    [
      "sqlAnswer",
      JSON.parse('{"rows":[],"fields":{"__proto__":{}}}'),
      "fields.__proto__.type: expected a text",
    ],
    ["sqlAnswer", { rows: [], notices: ["a", 2] }, "notices.1: expected a text"],
    ["geojsonAnswer", { type: "Feature", features: [] }, 'type: expected "FeatureCollection"'],
    ["copyAnswer", { time: 1 }, "total_rows: expected a number"],
    ["jobDocument", { job_id: "1", status: null }, "status: expected a text"],
    ["meDocument", { user_data: { id: "1" } }, "user_data.username: expected a text"],
    [
      "datasetPage",
      { visualizations: [{ id: "1", name: "a", locked: 0 }] },
      "visualizations.0.locked: expected true or false",
    ],
  ] as const
) {
  Deno.test(`an answer that is not what CARTO documents is refused: ${place}`, () => {
    const error = assertThrows(() => checkCore(name, body, CONTEXT), ResponseError, place);
    assertEquals([error.code, error.status], ["unexpected-response", 200]);
  });
}
