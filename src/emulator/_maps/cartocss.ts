/** The properties of CartoCSS by the symbolizer that they begin with. */
// deno-fmt-ignore
const PROPERTIES: Readonly<Record<string, string>> = {
  "": "background-color background-image background-image-comp-op background-image-opacity srs buffer-size " +
    "maximum-extent base font-directory image-filters direct-image-filters comp-op opacity image-filters-inflate",
  "polygon": "fill opacity gamma gamma-method clip simplify simplify-algorithm smooth geometry-transform comp-op",
  "polygon-pattern": "file alignment gamma opacity clip simplify simplify-algorithm smooth geometry-transform " +
    "transform comp-op",
  "line": "color width opacity join cap gamma gamma-method dasharray dash-offset miterlimit clip simplify " +
    "simplify-algorithm smooth offset rasterizer geometry-transform comp-op",
  "line-pattern": "file clip opacity simplify simplify-algorithm smooth offset geometry-transform transform comp-op",
  "marker": "file opacity fill-opacity line-color line-width line-opacity placement multi-policy type width height " +
    "fill allow-overlap avoid-edges ignore-placement spacing max-error transform clip simplify simplify-algorithm " +
    "smooth geometry-transform offset comp-op direction",
  "shield": "name file face-name unlock-image size fill placements avoid-edges allow-overlap margin repeat-distance " +
    "min-distance spacing min-padding label-position-tolerance wrap-width wrap-before wrap-character halo-fill " +
    "halo-radius halo-rasterizer halo-transform halo-comp-op halo-opacity character-spacing line-spacing text-dx " +
    "text-dy dx dy opacity text-opacity horizontal-alignment vertical-alignment placement-type placement " +
    "text-transform justify-alignment transform clip simplify simplify-algorithm smooth comp-op",
  "text": "name face-name size ratio wrap-width wrap-before wrap-character repeat-wrap-character spacing " +
    "character-spacing line-spacing label-position-tolerance max-char-angle-delta fill opacity halo-opacity " +
    "halo-fill halo-radius halo-rasterizer halo-transform dx dy vertical-alignment avoid-edges margin " +
    "repeat-distance min-distance min-padding min-path-length allow-overlap orientation rotate-displacement upright " +
    "placement placement-type placements transform horizontal-alignment align clip simplify simplify-algorithm " +
    "smooth comp-op halo-comp-op font-feature-settings largest-bbox-only",
  "raster": "opacity filter-factor scaling mesh-size comp-op colorizer-default-mode colorizer-default-color " +
    "colorizer-epsilon colorizer-stops",
  "building": "fill fill-opacity height",
  "point": "file allow-overlap ignore-placement opacity placement transform comp-op",
  "dot": "fill opacity width height comp-op",
  "debug": "mode",
};

/** The declarations and the selectors of a style. */
const PART = /([^{};]*)([{};])/g;
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/**
 * Looks for a mistake in a style: a brace without its pair, or a property that does not exist.
 *
 * @returns The mistake as the platform words it, `undefined` for a style without one
 */
export function checkCartocss(style: string, name: string): string | undefined {
  const bare = style.replace(COMMENT, (comment) => comment.replace(/[^\n]/g, " "));
  let depth = 0;
  for (const { 1: text = "", 2: sign, index } of `${bare};`.matchAll(PART)) {
    const declared = /^\s*([^\s:{]+)\s*:/.exec(text);
    if (sign === "{") depth++;
    else if (declared !== null && depth > 0) {
      const property = declared[1] ?? "";
      if (!isProperty(property)) {
        const at = index + text.indexOf(property);
        return `${name}:${place(bare, at)} Unrecognized rule: ${property}. Did you mean ${
          nearest(property)
        }?`;
      }
    }
    if (sign === "}" && --depth < 0) {
      return `${name}:${place(bare, index + text.length)} missing opening \`{\``;
    }
  }
  return depth > 0 ? `${name}:${place(bare, bare.length)} missing closing \`}\`` : undefined;
}

function place(text: string, at: number): string {
  const before = text.slice(0, at).split("\n");
  return `${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

function allProperties(): string[] {
  return Object.entries(PROPERTIES).flatMap(([symbolizer, names]) =>
    names.split(" ").map((name) => symbolizer === "" ? name : `${symbolizer}-${name}`)
  );
}

function isProperty(name: string): boolean {
  const plain = name.includes("/") ? name.slice(name.indexOf("/") + 1) : name;
  return plain.startsWith("@") || plain.startsWith("-torque-") || allProperties().includes(plain);
}

function nearest(name: string): string {
  const ranked = allProperties().map((known) => ({ known, distance: editDistance(name, known) }));
  return ranked.reduce((best, one) => one.distance < best.distance ? one : best).known;
}

/** How many letters must be put in, left out or changed to get from one word to the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
