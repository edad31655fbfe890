/// <reference lib="dom" />
import type { PageCategoryWidget } from "../description.ts";
import { box, element } from "../_dom.ts";
import { formatNumber } from "../_format.ts";
import { OTHERS } from "../_labels.ts";
import type { LayerState } from "../_layer_state.ts";
import type { WidgetView } from "./view.ts";

/** How many values have a line of their own. */
const LINES = 10;

type Key = string | number | boolean;

/** The most frequent values within sight; each is a button that filters. */
export function categoryView(widget: PageCategoryWidget, state: LayerState, changed: () => void): WidgetView {
  const list = element("ul", { class: "bars" });
  const clear = element("button", { type: "button", class: "clear", hidden: true }, "Clear");
  const chosen = new Set<Key>();
  const choose = (key: Key | null) => {
    if (key === null) chosen.clear();
    else if (!chosen.delete(key)) chosen.add(key);
    clear.hidden = chosen.size === 0;
    // The column is asked for each time: rows may be replaced by others while the filter stands.
    state.setFilter(
      widget,
      chosen.size === 0 ? null : (row) => {
        const value = state.column(widget.column)?.key(row) ?? null;
        return value !== null && chosen.has(value);
      },
    );
    changed();
  };
  clear.onclick = () => choose(null);
  return {
    element: box("widget category", widget, list, clear),
    update: (rows) => {
      const counts = count(state, widget, rows);
      // What is chosen stays in sight, or it could not be unchosen.
      for (const key of chosen) if (!counts.has(key)) counts.set(key, 0);
      const sorted = [...counts].sort(([a, x], [b, y]) =>
        Number(chosen.has(b)) - Number(chosen.has(a)) || y - x || (String(a) < String(b) ? -1 : 1)
      );
      const rest = sorted.slice(LINES).reduce((sum, [, number]) => sum + number, 0);
      const most = Math.max(1, ...sorted.slice(0, LINES).map(([, number]) => number), rest);
      const focused = list.contains(document.activeElement)
        ? document.activeElement?.getAttribute("data-key")
        : undefined;
      list.replaceChildren(
        ...sorted.slice(0, LINES).map(([key, number]) => {
          const isChosen = chosen.has(key);
          const attributes = {
            type: "button",
            disabled: widget.readOnly,
            "aria-pressed": widget.readOnly ? undefined : String(isChosen),
            "data-key": String(key),
            class: chosen.size > 0 && !isChosen ? "out" : "",
          };
          const button = element("button", attributes, ...bar(String(key), number, most));
          button.onclick = () => choose(key);
          return element("li", {}, button);
        }),
        ...rest > 0 ? [element("li", { class: "rest" }, ...bar(OTHERS, rest, most))] : [],
      );
      for (const button of list.querySelectorAll("button")) {
        if (focused !== undefined && button.dataset.key === focused) button.focus();
      }
    },
  };
}

function count(state: LayerState, widget: PageCategoryWidget, rows: Uint32Array): Map<Key, number> {
  const column = state.column(widget.column);
  const counts = new Map<Key, number>();
  if (!column) return counts;
  const { codes, dictionary } = column;
  if (codes && dictionary) {
    const byCode = new Uint32Array(dictionary.length);
    for (const row of rows) {
      if (!state.passesBut(row, widget) || column.isNull(row)) continue;
      const code = codes[row] as number;
      byCode[code] = (byCode[code] as number) + 1;
    }
    byCode.forEach((number, code) => {
      if (number > 0) counts.set(dictionary[code] ?? "", number);
    });
    return counts;
  }
  for (const row of rows) {
    if (!state.passesBut(row, widget)) continue;
    const key = column.key(row);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function bar(label: string, number: number, most: number): Node[] {
  const fill = element("span", { class: "fill", "aria-hidden": "true" });
  fill.style.width = `${100 * number / most}%`;
  return [
    element("span", { class: "label" }, label),
    element("span", { class: "count" }, formatNumber(number, null)),
    fill,
  ];
}
