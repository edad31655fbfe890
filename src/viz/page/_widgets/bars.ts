/// <reference lib="dom" />
import { element, svg } from "../_dom.ts";

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly count: number;
}

const [WIDTH, HEIGHT] = [240, 64];

/**
 * Bars of which a run can be chosen: by a click, by dragging over them, or with the keyboard. Choosing what is chosen
 * lets go of it.
 */
export class Bars {
  readonly element: HTMLElement;
  /** The first and last bar that are chosen; null for none. */
  chosen: readonly [first: number, last: number] | null = null;
  readonly #svg: SVGElement;
  readonly #choose: ((chosen: readonly [number, number] | null) => void) | null;
  readonly #marker: SVGElement = svg("line", { class: "marker", y1: 0, y2: HEIGHT, visibility: "hidden" });
  #bars: readonly SVGElement[] = [];
  #from = -1;

  /** `choose` is called when another run is chosen; null for bars that only show. */
  constructor(choose: ((chosen: readonly [number, number] | null) => void) | null) {
    this.#choose = choose;
    this.#svg = svg("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "histogram",
      preserveAspectRatio: "none",
    });
    this.element = element("div", { class: "bars-plot" }, this.#svg);
    if (!choose) return;
    this.#svg.addEventListener("pointerdown", (event) => {
      this.#from = this.#barAt(event);
      this.#svg.setPointerCapture(event.pointerId);
    });
    this.#svg.addEventListener("pointerup", (event) => {
      const to = this.#barAt(event);
      if (this.#from >= 0 && to >= 0) this.#set(Math.min(this.#from, to), Math.max(this.#from, to));
      this.#from = -1;
    });
    this.#svg.addEventListener("keydown", (event) => {
      const at = this.#bars.indexOf(event.target as SVGElement);
      if (at < 0 || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      this.#set(at, at);
    });
  }

  #barAt({ clientX }: PointerEvent): number {
    const { left, width } = this.#svg.getBoundingClientRect();
    const at = Math.floor((clientX - left) / width * this.#bars.length);
    return Math.max(0, Math.min(this.#bars.length - 1, at));
  }

  #set(first: number, last: number): void {
    const isSame = this.chosen !== null && this.chosen[0] === first && this.chosen[1] === last;
    this.chosen = isSame ? null : [first, last];
    this.#choose?.(this.chosen);
  }

  /** Lets go of what is chosen. */
  clear(): void {
    this.chosen = null;
    this.#choose?.(null);
  }

  /** Draws the bars. */
  draw(bars: readonly Bar[]): void {
    const most = Math.max(1, ...bars.map(({ count }) => count));
    const width = WIDTH / Math.max(1, bars.length);
    if (this.#bars.length !== bars.length) {
      this.#bars = bars.map(() =>
        svg("g", this.#choose ? { role: "button", tabindex: 0 } : { role: "img" }, svg("rect"), svg("title"))
      );
      this.#svg.replaceChildren(...this.#bars, this.#marker);
    }
    bars.forEach(({ label, count }, i) => {
      const group = this.#bars[i];
      const isChosen = this.chosen === null || (i >= this.chosen[0] && i <= this.chosen[1]);
      group?.classList.toggle("out", !isChosen);
      group?.setAttribute("aria-label", `${label}: ${count}`);
      if (this.#choose) group?.setAttribute("aria-pressed", String(this.chosen !== null && isChosen));
      const height = count === 0 ? 0 : Math.max(1, count / most * HEIGHT);
      const rect = group?.querySelector("rect");
      rect?.setAttribute("x", String(i * width + 0.5));
      rect?.setAttribute("y", String(HEIGHT - height));
      rect?.setAttribute("width", String(Math.max(0.5, width - 1)));
      rect?.setAttribute("height", String(height));
      const title = group?.querySelector("title");
      if (title) title.textContent = `${label}: ${count}`;
    });
  }

  /** Marks a place, 0 at the left and 1 at the right. */
  mark(place: number): void {
    this.#marker.setAttribute("visibility", "visible");
    this.#marker.setAttribute("x1", String(place * WIDTH));
    this.#marker.setAttribute("x2", String(place * WIDTH));
  }
}
