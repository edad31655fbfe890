import { checkFormat, checkText } from "../_titled.ts";
import type { PopupElement, PopupElementOptions } from "./popup_element.ts";

/**
 * The value that the layer's style shows anyway, with a title or format of one's own.
 *
 * @param options Title and format
 * @returns The element, for `popupHover` and `popupClick` of {@linkcode Layer}
 * @throws {ArgumentError} The format is none of d3-format
 *
 * @example Two decimals
 * ```ts
 * import { defaultPopupElement } from "@cartoframes/cartoframes/viz";
 *
 * const element = defaultPopupElement({ format: ".2f" });
 * if (element.value !== undefined) throw new Error(JSON.stringify(element));
 * ```
 */
export function defaultPopupElement(options: PopupElementOptions = {}): PopupElement {
  return Object.freeze({
    value: undefined,
    title: checkText(options.title, "title"),
    format: checkFormat(options.format),
  });
}
