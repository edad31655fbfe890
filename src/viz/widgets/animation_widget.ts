import type { TitledOptions } from "../_titled.ts";
import { makeWidget, type Widget } from "./widget.ts";

/**
 * Play and pause for the layer's animation.
 *
 * @param options The texts
 * @returns The widget, for {@linkcode Layer}
 *
 * @example Beside an animated style
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { animationStyle, animationWidget, Layer } from "@cartoframes/cartoframes/viz";
 *
 * const trips = GeoDataFrame.fromRows([{ hour: 7, lng: 2.1, lat: 41.4 }]).setGeometryFromXY("lng", "lat");
 * const layer = new Layer(trips, { style: animationStyle("hour"), widgets: animationWidget() });
 * if (layer.widgets?.[0]?.type !== "animation") throw new Error("no widget");
 * ```
 */
export function animationWidget(options: TitledOptions = {}): Widget {
  const { title, description, footer } = options;
  return makeWidget("animation", undefined, { title, description, footer });
}
