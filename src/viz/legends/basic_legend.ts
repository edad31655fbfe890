import type { TitledOptions } from "../_titled.ts";
import { type Legend, makeLegend } from "./legend.ts";

/**
 * A legend that shows how the layer's features look, with a title.
 *
 * @param options The texts
 * @returns The legend, for {@linkcode Layer}
 *
 * @example A name for the layer
 * ```ts
 * import { basicLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = basicLegend({ title: "Shops", footer: 'from <a href="https://example.org">example.org</a>' });
 * if (legend.type !== "basic") throw new Error(JSON.stringify(legend));
 * ```
 */
export function basicLegend(options: TitledOptions = {}): Legend {
  const { title, description, footer } = options;
  return makeLegend("basic", { title, description, footer }, { prop: "color", ascending: false });
}
