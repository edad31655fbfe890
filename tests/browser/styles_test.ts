/** Every style on every kind of geometry draws what it should: pixels at known places, and features picked there. */
import { assertEquals } from "@std/assert";
import {
  animationStyle,
  basicStyle,
  clusterSizeStyle,
  colorBinsStyle,
  colorCategoryStyle,
  colorContinuousStyle,
  isolinesStyle,
  Layer,
  Map as CartoMap,
  popupElement,
  sizeBinsStyle,
  sizeCategoryStyle,
  sizeContinuousStyle,
  type Style,
} from "../../src/viz/mod.ts";
import { assertColor, browserTest, colorAt, type Open, project } from "./_browser.ts";
import { features, type Kind, KINDS, placeOf, VIEWPORT } from "./_frames.ts";

const [RED, GREEN, BLUE] = ["#ff0000", "#00a000", "#0000ff"];
const palette = [RED, GREEN, BLUE];
const common = { opacity: 1, strokeWidth: 0 };

/** One map with a layer of each kind, on white. */
function mapOf(style: (kind: Kind) => Style | undefined, kinds: readonly Kind[] = KINDS): CartoMap {
  const layers = kinds.map((kind) => {
    const of = style(kind);
    return new Layer(features(kind), {
      ...of ? { style: of } : {},
      popupHover: [popupElement("name")],
      defaultLegend: false,
    });
  });
  return new CartoMap(layers, { basemap: "white", viewport: VIEWPORT });
}

/** Opens it and checks the colour of each feature, and that each can be picked. */
async function checkColors(
  open: Open,
  style: (kind: Kind) => Style | undefined,
  colors: (kind: Kind) => readonly string[],
  kinds: readonly Kind[] = KINDS,
): Promise<void> {
  const { tab } = await open(mapOf(style, kinds));
  const picture = await tab.pixels();
  for (const kind of kinds) {
    for (const index of [0, 1, 2]) {
      const place = await project(tab, ...placeOf(kind, index));
      assertColor(colorAt(picture, place), colors(kind)[index] ?? "", `${kind} ${index}`);
      const name = await tab.evaluate(`(() => {
        const picked = cartoframes.maps[0].featureAt(${place[0]}, ${place[1]}, "popupHover");
        return picked?.state.column("name").text(picked.row) ?? null;
      })()`);
      assertEquals(name, `${kind} ${index}`);
    }
  }
}

/** How wide the ink around a place is, in pixels, from left to right or from top to bottom. */
async function extents(open: Open, style: Style, kind: Kind): Promise<number[]> {
  const { tab } = await open(mapOf(() => style, [kind]));
  const picture = await tab.pixels();
  const result: number[] = [];
  for (const index of [0, 1, 2]) {
    const [x, y] = await project(tab, ...placeOf(kind, index));
    let extent = 0;
    for (let offset = -30; offset <= 30; offset++) {
      const [red, green, blue] = colorAt(picture, [x, y + offset]);
      extent += 1 - Math.min(red, green, blue) / 255;
    }
    result.push(extent);
  }
  return result;
}

function assertExtents(actual: readonly number[], expected: readonly number[]): void {
  const isClose = expected.every((value, i) => Math.abs(value - (actual[i] ?? -99)) <= 1.2);
  if (!isClose) assertEquals([...actual], [...expected]);
}

