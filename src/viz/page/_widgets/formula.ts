/// <reference lib="dom" />
import type { PageFormulaWidget } from "../description.ts";
import { gather } from "../_clusters.ts";
import { box, element } from "../_dom.ts";
import { numberText } from "../_labels.ts";
import type { LayerState } from "../_layer_state.ts";
import type { WidgetView } from "./view.ts";

/** One number: of what is within sight, or of all. */
export function formulaView(widget: PageFormulaWidget, state: LayerState): WidgetView {
  const output = element("output", { class: "number", "aria-live": "polite" });
  return {
    element: box("widget formula", widget, output),
    update: (rows) => {
      const of = widget.isGlobal ? Uint32Array.from({ length: state.data.rows }, (_, row) => row) : rows;
      const value = gather(state, widget.operation, widget.column, of.filter((row) => state.passes(row)));
      const column = widget.operation === "count" ? undefined : state.column(widget.column);
      output.textContent = Number.isNaN(value) ? "–" : numberText(column, value, widget.format);
    },
  };
}
