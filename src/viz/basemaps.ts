import { ArgumentError, UnsupportedError } from "../errors/carto_error.ts";
import { checkColor } from "./_css_color.ts";
import type { PageBasemap } from "./page/description.ts";

/** A basemap that has a name. `Outline` needs no network; the others are CARTO's vector styles. */
export type BasemapName = "Outline" | "Positron" | "Voyager" | "DarkMatter";

/** A vector style of one's own. */
export interface BasemapStyle {
  /** A name of {@linkcode basemaps}, or the `https:` address of a MapLibre style document. */
  readonly style: string;
  /**
   * A key that the address needs, put where it says `{token}`. It can be read by everybody who gets the page: give one
   * that may be published.
   */
  readonly token?: string | undefined;
  /** Who must be named, as plain text, where the style itself does not tell. */
  readonly attribution?: string | undefined;
}

/**
 * What lies beneath the layers: a name of {@linkcode basemaps} in any case, any other text being a CSS colour; null for
 * white, false for nothing but the colour of the theme; or a vector style.
 */
export type Basemap = BasemapName | string | BasemapStyle | null | false;

/**
 * The basemaps, by name.
 *
 * @example A map that draws on CARTO's Voyager, where there is a network
 * ```ts
 * import { basemaps, Map } from "@cartoframes/cartoframes/viz";
 *
 * const map = new Map([], { basemap: basemaps.voyager });
 * if (map.basemap !== "Voyager") throw new Error(String(map.basemap));
 * ```
 */
export const basemaps: {
  readonly outline: "Outline";
  readonly positron: "Positron";
  readonly voyager: "Voyager";
  readonly darkmatter: "DarkMatter";
} = Object.freeze({
  outline: "Outline",
  positron: "Positron",
  voyager: "Voyager",
  darkmatter: "DarkMatter",
});

const CARTO_STYLES: Readonly<Record<string, string>> = {
  Positron: "positron",
  Voyager: "voyager",
  DarkMatter: "dark-matter",
};

const NAMES: readonly BasemapName[] = Object.values(basemaps);

/** The basemap that a user named, as the page takes it, and whether it is dark. */
export function resolveBasemap(basemap: Basemap | undefined): { page: PageBasemap; dark: boolean } {
  if (basemap === undefined) return { page: { kind: "outline" }, dark: false };
  if (basemap === null) return { page: { kind: "color", color: "#ffffff" }, dark: false };
  if (basemap === false) return { page: { kind: "color", color: "#00000000" }, dark: false };
  if (typeof basemap === "string") return named(basemap) ?? { page: plain(basemap), dark: false };
  if (typeof basemap !== "object" || typeof basemap.style !== "string") {
    throw new ArgumentError("If basemap is a dict, it must have a `style` key", {
      argument: "basemap",
      hint: 'Give { style: "https://…/style.json" }, a name of `basemaps`, or a colour',
    });
  }
  return named(basemap.style) ?? { page: remote(basemap), dark: false };
}

function named(text: string): { page: PageBasemap; dark: boolean } | undefined {
  const name = NAMES.find((each) => each.toLowerCase() === text.toLowerCase());
  if (name === undefined) return undefined;
  const style = CARTO_STYLES[name];
  if (style === undefined) return { page: { kind: "outline" }, dark: false };
  const url = `https://basemaps.cartocdn.com/gl/${style}-gl-style/style.json`;
  const attribution = "© OpenStreetMap contributors, © CARTO";
  return { page: { kind: "style", name, url, attribution }, dark: name === "DarkMatter" };
}

function plain(color: string): PageBasemap {
  try {
    return { kind: "color", color: checkColor(color, "basemap") };
  } catch (cause) {
    throw new ArgumentError(`Cannot use basemap "${color}": it is neither a basemap nor a CSS colour`, {
      argument: "basemap",
      hint: `Name one of ${NAMES.join(", ")}, give a colour, or { style: "https://…/style.json" }`,
      cause,
    });
  }
}

function remote({ style, token, attribution = "" }: BasemapStyle): PageBasemap {
  if (/^mapbox:/i.test(style)) {
    throw new UnsupportedError("Cannot use a basemap of Mapbox: only Mapbox's own library may draw it", {
      hint: "Give the https address of a MapLibre style, or a name of `basemaps`",
    });
  }
  const url = URL.parse(style.replaceAll("{token}", "token"));
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ArgumentError("Cannot use this basemap: its style is neither a name nor an https address", {
      argument: "basemap.style",
      hint: `Name one of ${NAMES.join(", ")}, or give the address of a MapLibre style`,
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new ArgumentError(
      "Cannot use this basemap: its address holds a password, which the page would show",
      {
        argument: "basemap.style",
      },
    );
  }
  const hasPlace = style.includes("{token}");
  if (hasPlace !== (token !== undefined)) {
    throw new ArgumentError(
      hasPlace
        ? "Cannot use this basemap: its address asks for a token, and none is given"
        : "Cannot use this basemap: a token is given, and its address has no place for it",
      {
        argument: "basemap.token",
        hint: 'Give both: { style: "https://…/style.json?key={token}", token: "…" }',
      },
    );
  }
  return {
    kind: "style",
    name: url.hostname,
    url: style.replaceAll("{token}", encodeURIComponent(token ?? "")),
    attribution,
  };
}
