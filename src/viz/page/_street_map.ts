/// <reference lib="dom" />
/** A vector style beneath the layers, drawn by MapLibre; the outline takes its place where it cannot be loaded. */
import type { Camera } from "./_mercator.ts";

/** What we use of MapLibre. */
export interface StreetLibrary {
  readonly Map: new (options: Record<string, unknown>) => StreetMap;
}

/** A map of MapLibre. */
export interface StreetMap {
  jumpTo(camera: Record<string, unknown>): void;
  on(event: string, listener: (event: unknown) => void): void;
  remove(): void;
  resize(): void;
  getStyle(): { readonly sources: Readonly<Record<string, unknown>> };
  getSource(id: string): { readonly attribution?: string } | undefined;
}

/** How long a style may take before the outline takes its place. */
const PATIENCE = 15_000;

/**
 * Starts a street map; `failed` is called at most once, when the style cannot be loaded, `attributed` with those whom the
 * style's sources name.
 */
export function startStreetMap(
  library: StreetLibrary,
  container: HTMLElement,
  url: string,
  camera: Camera,
  failed: () => void,
  attributed: (text: string) => void,
): StreetMap {
  let isDone = false;
  const map = new library.Map({
    container,
    style: url,
    interactive: false,
    // Its markup is not ours to trust: the names are shown as text.
    attributionControl: false,
    ...cameraOf(camera),
  });
  const fail = () => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    map.remove();
    failed();
  };
  const timer = setTimeout(fail, PATIENCE);
  map.on("style.load", () => {
    isDone = true;
    clearTimeout(timer);
  });
  map.on("error", fail);
  map.on("idle", () => {
    const names = Object.keys(map.getStyle().sources).map((id) => map.getSource(id)?.attribution ?? "");
    attributed([...new Set(names.map(textOf))].filter((text) => text).join(" · "));
  });
  return map;
}

function textOf(html: string): string {
  return new DOMParser().parseFromString(html, "text/html").body.textContent?.trim() ?? "";
}

/** The same camera in MapLibre's words. */
export function cameraOf({ longitude, latitude, zoom, bearing, pitch }: Camera): Record<string, unknown> {
  return { center: [longitude, latitude], zoom, bearing, pitch };
}
