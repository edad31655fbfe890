import { checkValue } from "../styles/_check_style.ts";
import { type BucketWidgetOptions, makeWidget, type Widget } from "./widget.ts";

/**
 * How the features in the viewport are spread over a column of times or numbers, with a clock that plays them. A layer
 * without an animation gets one of 20 seconds by that column.
 *
 * @param value The column
 * @param options Texts, bars, whether it filters, how much room it takes
 * @returns The widget, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Sightings by the hour
 * ```ts
 * import { timeSeriesWidget } from "@cartoframes/cartoframes/viz";
 *
 * const widget = timeSeriesWidget("seen_at", { buckets: 24 });
 * if (widget.type !== "time-series") throw new Error(JSON.stringify(widget));
 * ```
 */
export function timeSeriesWidget(value: string, options: BucketWidgetOptions = {}): Widget {
  return makeWidget("time-series", checkValue(value), options);
}
