import type { TitledOptions } from "../_titled.ts";
import { makeWidget, type Widget } from "./widget.ts";

/**
 * A widget of text alone.
 *
 * @param options The texts
 * @returns The widget, for {@linkcode Layer}
 *
 * @example A note beside the map
 * ```ts
 * import { basicWidget } from "@cartoframes/cartoframes/viz";
 *
 * const widget = basicWidget({ title: "Custom Info", description: "Counted in May" });
 * if (widget.type !== "basic" || widget.value !== undefined) throw new Error(JSON.stringify(widget));
 * ```
 */
export function basicWidget(options: TitledOptions = {}): Widget {
  const { title, description, footer } = options;
  return makeWidget("basic", undefined, { title, description, footer });
}
