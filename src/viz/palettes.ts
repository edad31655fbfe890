import { ArgumentError } from "../errors/carto_error.ts";

/** The names of the palettes, in the order of CARTO's documentation; lower case as they are looked up. */
const NAMES = [
  "burg burgyl redor oryel peach pinkyl mint blugrn darkmint emrld ag_grnyl bluyl teal tealgrn purp purpor sunset",
  "magenta sunsetdark ag_sunset brwnyl armyrose fall geyser temps tealrose tropic earth antique bold pastel prism safe",
  "vivid cb_ylgn cb_ylgnbu cb_gnbu cb_bugn cb_pubugn cb_pubu cb_bupu cb_rdpu cb_purd cb_orrd cb_ylorrd cb_ylorbr",
  "cb_purples cb_blues cb_greens cb_oranges cb_reds cb_greys cb_puor cb_brbg cb_prgn cb_piyg cb_rdbu cb_rdgy",
  "cb_rdylbu cb_spectral cb_rdylgn cb_accent cb_dark2 cb_paired cb_pastel1 cb_pastel2 cb_set1 cb_set2 cb_set3",
].join(" ");

/** A palette's key in {@linkcode palettes}. */
export type PaletteKey =
  | "burg"
  | "burgyl"
  | "redor"
  | "oryel"
  | "peach"
  | "pinkyl"
  | "mint"
  | "blugrn"
  | "darkmint"
  | "emrld"
  | "ag_grnyl"
  | "bluyl"
  | "teal"
  | "tealgrn"
  | "purp"
  | "purpor"
  | "sunset"
  | "magenta"
  | "sunsetdark"
  | "ag_sunset"
  | "brwnyl"
  | "armyrose"
  | "fall"
  | "geyser"
  | "temps"
  | "tealrose"
  | "tropic"
  | "earth"
  | "antique"
  | "bold"
  | "pastel"
  | "prism"
  | "safe"
  | "vivid"
  | "cb_ylgn"
  | "cb_ylgnbu"
  | "cb_gnbu"
  | "cb_bugn"
  | "cb_pubugn"
  | "cb_pubu"
  | "cb_bupu"
  | "cb_rdpu"
  | "cb_purd"
  | "cb_orrd"
  | "cb_ylorrd"
  | "cb_ylorbr"
  | "cb_purples"
  | "cb_blues"
  | "cb_greens"
  | "cb_oranges"
  | "cb_reds"
  | "cb_greys"
  | "cb_puor"
  | "cb_brbg"
  | "cb_prgn"
  | "cb_piyg"
  | "cb_rdbu"
  | "cb_rdgy"
  | "cb_rdylbu"
  | "cb_spectral"
  | "cb_rdylgn"
  | "cb_accent"
  | "cb_dark2"
  | "cb_paired"
  | "cb_pastel1"
  | "cb_pastel2"
  | "cb_set1"
  | "cb_set2"
  | "cb_set3";

/** A palette's name, in capitals as CARTOframes writes it. */
export type PaletteName = Uppercase<PaletteKey>;

/**
 * A palette: its name in any case, such as `sunset`, or a list of CSS colours. A list that is not as long as there are
 * classes is spread over them.
 */
export type Palette = PaletteName | PaletteKey | readonly string[];

/**
 * The palettes of CARTO (CARTOColors, CC BY 4.0) and of ColorBrewer (`cb_`, Apache License 2.0), by name.
 *
 * @example A palette by name
 * ```ts
 * import { colorBinsStyle, palettes } from "@cartoframes/cartoframes/viz";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(palettes.vivid, "VIVID");
 * assertEquals(colorBinsStyle("population", { palette: palettes.sunset }).palette, "SUNSET");
 * ```
 */
export const palettes: { readonly [Key in PaletteKey]: Uppercase<Key> } = Object.freeze(
  Object.fromEntries(NAMES.split(" ").map((key) => [key, key.toUpperCase()])),
) as { readonly [Key in PaletteKey]: Uppercase<Key> };

/** A palette as a style keeps it: the name in capitals, or the list. */
export function checkPalette<Default extends PaletteName>(
  palette: unknown,
  otherwise: Default,
): PaletteName | readonly string[] {
  if (palette === undefined || palette === null) return otherwise;
  if (typeof palette === "string") {
    const key = palette.toLowerCase();
    if (Object.hasOwn(palettes, key)) return palettes[key as PaletteKey];
    throw new ArgumentError(`Cannot use palette "${palette}": there is none of that name`, {
      argument: "palette",
      hint: `Name one of ${Object.keys(palettes).join(", ")}, or give a list of colours`,
    });
  }
  if (Array.isArray(palette) && palette.length > 0 && palette.every((color) => typeof color === "string")) {
    return Object.freeze([...palette]);
  }
  throw new ArgumentError(
    "Cannot use this palette: it must be a name, or a list of one or more CSS colours",
    {
      argument: "palette",
    },
  );
}
