/**
 * What a map's description costs: styles compiled, columns and places written into buffers. Target for a million points:
 * well under half a second; the group names tell the number of rows, so that a straight line can be seen.
 */
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { describePage } from "../../src/viz/_describe.ts";
import {
  basicStyle,
  colorBinsStyle,
  colorCategoryStyle,
  Layer,
  Map as CartoMap,
  popupElement,
  sizeContinuousStyle,
  type Style,
} from "../../src/viz/mod.ts";

const CATEGORIES = ["food", "shop", "park", "bar", "museum", "hotel", "school", "other"];

/** Values that look measured, the same in every run. */
function makePoints(rows: number): GeoDataFrame {
  return GeoDataFrame.fromColumns({
    measure: Float64Array.from({ length: rows }, (_, i) => Math.sin(i) * 1000),
    count: Int32Array.from({ length: rows }, (_, i) => (i * 7919) % 1_000_000),
    category: Array.from({ length: rows }, (_, i) => CATEGORIES[i % 8]),
    name: Array.from({ length: rows }, (_, i) => `Name of ${i}`),
  }).setGeometryFromXY(
    Float64Array.from({ length: rows }, (_, i) => Math.sin(i) * 180),
    Float64Array.from({ length: rows }, (_, i) => Math.cos(i) * 85),
  );
}

const STYLES: Readonly<Record<string, Style>> = {
  "one look": basicStyle(),
  "quantiles": colorBinsStyle("measure"),
  "standard deviations": colorBinsStyle("measure", { method: "stdev" }),
  "categories, sized": colorCategoryStyle("category", { size: sizeContinuousStyle("count") }),
  "most frequent of many numbers": colorCategoryStyle("measure"),
};

for (const rows of [1000, 10_000, 100_000, 1_000_000]) {
  const frame = makePoints(rows);
  for (const [name, style] of Object.entries(STYLES)) {
    Deno.bench(name, { group: `${rows} points` }, async () => {
      await describePage(new CartoMap(new Layer(frame, { style })));
    });
  }
  Deno.bench("names in popups", { group: `${rows} points` }, async () => {
    await describePage(new CartoMap(new Layer(frame, { popupHover: popupElement("name") })));
  });
}
