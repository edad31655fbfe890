/// <reference lib="dom" />
/** What every widget is to its map. */

/** A widget on the page. */
export interface WidgetView {
  readonly element: HTMLElement;
  /** Takes in the rows within sight; filters are still to be asked for. */
  update(rows: Uint32Array): void;
}
