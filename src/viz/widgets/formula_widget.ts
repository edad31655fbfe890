import { ArgumentError } from "../../errors/carto_error.ts";
import { checkFormat, type TitledOptions } from "../_titled.ts";
import { shown } from "../styles/_check_style.ts";
import { type FormulaOperation, makeWidget, type Widget } from "./widget.ts";

/** What {@linkcode formulaWidget} takes. */
export interface FormulaWidgetOptions extends TitledOptions {
  /** Whether it is of all rows rather than of those in the viewport. Default: false. */
  isGlobal?: boolean | undefined;
  /** A specifier of d3-format, such as `.2f`. Default: the usual format of the reader's language. */
  format?: string | undefined;
}

const OPERATIONS: readonly FormulaOperation[] = ["count", "avg", "min", "max", "sum"];

/**
 * One number about the features in the viewport.
 *
 * @param value The column; for `count` it does not matter
 * @param operation What is told of it, in any case: `count`, `avg`, `min`, `max` or `sum`
 * @param options Texts, format, whether it is of all rows
 * @returns The widget, for {@linkcode Layer}
 * @throws {ArgumentError} The operation is none of those, or an option cannot be used
 *
 * @example The sum of a column
 * ```ts
 * import { formulaWidget } from "@cartoframes/cartoframes/viz";
 *
 * const widget = formulaWidget("population", "sum", { title: "People", format: ".3s" });
 * if (widget.operation !== "sum") throw new Error(JSON.stringify(widget));
 * ```
 */
export function formulaWidget(
  value: string,
  operation: FormulaOperation | Uppercase<FormulaOperation>,
  options: FormulaWidgetOptions = {},
): Widget {
  const found = OPERATIONS.find((each) => each === String(operation).toLowerCase());
  if (found === undefined) {
    throw new ArgumentError(
      `${shown(operation)} is not a valid operation. Valid operations are ${OPERATIONS.join(", ")}`,
      { argument: "operation" },
    );
  }
  const { title, description, footer, isGlobal, format } = options;
  return makeWidget("formula", value, {
    operation: found,
    title,
    description,
    footer,
    isGlobal: isGlobal ?? false,
    format: checkFormat(format),
  });
}
