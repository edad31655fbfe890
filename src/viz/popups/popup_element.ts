import { ArgumentError } from "../../errors/carto_error.ts";
import { checkFormat, checkText } from "../_titled.ts";
import { checkValue } from "../styles/_check_style.ts";

/** What a popup helper returns: plain data that never changes. */
export interface PopupElement {
  /** The column; undefined for that of the layer's style. */
  readonly value: string | undefined;
  /** Undefined for the column's name, or the layer's title. */
  readonly title: string | undefined;
  /** A specifier of d3-format; undefined for the usual format. */
  readonly format: string | undefined;
}

/** What {@linkcode popupElement} takes. */
export interface PopupElementOptions {
  /** What stands above the value; plain text. Default: the column's name. */
  title?: string | undefined;
  /** A specifier of d3-format, such as `.2f`. Default: the usual format of the reader's language. */
  format?: string | undefined;
}

/**
 * One value in a popup. Values and titles are shown as text, whatever they hold.
 *
 * @param value The column
 * @param options Title and format
 * @returns The element, for `popupHover` and `popupClick` of {@linkcode Layer}
 * @throws {ArgumentError} The value is no name of a column, or the format is none of d3-format
 *
 * @example A name for a reader
 * ```ts
 * import { popupElement } from "@cartoframes/cartoframes/viz";
 *
 * const element = popupElement("pop_2020", { title: "Population", format: ",d" });
 * if (element.value !== "pop_2020") throw new Error(JSON.stringify(element));
 * ```
 */
export function popupElement(value: string, options: PopupElementOptions = {}): PopupElement {
  return Object.freeze({
    value: checkValue(value),
    title: checkText(options.title, "title"),
    format: checkFormat(options.format),
  });
}

/** The elements of a popup, one or a list. */
export function checkPopup(popup: unknown, argument: string): readonly PopupElement[] {
  const list = Array.isArray(popup) ? popup : [popup];
  for (const element of list) {
    if (typeof element !== "object" || element === null || !("value" in element)) {
      throw new ArgumentError("Wrong popup input", {
        argument,
        hint: 'Make each element with popupElement("column") or defaultPopupElement()',
      });
    }
  }
  return list;
}
