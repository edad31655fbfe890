import { checkValue } from "../styles/_check_style.ts";
import { type FilterWidgetOptions, makeWidget, type Widget } from "./widget.ts";

/**
 * The most frequent values of a column among the features in the viewport; a click on one filters the map.
 *
 * @param value The column
 * @param options Texts, whether it filters, how much room it takes
 * @returns The widget, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Only to look at
 * ```ts
 * import { categoryWidget } from "@cartoframes/cartoframes/viz";
 *
 * const widget = categoryWidget("country", { readOnly: true });
 * if (widget.type !== "category" || !widget.readOnly) throw new Error(JSON.stringify(widget));
 * ```
 */
export function categoryWidget(value: string, options: FilterWidgetOptions = {}): Widget {
  return makeWidget("category", checkValue(value), options);
}
