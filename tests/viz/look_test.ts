/** Colors, palettes and footers. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ArgumentError } from "../../src/errors/carto_error.ts";
import { checkColor, mixColors, parseColor } from "../../src/viz/_css_color.ts";
import { sanitizeFooter } from "../../src/viz/_footer.ts";
import {
  isForCategories,
  othersColor,
  paletteColors,
  rampColors,
  spread,
} from "../../src/viz/_palette_colors.ts";
import { basicLegend, basicStyle, palettes } from "../../src/viz/mod.ts";
import { PageReader, points } from "./_page_reader.ts";

Deno.test("colors are read as CSS writes them", () => {
  const colors: Record<string, string | undefined> = {
    "red": "#ff0000",
    " RebeccaPurple ": "#663399",
    "#abc": "#aabbcc",
    "#ABCD": "#aabbccdd",
    "#abcf": "#aabbcc",
    "#a1b2c3": "#a1b2c3",
    "#a1b2c380": "#a1b2c380",
    'hex("#EE4D5A")': "#ee4d5a",
    "hex('#EE4D5A')": "#ee4d5a",
    "rgb(1,2,3)": "#010203",
    "rgb(100%, 0%, 50%)": "#ff0080",
    "rgb(1 2 3 / 50%)": "#01020380",
    "rgba(150,150,150,0.4)": "#96969666",
    "rgba(1,2,3,1)": "#010203",
    "rgb(300,-5,2.6)": "#ff0003",
    "hsl(120, 100%, 25%)": "#008000",
    "hsl(240deg 100% 50%)": "#0000ff",
    "hsla(-120,100%,50%,0)": "#0000ff00",
    "transparent": "#00000000",
    "": undefined,
    "reddish": undefined,
    "#12": undefined,
    "#12345": undefined,
    "#ggg": undefined,
    "rgb(1,2)": undefined,
    "rgb(1,2,3,4,5)": undefined,
    "rgb(a,b,c)": undefined,
    "url(x)": undefined,
    "red;background:url(x)": undefined,
  };
  for (const [text, color] of Object.entries(colors)) assertEquals(parseColor(text), color, text);
  assertEquals(assertThrows(() => checkColor(5, "color"), ArgumentError).argument, "color");
});

Deno.test("colors are mixed part by part, alpha included", () => {
  assertEquals(mixColors("#000000", "#ffffff", 0.5), "#808080");
  assertEquals(mixColors("#ff000000", "#ff0000", 0.5), "#ff000080");
});

Deno.test("every palette has as many colors as there are classes", () => {
  for (const name of Object.values(palettes)) {
    for (const count of [1, 2, 3, 4, 5, 7, 9, 12, 30]) {
      const colors = paletteColors(name, count);
      assertEquals(colors.length, count, name);
      for (const color of colors) assertMatch(color, /^#[0-9a-f]{6}$/);
      if (count <= 12) assertEquals(new Set(colors).size, count, `${name} ${count}`);
    }
    assert(rampColors(name).length >= 7);
    assertMatch(othersColor(name), /^#[0-9a-f]{6}$/);
  }
});

Deno.test("palettes are CARTO's and ColorBrewer's", () => {
  assertEquals(paletteColors("SUNSET", 3), ["#f3e79b", "#eb7f86", "#5c53a5"]);
  assertEquals(paletteColors("VIVID", 2), ["#e58606", "#5d69b1"]);
  assertEquals(paletteColors("CB_YLGN", 3), ["#f7fcb9", "#addd8e", "#31a354"]);
  assertEquals(paletteColors("TEALROSE", 4), ["#009392", "#91b8aa", "#dfa0a0", "#d0587e"]);
  assertEquals([isForCategories("BOLD"), isForCategories("CB_SET1"), isForCategories("TEMPS")], [
    true,
    true,
    false,
  ]);
});

Deno.test("a list of colors is spread over the classes; a list of that length stays as it is", () => {
  assertEquals(spread(["#000000", "#ffffff"], 3), ["#000000", "#808080", "#ffffff"]);
  assertEquals(spread(["#000000", "#ff0000", "#ffffff"], 2), ["#000000", "#ffffff"]);
  assertEquals(spread(["#000000", "#ff0000", "#ffffff"], 1), ["#ff0000"]);
  assertEquals(spread(["#000000"], 3), ["#000000", "#000000", "#000000"]);
});

const LINK = '<a target="_blank" rel="noopener noreferrer"';

Deno.test("footers keep text and links, and nothing else", async () => {
  const cases: Record<string, string> = {
    "": "",
    'plain, "quoted" > text': 'plain, "quoted" > text',
    'from <a href="https://example.org/a?b=1&c=2">there</a>':
      `from ${LINK} href="https://example.org/a?b=1&c=2">there</a>`,
    '<a href="mailto:ana@example.org" title="Ana">mail</a>':
      `${LINK} href="mailto:ana@example.org" title="Ana">mail</a>`,
    '<a href="https://x.org" onclick="x()" style="x" target="_top">y</a>':
      `${LINK} href="https://x.org">y</a>`,
    "<b>bold</b><br>next": "bold<br>next",
    "a<script>alert(1)</script>b": "ab",
    "<img src=x onerror=alert(1)>": "",
    "<svg><script>alert(1)</script></svg>": "",
    "1 < 2 & 3": "1 &lt; 2 & 3",
  };
  for (const [footer, wanted] of Object.entries(cases)) {
    assertEquals(
      (await sanitizeFooter(footer)).replace(/(<a[^>]*?)\s+>/g, "$1>").replace(/" +/g, '" '),
      wanted,
      footer,
    );
  }
});

Deno.test("no footer runs anything", async () => {
  const attacks = [
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="https://x.org" onmouseover="alert(1)">x</a>',
    "<a href='https://x.org\" onclick=\"alert(1)'>x</a>",
    '<a href="https://x.org"/onclick=alert(1)>x</a>',
    '<a title="\\" onclick=alert(1) x="">x</a>',
    "<scr<script>ipt>alert(1)</script>",
    "<<script>script>alert(1)<</script>/script>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<a href="https://x.org"><img src=x onerror=alert(1)></a>',
    "<style>@import 'https://x.org'</style>",
    "<!--><script>alert(1)</script-->",
    "<form action=https://x.org><input>",
    "<a\u0000href=javascript:alert(1)>x</a>",
  ];
  for (const attack of attacks) {
    const safe = await sanitizeFooter(attack);
    // What is left of tags: links with an address and a title, line breaks
    const tags = safe.match(/<[^>]*>?/g) ?? [];
    for (const tag of tags) {
      assertMatch(
        tag,
        /^(?:<\/?a>|<br ?\/?>|<a target="_blank" rel="noopener noreferrer"(?: href="(?:https?:\/\/|mailto:)[^"<>\s]*"| title="[^"<>]*"|\s)*>)$/,
        `${attack} → ${safe}`,
      );
    }
  }
});

Deno.test("footers are sanitised, titles and descriptions are left as text", async () => {
  const { layer } = await PageReader.ofLayer(points({ n: [1] }), {
    style: basicStyle(),
    legends: basicLegend({ title: "<b>T</b>", description: "<i>", footer: "<i>F</i><script>x</script>" }),
  });
  const [legend] = layer.legends;
  assertEquals([legend?.title, legend?.description, legend?.footer], ["<b>T</b>", "<i>", "F"]);
});