browserTest("styles draw", {
  "the default style: each kind in its own colour": async (open) => {
    const colors = { point: "#ee4d5a", line: "#4cc8a3", polygon: "#826dba" };
    const { tab } = await open(
      mapOf((kind) => basicStyle({ ...common, ...kind === "polygon" ? {} : { size: 12 } })),
    );
    const picture = await tab.pixels();
    for (const kind of KINDS) {
      assertColor(colorAt(picture, await project(tab, ...placeOf(kind, 1))), colors[kind], kind);
    }
  },
  "without a style at all something is drawn at each place": async (open) => {
    const { tab } = await open(mapOf(() => undefined));
    const picture = await tab.pixels();
    for (const kind of KINDS) {
      const [red, green, blue] = colorAt(picture, await project(tab, ...placeOf(kind, 1)));
      assertEquals(Math.min(red, green, blue) < 250, true, kind);
    }
  },
  "basicStyle: colour, size, and an outline": async (open) => {
    const style = () => basicStyle({ color: RED, size: 14, opacity: 1, strokeWidth: 0 });
    await checkColors(open, style, () => [RED, RED, RED]);
  },
  "colorBinsStyle": async (open) => {
    await checkColors(
      open,
      () => colorBinsStyle("value", { breaks: [20, 80], palette, size: 14, ...common }),
      () => palette,
    );
  },
  "colorCategoryStyle": async (open) => {
    await checkColors(
      open,
      () => colorCategoryStyle("category", { cat: ["a", "b", "c"], palette, size: 14, ...common }),
      () => palette,
    );
  },
  "colorContinuousStyle": async (open) => {
    await checkColors(
      open,
      () =>
        colorContinuousStyle("value", {
          rangeMin: 0,
          rangeMax: 100,
          palette: ["#000000", "#ff0000"],
          size: 14,
          ...common,
        }),
      () => ["#030000", "#800000", "#ff0000"],
    );
  },
  "isolinesStyle": async (open) => {
    await checkColors(
      open,
      () => isolinesStyle("category", { cat: ["a", "b", "c"], palette, size: 14, ...common }),
      () => palette,
    );
  },
  "sizeBinsStyle: points": async (open) => {
    const style = sizeBinsStyle("value", {
      breaks: [20, 80],
      sizeRange: [4, 24],
      color: "#000000",
      ...common,
    });
    assertExtents(await extents(open, style, "point"), [4, 14, 24]);
  },
  "sizeBinsStyle: lines": async (open) => {
    const style = sizeBinsStyle("value", {
      breaks: [20, 80],
      sizeRange: [2, 12],
      color: "#000000",
      ...common,
    });
    assertExtents(await extents(open, style, "line"), [2, 7, 12]);
  },
  "sizeCategoryStyle: points and lines": async (open) => {
    const style = sizeCategoryStyle("category", {
      cat: ["a", "b", "c"],
      sizeRange: [4, 12],
      color: "#000000",
      ...common,
    });
    assertExtents(await extents(open, style, "point"), [4, 8, 12]);
    assertExtents(await extents(open, style, "line"), [4, 8, 12]);
  },
  "sizeContinuousStyle: areas of points grow with the value, widths of lines too": async (open) => {
    const style = sizeContinuousStyle("value", {
      rangeMin: 0,
      rangeMax: 100,
      sizeRange: [0, 30],
      color: "#000000",
      ...common,
    });
    assertExtents(await extents(open, style, "point"), [3, 30 * Math.sqrt(0.5), 30]);
    assertExtents(await extents(open, style, "line"), [0.3, 15, 30]);
  },
  "clusterSizeStyle: one circle for what lies close": async (open) => {
    const style = clusterSizeStyle("value", {
      operation: "sum",
      resolution: 128,
      color: "#000000",
      opacity: 1,
      strokeWidth: 0,
    });
    const { tab } = await open(mapOf(() => style, ["point"]));
    // In cells of 128 pixels the first point is alone, the other two share the next cell.
    const [left] = await project(tab, -40, 40);
    const [middle, y] = await project(tab, 20, 40);
    const [right] = await project(tab, 80, 40);
    const rowsAt = (x: number) =>
      tab.evaluate(`cartoframes.maps[0].featureAt(${x}, ${y}, "popupHover")?.cluster.rows.join() ?? null`);
    assertEquals([await rowsAt(left), await rowsAt(middle), await rowsAt(right)], ["0", "1,2", null]);
    const picture = await tab.pixels();
    // The largest sum has a diameter of 128 pixels, the smallest one of 16.
    assertColor(colorAt(picture, [middle, y + 60]), "#000000", "the large circle");
    assertColor(colorAt(picture, [left, y]), "#000000", "the small circle");
    assertColor(colorAt(picture, [left, y + 12]), "#ffffff", "beside the small circle");
  },
  "animationStyle: features come and go with the clock": async (open) => {
    const style = () =>
      animationStyle("value", { duration: 10, fadeIn: 0, fadeOut: 0, color: RED, size: 14, ...common });
    const { tab } = await open(mapOf(style));
    for (const [time, shown] of [[1, 0], [50, 1], [100, 2]] as const) {
      await tab.evaluate(
        `cartoframes.maps[0].layers.forEach(({ clock }) => { clock.pause(); clock.set(${time}); })`,
      );
      await tab.evaluate("new Promise((resolve) => setTimeout(resolve, 300))");
      const picture = await tab.pixels();
      for (const kind of KINDS) {
        for (const index of [0, 1, 2]) {
          const color = colorAt(picture, await project(tab, ...placeOf(kind, index)));
          assertColor(color, index === shown ? RED : "#ffffff", `${kind} ${index} at ${time}`);
        }
      }
    }
  },
});
