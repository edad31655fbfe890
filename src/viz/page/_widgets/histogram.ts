/// <reference lib="dom" />
import type { PageHistogramWidget, PageTimeSeriesWidget } from "../description.ts";
import { rangeOf } from "../_clusters.ts";
import { box, element } from "../_dom.ts";
import { numberText, OTHERS } from "../_labels.ts";
import type { LayerState } from "../_layer_state.ts";
import type { Column } from "../_model.ts";
import { type Bar, Bars } from "./bars.ts";
import type { WidgetView } from "./view.ts";

/** Bars within sight: of ranges for numbers and times, of values for everything else. */
export function histogramView(
  widget: PageHistogramWidget | PageTimeSeriesWidget,
  state: LayerState,
  changed: () => void,
  bars: (choose: ConstructorParameters<typeof Bars>[0]) => Bars = (choose) => new Bars(choose),
): WidgetView {
  const column = state.column(widget.column);
  let classes = column && classesOf(column, widget.buckets, state.data.rows);
  const clear = element("button", { type: "button", class: "clear", hidden: true }, "Clear");
  const plot = bars(
    widget.readOnly ? null : (chosen) => {
      clear.hidden = chosen === null;
      const chosenOf = classes;
      // The column is asked for each time: rows may be replaced by others while the filter stands.
      const filter = (row: number) => {
        const index = chosenOf?.at(state.column(widget.column), row) ?? -1;
        return chosen !== null && index >= chosen[0] && index <= chosen[1];
      };
      state.setFilter(widget, chosen === null ? null : filter);
      changed();
    },
  );
  clear.onclick = () => plot.clear();
  const ends = element(
    "div",
    { class: "ends" },
    ...(classes?.ends ?? []).map((text) => element("span", {}, text)),
  );
  let data = state.data;
  return {
    element: box(`widget ${widget.type}`, widget, plot.element, ends, clear),
    update: (rows) => {
      const now = state.column(widget.column);
      // What is chosen keeps its meaning when other rows come.
      if (data !== state.data && plot.chosen === null) {
        data = state.data;
        classes = now && classesOf(now, widget.buckets, data.rows);
        ends.replaceChildren(...(classes?.ends ?? []).map((text) => element("span", {}, text)));
      }
      if (!classes) return;
      const counts = new Uint32Array(classes.labels.length);
      for (const row of rows) {
        if (!state.passesBut(row, widget)) continue;
        const at = classes.at(now, row);
        if (at >= 0) counts[at] = (counts[at] as number) + 1;
      }
      plot.draw(classes.labels.map((label, i): Bar => ({ label, count: counts[i] as number })));
    },
  };
}

/** The classes of a column: their names, what stands at the ends, and which of them a row's value is in, -1 for none. */
interface Classes {
  readonly labels: readonly string[];
  readonly ends: readonly string[];
  readonly at: (column: Column | undefined, row: number) => number;
}

function classesOf(column: Column, buckets: number, rows: number): Classes {
  return column.kind === "number" || column.kind === "time"
    ? rangesOf(column, buckets, rows)
    : valuesOf(column, buckets, rows);
}

function rangesOf(column: Column, buckets: number, rows: number): Classes {
  const [min, max] = rangeOf((function* () {
    for (let row = 0; row < rows; row++) yield column.number(row);
  })());
  const count = min === max ? 1 : Math.max(1, buckets);
  const width = (max - min) / count;
  const text = (value: number) => numberText(column, value, null);
  const indexOf = (value: number) => {
    if (!Number.isFinite(value)) return -1;
    return width === 0 ? 0 : Math.max(0, Math.min(count - 1, Math.floor((value - min) / width)));
  };
  return {
    labels: Array.from(
      { length: count },
      (_, i) => min === max ? text(min) : `${text(min + width * i)} – ${text(min + width * (i + 1))}`,
    ),
    ends: [text(min), text(max)],
    at: (of, row) => indexOf(of?.number(row) ?? NaN),
  };
}

/** The most frequent values, and the rest in one class. */
function valuesOf(column: Column, buckets: number, rows: number): Classes {
  const counts = new Map<string | number | boolean, number>();
  for (let row = 0; row < rows; row++) {
    const key = column.key(row);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([key]) => key);
  const named = sorted.length > buckets ? sorted.slice(0, Math.max(1, buckets - 1)) : sorted;
  const hasRest = sorted.length > named.length;
  const indexes = new Map(named.map((key, i) => [key, i]));
  return {
    labels: [...named.map(String), ...hasRest ? [OTHERS] : []],
    ends: [],
    at: (of, row) => {
      const key = of?.key(row) ?? null;
      return key === null ? -1 : indexes.get(key) ?? named.length;
    },
  };
}
