import { checkValue } from "../styles/_check_style.ts";
import { type BucketWidgetOptions, makeWidget, type Widget } from "./widget.ts";

/**
 * How the values of a column are spread among the features in the viewport: by ranges of numbers and times, by value
 * otherwise; a selection filters the map.
 *
 * @param value The column
 * @param options Texts, bars, whether it filters, how much room it takes
 * @returns The widget, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Ten bars
 * ```ts
 * import { histogramWidget } from "@cartoframes/cartoframes/viz";
 *
 * const widget = histogramWidget("population", { buckets: 10 });
 * if (widget.buckets !== 10) throw new Error(JSON.stringify(widget));
 * ```
 */
export function histogramWidget(value: string, options: BucketWidgetOptions = {}): Widget {
  return makeWidget("histogram", checkValue(value), options);
}
