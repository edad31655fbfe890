/// <reference lib="dom" />
import type { PageAnimationWidget, PageTimeSeriesWidget } from "../description.ts";
import type { Clock } from "../_clock.ts";
import { box, element } from "../_dom.ts";
import { numberText } from "../_labels.ts";
import type { LayerState } from "../_layer_state.ts";
import { Bars } from "./bars.ts";
import { histogramView } from "./histogram.ts";
import type { WidgetView } from "./view.ts";

/** Play and pause, a slider, and where the clock stands. */
function controls(clock: Clock, state: LayerState): HTMLElement {
  const column = () => state.column(clock.animation.column);
  const button = element("button", { type: "button", class: "play" });
  const [min, max] = clock.animation.domain;
  const slider = element("input", {
    type: "range",
    min: 0,
    max: 1000,
    step: 1,
    "aria-label": "Place of the animation",
  });
  const output = element("output", {});
  const show = () => {
    button.textContent = clock.isRunning ? "Pause" : "Play";
    slider.value = String(max > min ? Math.round((clock.value - min) / (max - min) * 1000) : 0);
    output.textContent = numberText(column(), clock.value, null);
    slider.setAttribute("aria-valuetext", output.textContent);
  };
  button.onclick = () => clock.isRunning ? clock.pause() : clock.play();
  slider.oninput = () => {
    clock.pause();
    clock.set(min + (max - min) * Number(slider.value) / 1000);
  };
  clock.onChange(show);
  show();
  return element("div", { class: "clock" }, button, slider, output);
}

/** The clock of the layer's animation. */
export function animationView(widget: PageAnimationWidget, state: LayerState): WidgetView {
  const content = state.clock ? [controls(state.clock, state)] : [];
  return { element: box("widget animation", widget, ...content), update: () => {} };
}

/** The clock above a histogram of its column, in which it shows where it is. */
export function timeSeriesView(
  widget: PageTimeSeriesWidget,
  state: LayerState,
  changed: () => void,
): WidgetView {
  const { clock } = state;
  const view = histogramView(widget, state, changed, (choose) => {
    const bars = new Bars(choose);
    if (clock) {
      const [min, max] = clock.animation.domain;
      clock.onChange(() => bars.mark(max > min ? (clock.value - min) / (max - min) : 0));
    }
    return bars;
  });
  if (clock) view.element.insertBefore(controls(clock, state), view.element.querySelector(".bars-plot"));
  return view;
}
