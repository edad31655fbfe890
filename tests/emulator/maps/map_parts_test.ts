import { assertEquals, assertThrows } from "@std/assert";
import { checkCartocss } from "../../../src/emulator/_maps/cartocss.ts";
import { encodeTileLayer, type TileValue } from "../../../src/emulator/_maps/mvt.ts";
import { instantiate, isAuthorized, readTemplate } from "../../../src/emulator/_maps/templates.ts";
import { embeddable, fillTokens, tileBounds } from "../../../src/emulator/_maps/typed_rows.ts";
import { decodeTile } from "../../_tools/_wire/tile.ts";

Deno.test("CartoCSS: good styles pass, mistakes are told with their place", () => {
  const good = [
    "#layer { marker-width: 10; marker-fill: #ee4d5a; }",
    "#layer[stars > 3][zoom >= 5]::outline { line-color: red; [name = 'a'] { line-width: 2; } }",
    "@size: 4; Map { background-color: #fff; -torque-frame-count: 8; } #layer { a/line-width: @size; }",
    "/* marker-nope: 1; */ #layer { // polygon-nope: 2;\n polygon-fill: ramp([n], (red, blue), quantiles(3)); }",
    "",
  ];
  for (const style of good) assertEquals(checkCartocss(style, "style0"), undefined, style);
  const bad: [string, string][] = [
    ["#layer { marker-nope: 1; }", "style0:1:10 Unrecognized rule: marker-nope. Did you mean marker-type?"],
    [
      "#layer {\n  line-colour: red;\n}",
      "style0:2:3 Unrecognized rule: line-colour. Did you mean line-color?",
    ],
    ["#layer { line-width: 1;", "style0:1:24 missing closing `}`"],
    ["#layer { line-width: 1; } }", "style0:1:27 missing opening `{`"],
  ];
  for (const [style, message] of bad) assertEquals(checkCartocss(style, "style0"), message);
});

/** A geometry as PostGIS' digits: kind, then coordinates in lists. */
function wkb(kind: number, body: (view: Writer) => void): string {
  const out = new Writer();
  out.geometry(kind, () => body(out));
  return new Uint8Array(out.bytes).toHex();
}

class Writer {
  readonly bytes: number[] = [];

  geometry(kind: number, body: () => void): void {
    this.bytes.push(1);
    this.count(kind);
    body();
  }

  count(value: number): void {
    this.bytes.push(...new Uint8Array(new Uint32Array([value]).buffer));
  }

  line(positions: [number, number][]): void {
    this.count(positions.length);
    for (const position of positions) this.at(position);
  }

  at(position: [number, number]): void {
    this.bytes.push(...new Uint8Array(new Float64Array(position).buffer));
  }
}

Deno.test("tiles: each kind of value and of geometry comes back", () => {
  const values: [string, TileValue][] = [
    ["text", "é"],
    ["whole", 7],
    ["below", -7],
    ["large", 9007199254740993n],
    ["least", -9223372036854775808n],
    ["part", 0.5],
    ["yes", true],
    ["no", false],
  ];
  const point = wkb(1, (out) => out.at([1, 2]));
  const decoded = decodeTile(encodeTileLayer("L", 4096, [{ geometry: point, properties: new Map(values) }]));
  assertEquals(decoded, [{
    name: "L",
    version: 2,
    extent: 4096,
    features: [{
      id: undefined,
      type: 1,
      // The test's own reader holds numbers only.
      properties: {
        below: -7,
        large: 9007199254740992,
        least: -9223372036854775808,
        no: false,
        part: 0.5,
        text: "é",
        whole: 7,
        yes: true,
      },
      geometry: [[[1, 2]]],
    }],
  }]);

  const shape = (geometry: string): unknown => {
    const [layer] = decodeTile(encodeTileLayer("L", 4096, [{ geometry, properties: new Map() }])) as {
      features: { type: number; geometry: unknown }[];
    }[];
    const feature = layer?.features[0];
    return feature === undefined ? undefined : [feature.type, feature.geometry];
  };
  assertEquals(
    shape(wkb(4, (out) => {
      out.count(2);
      out.geometry(1, () => out.at([1, 1]));
      out.geometry(1, () => out.at([3, 0]));
    })),
    [1, [[[1, 1]], [[3, 0]]]],
  );
  assertEquals(shape(wkb(2, (out) => out.line([[0, 0], [0, 0], [5, -5]]))), [2, [[[0, 0], [5, -5]]]]);
  assertEquals(shape(wkb(2, (out) => out.line([[1, 1], [1, 1]]))), undefined);
  const square: [number, number][] = [[0, 0], [0, 8], [8, 8], [8, 0], [0, 0]];
  const hole: [number, number][] = [[2, 2], [2, 4], [4, 4], [4, 2], [2, 2]];
  for (const rings of [[square, hole], [square.toReversed(), hole.toReversed()]]) {
    const geometry = wkb(3, (out) => {
      out.count(2);
      for (const ring of rings) out.line(ring);
    });
    // Outer rings go one way, holes the other, however they came.
    assertEquals(shape(geometry), [3, [
      [[0, 0], [8, 0], [8, 8], [0, 8]],
      [[2, 2], [2, 4], [4, 4], [4, 2]],
    ]]);
  }
  const flat = wkb(3, (out) => {
    out.count(1);
    out.line([[0, 0], [4, 0], [8, 0], [0, 0]]);
  });
  assertEquals(shape(flat), undefined);
  assertEquals(encodeTileLayer("L", 4096, []).length, 0);
});

