import { ArgumentError } from "../../errors/carto_error.ts";
import { checkNumber, checkValue, checkWhole } from "../styles/_check_style.ts";
import { checkTitled, type Titled, type TitledOptions } from "../_titled.ts";

/** What a widget shows. */
export type WidgetType =
  | "basic"
  | "default"
  | "formula"
  | "histogram"
  | "category"
  | "animation"
  | "time-series";

/** What a formula widget tells of a column. */
export type FormulaOperation = "count" | "avg" | "min" | "max" | "sum";

/** What a widget helper returns: plain data that never changes. */
export interface Widget extends Titled {
  /** What it shows; `default` takes that of the layer's style. */
  readonly type: WidgetType;
  /** The column; undefined where there is none. */
  readonly value: string | undefined;
  /** What a formula tells of the column; undefined for the other widgets. */
  readonly operation: FormulaOperation | undefined;
  /** Whether a formula is of all rows rather than of those in the viewport. */
  readonly isGlobal: boolean;
  /** A specifier of d3-format; undefined for the usual format. */
  readonly format: string | undefined;
  /** Whether it only shows and does not filter. */
  readonly readOnly: boolean;
  /** How many bars a histogram has. */
  readonly buckets: number;
  /** How much room it takes beside the others. */
  readonly weight: number;
}

/** What widgets that filter take. */
export interface FilterWidgetOptions extends TitledOptions {
  /** Whether it only shows and does not filter. Default: false. */
  readOnly?: boolean | undefined;
  /** How much room it takes beside the others. Default: 1. */
  weight?: number | undefined;
}

/** What widgets with bars take. */
export interface BucketWidgetOptions extends FilterWidgetOptions {
  /** How many bars, for numbers and times. Default: 20. */
  buckets?: number | undefined;
}

const TYPES: readonly WidgetType[] = [
  "basic",
  "default",
  "formula",
  "histogram",
  "category",
  "animation",
  "time-series",
];

/** A widget of a type. */
export function makeWidget(
  type: WidgetType,
  value: string | undefined,
  options: BucketWidgetOptions & Partial<Pick<Widget, "operation" | "isGlobal" | "format">>,
): Widget {
  return Object.freeze({
    type,
    value: value === undefined ? undefined : checkValue(value),
    operation: options.operation,
    isGlobal: options.isGlobal ?? false,
    ...checkTitled(options),
    format: options.format,
    readOnly: options.readOnly ?? false,
    buckets: checkWhole(options.buckets ?? 20, "buckets", 1, 1000),
    weight: checkNumber(options.weight ?? 1, "weight", 0),
  });
}

/** The widgets of a layer, one or a list. */
export function checkWidgets(widgets: unknown): readonly Widget[] {
  const list = Array.isArray(widgets) ? widgets : [widgets];
  for (const widget of list) {
    if (typeof widget !== "object" || widget === null || !("type" in widget && "buckets" in widget)) {
      throw new ArgumentError("Widgets list contains invalid elements", {
        argument: "widgets",
        hint: 'Make each with a widget helper, such as histogramWidget("population")',
      });
    }
    if (!TYPES.includes(widget.type)) {
      throw new ArgumentError(
        `Widget type is not valid. Valid widget types are: ${TYPES.join(", ")}`,
        { argument: "widgets" },
      );
    }
  }
  return list;
}
