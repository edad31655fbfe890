/// <reference lib="dom" />
import type { PageWidget } from "../description.ts";
import { box } from "../_dom.ts";
import type { LayerState } from "../_layer_state.ts";
import { animationView, timeSeriesView } from "./animation.ts";
import { categoryView } from "./category.ts";
import { formulaView } from "./formula.ts";
import { histogramView } from "./histogram.ts";
import type { WidgetView } from "./view.ts";

/** Makes a widget; `changed` is called when it filters. */
export function widgetView(widget: PageWidget, state: LayerState, changed: () => void): WidgetView {
  switch (widget.type) {
    case "basic":
      return { element: box("widget basic", widget), update: () => {} };
    case "formula":
      return formulaView(widget, state);
    case "category":
      return categoryView(widget, state, changed);
    case "histogram":
      return histogramView(widget, state, changed);
    case "time-series":
      return timeSeriesView(widget, state, changed);
    case "animation":
      return animationView(widget, state);
  }
}