Deno.test("templates: what cannot be one is refused", () => {
  const layergroup = { layers: [{ options: { sql: "SELECT 1" } }] };
  const base = { version: "0.0.1", name: "t", layergroup };
  assertEquals(readTemplate({ ...base, api_key: "k", client: "c" }), {
    ...base,
    auth: { method: "open" },
    placeholders: {},
  });
  const cases: [unknown, string][] = [
    [{ ...base, version: "1" }, "Unsupported template version 1"],
    [{ ...base, name: "" }, "Missing template name"],
    [{ ...base, name: "-a" }, "Invalid characters in template name '-a'"],
    [{ ...base, layergroup: undefined }, "Missing layergroup"],
    [{ ...base, layergroup: { layers: [] } }, "Missing or empty layers array from layergroup config"],
    [
      { ...base, layergroup: { layers: [{}, {}] } },
      "Missing `options` in layergroup config for layers: 0, 1",
    ],
    [{ ...base, placeholders: { "1a": {} } }, "Invalid characters in placeholder name '1a'"],
    [{ ...base, placeholders: { a: { type: "number" } } }, "Missing default for placeholder 'a'"],
    [{ ...base, placeholders: { a: { default: 1 } } }, "Missing type for placeholder 'a'"],
    [{ ...base, auth: { method: "magic" } }, "Unsupported authentication method: magic"],
    [{ ...base, auth: { method: "token" } }, "Invalid 'token' authentication: missing valid_tokens"],
  ];
  for (const [given, message] of cases) assertThrows(() => readTemplate(given), Error, message);
});

Deno.test("templates: values take their places, each as its type allows", () => {
  const template = readTemplate({
    version: "0.0.1",
    name: "t",
    auth: { method: "token", valid_tokens: ["a", "b"] },
    placeholders: {
      lit: { type: "sql_literal", default: "x'y" },
      id: { type: "sql_ident", default: 'a"b' },
      n: { type: "number", default: 1 },
      c: { type: "css_color", default: "red" },
    },
    layergroup: {
      layers: [{
        options: {
          sql: `'<%= lit %>' "<%=id%>" <%= n %> <%= other %>`,
          cartocss: "#l { line-color: <%= c %>; }",
        },
      }],
    },
  });
  const options = (values: unknown): Record<string, string> =>
    (instantiate(template, values).layers as { options: Record<string, string> }[])[0]?.options ?? {};
  assertEquals(options({}), { sql: `'x''y' "a""b" 1 <%= other %>`, cartocss: "#l { line-color: red; }" });
  assertEquals(options({ lit: "$&", n: "-1.5e3", c: "#00ff00" }).sql, `'$&' "a""b" -1.5e3 <%= other %>`);
  assertEquals(options({ styles: ["#x {}"] }).cartocss, "#x {}");
  for (const n of ["1;", "", "NaN", "1 OR 1", ["1"], {}]) {
    if (String(n) === "1") continue;
    assertThrows(() => options({ n }), Error, "Invalid number value for template parameter 'n'");
  }
  for (const c of ["red;", "#12", "url(x)"]) {
    assertThrows(() => options({ c }), Error, "Invalid css_color value");
  }
  assertEquals([isAuthorized(template.auth, "b"), isAuthorized(template.auth, ["x", "a"])], [true, true]);
  assertEquals([isAuthorized(template.auth, undefined), isAuthorized(template.auth, "c")], [false, false]);
});

Deno.test("SQL that is put into another statement cannot leave its parentheses", () => {
  const good = [
    "SELECT 1",
    " SELECT (1 + (2)) ; ",
    "SELECT ')' AS a, $x$ ) $x$, E'\\')' AS b",
    "SELECT 1 /* ) */",
    'SELECT 1 AS ")"',
  ];
  for (const sql of good) assertEquals(embeddable(sql).trim(), sql.trim().replace(/\s*;\s*$/, ""));
  assertEquals(embeddable("SELECT 1 -- x"), "SELECT 1 -- x\n");
  for (const sql of ["SELECT 1; SELECT 2", "SELECT 1) AS x", "SELECT (1", ") SELECT ("]) {
    assertThrows(() => embeddable(sql), Error, "syntax error");
  }
});

Deno.test("tiles lie where they should, and their numbers take the places of the marks", () => {
  const world = tileBounds(0, 0, 0);
  assertEquals([Math.round(world.west), Math.round(world.north)], [-20037508, 20037508]);
  const { west, south, east, north } = tileBounds(1, 1, 0);
  assertEquals([west, south].map(Math.round), [0, 0]);
  assertEquals([east, north].map(Math.round), [20037508, 20037508]);
  const sql = fillTokens("!bbox! !pixel_width! !scale_denominator!", { z: 0, x: 0, y: 0 });
  assertEquals(/^ST_MakeEnvelope\(.*3857\) 156543\.03\d* 559082264\.0\d*$/.test(sql), true, sql);
});
