/// <reference lib="dom" />
/** What a feature says: beside the pointer, or in a box that stays where it was clicked. All of it is text. */
import type { PagePopupElement } from "./description.ts";
import { type Cluster, gather } from "./_clusters.ts";
import { element } from "./_dom.ts";
import { formatNumber } from "./_format.ts";
import { cellText, numberText } from "./_labels.ts";
import type { LayerState } from "./_layer_state.ts";

/** A feature: a row, or a cluster of rows. */
export interface Feature {
  readonly state: LayerState;
  readonly row: number;
  readonly cluster: Cluster | null;
}

/** The lines of a popup. */
export function popupLines(
  lines: readonly PagePopupElement[],
  { state, row, cluster }: Feature,
): HTMLElement {
  return element(
    "dl",
    {},
    ...lines.flatMap(({ title, value, format }) => [
      ...title ? [element("dt", {}, title)] : [],
      element("dd", {}, textOf(state, row, cluster, value, format)),
    ]),
  );
}

function textOf(
  state: LayerState,
  row: number,
  cluster: Cluster | null,
  value: PagePopupElement["value"],
  format: string | null,
): string {
  const column = state.column(value.column);
  if (value.kind === "cluster") {
    const number = gather(state, value.operation, value.column, cluster?.rows ?? [row]);
    if (Number.isNaN(number)) return "";
    return value.operation === "count" ? formatNumber(number, format) : numberText(column, number, format);
  }
  return column ? cellText(column, row, format) : "";
}

/** The box that follows the pointer, or stays at a place. */
export class Popup {
  readonly element: HTMLElement;
  readonly #close: HTMLButtonElement;
  readonly #content: HTMLElement = element("div");

  /** `onClose` is called by its button; without it there is none. */
  constructor(onClose?: () => void) {
    this.#close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
    this.#close.onclick = () => onClose?.();
    this.element = element(
      "div",
      { class: onClose ? "popup click" : "popup hover", role: onClose ? "dialog" : "status", hidden: true },
      ...onClose ? [this.#close] : [],
      this.#content,
    );
    if (onClose) {
      this.element.setAttribute("aria-label", "Feature");
      this.element.onkeydown = ({ key }) => {
        if (key === "Escape") onClose();
      };
    }
  }

  /** Shows lines. */
  show(lines: HTMLElement): void {
    this.#content.replaceChildren(lines);
    this.element.hidden = false;
  }

  /** Puts it beside a place, within the map. */
  place(x: number, y: number, width: number, height: number): void {
    const { offsetWidth, offsetHeight, style } = this.element;
    const left = x + 12 + offsetWidth > width ? x - 12 - offsetWidth : x + 12;
    const top = y + 12 + offsetHeight > height ? y - 12 - offsetHeight : y + 12;
    style.left = `${Math.max(0, left)}px`;
    style.top = `${Math.max(0, top)}px`;
  }

  /** Takes it away. */
  hide(): void {
    this.element.hidden = true;
  }
}
