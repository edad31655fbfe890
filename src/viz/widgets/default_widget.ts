import { type BucketWidgetOptions, makeWidget, type Widget } from "./widget.ts";
import { checkFormat } from "../_titled.ts";

/** What {@linkcode defaultWidget} takes. */
export interface DefaultWidgetOptions extends BucketWidgetOptions {
  /** A specifier of d3-format, where the widget is a number. */
  format?: string | undefined;
}

/**
 * The widget that fits the layer's style: a histogram for numbers, the most frequent values for categories, a time
 * series for an animation, the number of points for clusters that count.
 *
 * @param options Texts, and how it is shown
 * @returns The widget, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example A title of one's own
 * ```ts
 * import { defaultWidget } from "@cartoframes/cartoframes/viz";
 *
 * const widget = defaultWidget({ title: "How many" });
 * if (widget.type !== "default") throw new Error(JSON.stringify(widget));
 * ```
 */
export function defaultWidget(options: DefaultWidgetOptions = {}): Widget {
  return makeWidget("default", undefined, { ...options, format: checkFormat(options.format) });
}
