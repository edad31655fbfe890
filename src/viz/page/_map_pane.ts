/// <reference lib="dom" />
/** One map of the page: its boxes, its camera, what draws it, and what it tells the pointer. */
import type { PageMap, PageTiles } from "./description.ts";
import { backgroundOf, landLayers } from "./_basemap.ts";
import { type Cluster, clustersOf } from "./_clusters.ts";
import { element } from "./_dom.ts";
import { type DeckLayer, deckLayers, type Library, pickedRow, type Sheet } from "./_layers.ts";
import { LayerState } from "./_layer_state.ts";
import { cssColor, type LegendView, legendView } from "./_legends.ts";
import { type Camera, fitBounds, toX, toY, visibleBox, withinWorld, WORLD } from "./_mercator.ts";
import type { Data } from "./_model.ts";
import { type Feature, Popup, popupLines } from "./_popups.ts";
import { drawLand, drawLayerPoints, drawPreview, rasterView } from "./_preview.ts";
import { pointAt, type RasterView } from "./_raster.ts";
import { followsZoom } from "./_scales.ts";
import type { Graphics } from "./_software.ts";
import { dataOfTiles } from "./_tile_data.ts";
import { Tiles } from "./_tiles.ts";
import { cameraOf, startStreetMap, type StreetLibrary, type StreetMap } from "./_street_map.ts";
import type { WidgetView } from "./_widgets/view.ts";
import { widgetView } from "./_widgets/make.ts";

/** From so many points on, the processor draws where there is no graphics card. */
const MANY_POINTS = 5_000;

/** Rest after which what follows the viewport is computed again, in milliseconds. */
const REST = 60;

const MAX_ZOOM = 20;

/** A map on the page. */
export class MapPane {
  readonly map: PageMap;
  readonly element: HTMLElement;
  readonly layers: readonly LayerState[];
  camera: Camera;
  readonly #stage = element("div", { class: "stage" });
  readonly #preview = element("canvas", { class: "preview", "aria-hidden": "true" });
  readonly #street = element("div", { class: "street" });
  readonly #land = element("canvas", { class: "land", "aria-hidden": "true" });
  readonly #canvas = element("div", { class: "deck" });
  readonly #note = element("div", { class: "note", role: "status", hidden: true });
  readonly #attribution = element("div", { class: "attribution" });
  readonly #info = element("output", { class: "info" });
  readonly #hover = new Popup();
  readonly #clicked: Popup = new Popup(() => this.#clicked.hide());
  #clickedAt: readonly [longitude: number, latitude: number] = [0, 0];
  readonly #legends: { readonly state: LayerState; readonly view: LegendView }[] = [];
  readonly #widgets: { readonly state: LayerState; readonly view: WidgetView }[] = [];
  readonly #clusters = new Map<LayerState, readonly Cluster[]>();
  readonly #tiles: Tiles[] = [];
  readonly #sheets = new Map<LayerState, Sheet>();
  #library: Library | null = null;
  #deck: InstanceType<Library["Deck"]> | null = null;
  #streetMap: StreetMap | null = null;
  #graphics: Graphics = "hardware";
  #rest: ReturnType<typeof setTimeout> | undefined;
  #hasOutline: boolean;
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  /** Whether something was changed that is not drawn yet. */
  #isDirty = false;

  /** Puts the map's boxes into `parent`, which must be on the page; draws nothing yet. */
  constructor(id: string, map: PageMap, data: readonly (Data | PageTiles)[], parent: HTMLElement) {
    this.map = map;
    this.#hasOutline = map.basemap.kind === "outline";
    this.layers = map.layers.map((layer, i) => {
      const source = data[layer.source];
      if (!source) throw new Error(`There is no source ${layer.source}`);
      if (!("type" in source)) return new LayerState(`${id}-${i}`, layer, source);
      const state = new LayerState(`${id}-${i}`, layer, dataOfTiles(source, []));
      const changed = (rows: Data) => {
        state.replace(rows);
        this.#settle();
      };
      this.#tiles.push(new Tiles(source, changed, (text) => this.say(text)));
      return state;
    });
    this.element = element(
      "section",
      { class: `map ${map.theme}`, "aria-label": map.title || "Map" },
      this.#stage,
    );
    if (map.size) [this.element.style.width, this.element.style.height] = map.size;
    this.#stage.style.background = cssColor(backgroundOf(map));
    this.#stage.append(this.#street, this.#land, this.#preview, this.#canvas);
    parent.append(this.element);
    this.camera = this.#firstCamera();
    this.#addBoxes(data.filter((source) => "type" in source));
    for (const state of this.layers) {
      state.clock?.onChange(() => this.#draw());
    }
  }

  /** Resolves when the library has drawn everything for the first time. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether all is on the screen as it will stay until somebody does something. */
  get isStill(): boolean {
    return this.#isReady && !this.#isDirty && this.#rest === undefined && this.#hasTiles;
  }

  get #hasTiles(): boolean {
    return this.#tiles.every(({ isComplete }) => isComplete);
  }

  /** The size of the map in CSS pixels. */
  get size(): { readonly width: number; readonly height: number } {
    return { width: this.#stage.clientWidth || 1, height: this.#stage.clientHeight || 1 };
  }

  #firstCamera(): Camera {
    const { width, height } = this.size;
    const fitted = fitBounds(this.map.bounds, width, height, { padding: 50, maxZoom: 16 });
    const { viewport } = this.map;
    const [longitude, latitude] = viewport?.center ?? [fitted.longitude, fitted.latitude];
    const zoom = viewport?.zoom ?? fitted.zoom;
    const [bearing, pitch] = [viewport?.bearing ?? 0, viewport?.pitch ?? 0];
    return withinWorld({ longitude, latitude, zoom, bearing, pitch }, height, MAX_ZOOM);
  }

  // -------------------------------------------------------------------------------------------- boxes

  #addBoxes(sources: readonly PageTiles[]): void {
    const { map } = this;
    const left = element("aside", { class: "panel left", "aria-label": "Legends" });
    if (map.title) left.append(element("h1", {}, map.title));
    if (map.description) left.append(element("p", { class: "about" }, map.description));
    for (const [i, state] of this.layers.entries()) {
      const legends = element("div", { class: "layer" });
      if (map.layerSelector) legends.append(this.#selector(state, i, legends));
      for (const legend of state.layer.legends) {
        const view = legendView(legend, state, this.camera.zoom);
        this.#legends.push({ state, view });
        legends.append(view.element);
      }
      if (legends.hasChildNodes()) left.append(legends);
    }
    if (left.hasChildNodes()) this.#stage.append(left);

    const right = element("aside", { class: "panel right", "aria-label": "Widgets" });
    for (const state of this.layers) {
      for (const widget of state.layer.widgets) {
        const view = widgetView(widget, state, () => this.#settle());
        this.#widgets.push({ state, view });
        right.append(view.element);
      }
    }
    if (right.hasChildNodes()) this.#stage.append(right);
    if (!map.isStatic) this.#stage.append(this.#zoomButtons(), this.#hover.element, this.#clicked.element);
    if (map.showInfo) this.#stage.append(this.#info);
    this.#attribution.textContent = attributionOf(map, sources);
    this.#stage.append(this.#attribution);
    this.#stage.append(this.#note);
    this.#tellWhere();
  }

  #selector(state: LayerState, index: number, legends: HTMLElement): HTMLElement {
    const check = element("input", { type: "checkbox", checked: true });
    check.onchange = () => {
      state.isShown = check.checked;
      legends.classList.toggle("hidden-layer", !check.checked);
      this.#draw();
    };
    return element("label", { class: "selector" }, check, state.layer.title || `Layer ${index + 1}`);
  }

  #zoomButtons(): HTMLElement {
    const button = (label: string, text: string, by: number) => {
      const result = element("button", { type: "button", "aria-label": label, title: label }, text);
      result.onclick = () => this.moveTo({ zoom: this.camera.zoom + by });
      return result;
    };
    return element("div", { class: "zoom" }, button("Zoom in", "+", 1), button("Zoom out", "−", -1));
  }

  #tellWhere(): void {
    const { zoom, latitude, longitude } = this.camera;
    // In a form that can be pasted as a viewport.
    this.#info.textContent = `{ zoom: ${zoom.toFixed(2)}, lat: ${latitude.toFixed(6)}, lng: ${
      longitude.toFixed(6)
    } }`;
  }

  /** Says something in a corner. */
  say(text: string): void {
    this.#note.textContent = text;
    this.#note.hidden = false;
  }

  // -------------------------------------------------------------------------------------------- drawing

  /** Draws the first frame. */
  preview(): void {
    const { width, height } = this.size;
    this.#gather();
    const view = rasterView(this.camera, width, height, devicePixelRatio);
    drawPreview(this.#preview, this.map, this.layers, this.#clusters, this.camera, view);
    this.#updateBoxes();
  }

  /** Hands over to the library. */
  start(library: Library, graphics: Graphics, street: StreetLibrary | null): void {
    this.#library = library;
    this.#graphics = graphics;
    const { basemap } = this.map;
    if (basemap.kind === "style") {
      if (street) this.#startStreet(street, basemap.url, basemap.name);
      else this.#useOutline(basemap.name);
    }
    this.#drawLand();
    this.#drawSheets();
    this.#lookForTiles();
    this.#deck = new library.Deck({
      parent: this.#canvas as HTMLDivElement,
      views: new library.MapView({ id: "view", repeat: true, farZMultiplier: 2 }),
      viewState: this.#viewState(),
      controller: this.map.isStatic
        ? false
        : { dragRotate: false, touchRotate: false, keyboard: { moveSpeed: 100 } },
      layers: this.#deckLayers(),
      // What the pointer is over we ask ourselves, once: what deck.gl asks at each move finds nothing.
      layerFilter: ({ renderPass }) => renderPass !== "picking:hover",
      // Everything is flat and drawn in order; depth would let one world's copy hide the next one's.
      parameters: { depthWriteEnabled: false, depthCompare: "always" },
      getCursor: ({ isDragging }) =>
        isDragging ? "grabbing" : this.#hover.element.hidden ? "grab" : "pointer",
      onViewStateChange: ({ viewState }) => this.#moved(viewState as Camera),
      onAfterRender: () => this.#rendered(),
      onError: (error) => this.say(`The map cannot be drawn: ${error.message}`),
    });
    const canvas = this.#canvas.querySelector("canvas");
    canvas?.setAttribute("tabindex", this.map.isStatic ? "-1" : "0");
    canvas?.setAttribute("role", "application");
    canvas?.setAttribute("aria-label", `${this.map.title || "Map"}: arrow keys move it, plus and minus zoom`);
    if (!this.map.isStatic) this.#listen();
    new ResizeObserver(() => this.#rested()).observe(this.#stage);
    for (const { clock } of this.layers) {
      if (!this.map.isStatic && !matchMedia("(prefers-reduced-motion: reduce)").matches) clock?.play();
    }
  }

  #startStreet(street: StreetLibrary, url: string, name: string): void {
    const failed = () => {
      this.#streetMap = null;
      this.#useOutline(name);
    };
    const attributed = (text: string) => {
      if (this.#attribution.textContent === "") this.#attribution.textContent = text;
    };
    this.#streetMap = startStreetMap(street, this.#street, url, this.camera, failed, attributed);
  }

  #useOutline(name: string): void {
    this.#hasOutline = true;
    this.#drawLand();
    this.say(`${name} could not be loaded: the outline of the land is shown instead`);
    this.#draw();
  }

  #viewState(): Camera & { readonly minZoom: number; readonly maxZoom: number } {
    return { ...this.camera, minZoom: 0, maxZoom: MAX_ZOOM };
  }

  #rendered(): void {
    this.#isDirty = false;
    if (this.#isReady || !this.#deck || !this.#hasTiles) return;
    const layers = this.#deck.props.layers as readonly DeckLayer[];
    if (!layers.every((layer) => layer.isLoaded)) return;
    this.#isReady = true;
    // What the library drew is on the screen with the next frame; only then the preview may go.
    requestAnimationFrame(() => {
      this.#preview.remove();
      this.#ready.resolve();
    });
  }

  #deckLayers(): DeckLayer[] {
    const library = this.#library;
    if (!library) return [];
    const { zoom } = this.camera;
    return [
      ...this.#hasOutline && !this.#isStraight ? landLayers(library, "land", this.map.theme) : [],
      ...this.layers.flatMap((state) => {
        const clusters = this.#clusters.get(state);
        if (clusters) return state.isShown ? [this.#clusterLayer(library, state, clusters)] : [];
        const isPickable = this.#canPick(state);
        return deckLayers(library, state, zoom, this.#sheets.get(state) ?? null, isPickable);
      }),
    ];
  }

  /** Whether the camera looks straight down, north up. */
  get #isStraight(): boolean {
    return this.camera.bearing === 0 && this.camera.pitch === 0;
  }

  /** The outline is drawn by the processor: it is quicker than a library, and is there before it. */
  #drawLand(): void {
    this.#land.hidden = !this.#hasOutline || !this.#isStraight;
    const context = this.#land.getContext("2d");
    if (this.#land.hidden || !context) return;
    const { width, height } = this.size;
    const view = rasterView(this.camera, width, height, devicePixelRatio);
    // Setting the size clears it.
    [this.#land.width, this.#land.height] = [view.width, view.height];
    drawLand(context, this.map, view);
  }

  #canPick({ layer: { popupHover, popupClick } }: LayerState): boolean {
    return !this.map.isStatic && popupHover.length + popupClick.length > 0;
  }

  #clusterLayer(library: Library, state: LayerState, clusters: readonly Cluster[]): DeckLayer {
    const look = state.look("point", this.camera.zoom);
    const { fill = [0, 0, 0, 255], stroke = [0, 0, 0, 0], strokeWidth = 0 } = look ?? {};
    const color = (of: typeof fill, { rows }: Cluster): [number, number, number, number] => {
      if (!(of instanceof Uint8Array)) return [...of];
      const at = (rows[0] ?? 0) * 4;
      return [of[at] as number, of[at + 1] as number, of[at + 2] as number, of[at + 3] as number];
    };
    const width = typeof strokeWidth === "number" ? strokeWidth : strokeWidth[0] ?? 0;
    return new library.ScatterplotLayer<Cluster>({
      id: `${state.id}-clusters`,
      coordinateSystem: library.COORDINATE_SYSTEM.CARTESIAN,
      data: clusters as Cluster[],
      pickable: this.#canPick(state),
      radiusUnits: "pixels",
      lineWidthUnits: "pixels",
      stroked: width > 0,
      getPosition: ({ x, y }) => [x, y],
      getRadius: ({ size }) => size / 2,
      getFillColor: (cluster) => color(fill, cluster),
      getLineColor: (cluster) => color(stroke, cluster),
      getLineWidth: width,
    });
  }

  /** Draws again with the layers as they are now. */
  #draw(): void {
    if (!this.#deck) return;
    for (const state of this.layers) if (state.clock) this.#drawSheet(state);
    this.#show({ layers: this.#deckLayers() });
  }

  #show(props: Parameters<InstanceType<Library["Deck"]>["setProps"]>[0]): void {
    if (!this.#deck) return;
    this.#isDirty = true;
    this.#deck.setProps(props);
  }

  #drawSheets(): void {
    for (const state of this.layers) this.#drawSheet(state);
  }

  /** The processor draws large layers of points where there is no graphics card. */
  #drawSheet(state: LayerState): void {
    const look = state.look("point", this.camera.zoom);
    const count = (state.data.point?.vertices.length ?? 0) / 2;
    if (!look || this.#graphics !== "software" || count < MANY_POINTS || this.#clusters.has(state)) return;
    const view = this.#sheetView();
    const image = drawLayerPoints(state, look, view);
    const east = view.west + view.width / view.scale;
    const south = view.north - view.height / view.scale;
    if (image) this.#sheets.set(state, { image, bounds: [view.west, south, east, view.north] });
  }

  /** What a sheet covers: what is within sight, or where the world is seen more than once, one world. */
  #sheetView(): RasterView {
    const { width, height } = this.size;
    const box = visibleBox(this.camera, width, height);
    const scale = 2 ** this.camera.zoom;
    const view = this.#isStraight
      ? rasterView(this.camera, width, height, devicePixelRatio)
      : rasterView(this.camera, (box.east - box.west) * scale, (box.north - box.south) * scale, 1);
    if (view.width / view.scale <= WORLD) return view;
    // On the same grid of pixels as the screen, or it would be blurred.
    const west = view.west - Math.ceil(view.west * view.scale) / view.scale;
    return { ...view, west, width: Math.ceil(WORLD * view.scale) + 1 };
  }

  // -------------------------------------------------------------------------------------------- camera

  /** Moves the camera. */
  moveTo(to: Partial<Camera>): void {
    this.#moved({ ...this.camera, ...to });
  }

  #moved(camera: Camera): void {
    const before = this.camera;
    this.camera = withinWorld(camera, this.size.height, MAX_ZOOM);
    const hasZoomed = before.zoom !== this.camera.zoom;
    const needsLayers = hasZoomed &&
      this.layers.some(({ layer }) => Object.values(layer.styles).some(followsZoom));
    this.#show({
      viewState: this.#viewState(),
      ...needsLayers ? { layers: this.#deckLayers() } : {},
    });
    this.#drawLand();
    this.#streetMap?.jumpTo(cameraOf(this.camera));
    this.#tellWhere();
    this.#placeClicked();
    this.#hover.hide();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#rested(), REST);
  }

  #rested(): void {
    this.#rest = undefined;
    this.#streetMap?.resize();
    this.#drawLand();
    this.#lookForTiles();
    this.#settle();
  }

  #lookForTiles(): void {
    const { width, height } = this.size;
    for (const tiles of this.#tiles) tiles.look(visibleBox(this.camera, width, height), this.camera.zoom);
  }

  /** Computes again what follows the viewport and the filters. */
  #settle(): void {
    this.#gather();
    this.#drawSheets();
    this.#show({ layers: this.#deckLayers() });
    this.#updateBoxes();
  }

  #gather(): void {
    const { width, height } = this.size;
    const box = visibleBox(this.camera, width, height);
    for (const state of this.layers) {
      const { cluster } = state.layer;
      if (cluster) this.#clusters.set(state, clustersOf(state, cluster, this.camera.zoom, box));
    }
  }

  #updateBoxes(): void {
    if (this.#legends.length + this.#widgets.length === 0) return;
    const { width, height } = this.size;
    const box = visibleBox(this.camera, width, height);
    for (const state of this.layers) {
      const views = [...this.#legends, ...this.#widgets].filter((each) => each.state === state);
      if (views.length === 0) continue;
      const rows = state.rowsWithin(box);
      const clusters = this.#clusters.get(state) ?? [];
      for (const { view } of views) view.update(rows, clusters);
    }
  }

  // -------------------------------------------------------------------------------------------- pointer

  #listen(): void {
    let [x, y, asked] = [0, 0, 0];
    this.#canvas.addEventListener("pointermove", (event) => {
      [x, y] = [event.offsetX, event.offsetY];
      if (event.buttons !== 0 || asked !== 0) return;
      asked = requestAnimationFrame(() => {
        asked = 0;
        this.#hovered(x, y);
      });
    });
    this.#canvas.addEventListener("pointerleave", () => this.#hover.hide());
    let [downX, downY] = [0, 0];
    this.#canvas.addEventListener(
      "pointerdown",
      ({ offsetX, offsetY }) => [downX, downY] = [offsetX, offsetY],
    );
    this.#canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      // The end of a drag is no click.
      if (Math.hypot(offsetX - downX, offsetY - downY) < 4) this.#click(offsetX, offsetY);
    });
  }

  #hovered(x: number, y: number): void {
    const feature = this.featureAt(x, y, "popupHover");
    if (!feature) return this.#hover.hide();
    const { width, height } = this.size;
    this.#hover.show(popupLines(feature.state.layer.popupHover, feature));
    this.#hover.place(x, y, width, height);
  }

  #click(x: number, y: number): void {
    const feature = this.featureAt(x, y, "popupClick");
    if (!feature) return this.#clicked.hide();
    this.#clicked.show(popupLines(feature.state.layer.popupClick, feature));
    this.#clickedAt = this.#toDegrees(x, y);
    this.#placeClicked();
  }

  #placeClicked(): void {
    const { width, height } = this.size;
    if (!this.#clicked.element.hidden) {
      this.#clicked.place(...this.project(...this.#clickedAt), width, height);
    }
  }

  #toDegrees(x: number, y: number): readonly [longitude: number, latitude: number] {
    const [viewport] = this.#deck?.getViewports() ?? [];
    const [longitude = 0, latitude = 0] = viewport?.unproject([x, y]) ?? [];
    return [longitude, latitude];
  }

  /** Where a place is on the map, in pixels from its upper left corner. */
  project(longitude: number, latitude: number): readonly [x: number, y: number] {
    const [viewport] = this.#deck?.getViewports() ?? [];
    // Of the worlds side by side, the one that is seen best.
    const nearest = longitude + 360 * Math.round((this.camera.longitude - longitude) / 360);
    const [x = NaN, y = NaN] = viewport?.project([nearest, latitude]) ?? [];
    return [x, y];
  }

  /** The topmost feature at a place of the map that has something to say there. */
  featureAt(x: number, y: number, popup: "popupHover" | "popupClick"): Feature | null {
    const candidates = this.layers.filter((state) => state.isShown && state.layer[popup].length > 0);
    if (!this.#deck || candidates.length === 0) return null;
    const [longitude, latitude] = this.#toDegrees(x, y);
    for (const state of [...candidates].reverse()) {
      const look = this.#sheets.has(state) ? state.look("point", this.camera.zoom) : undefined;
      const { point } = state.data;
      if (look && point) {
        const drawn = { ...point, ...look, shown: state.shown };
        const row = pointAt(drawn, toX(longitude), toY(latitude), 2 ** this.camera.zoom);
        if (row >= 0) return { state, row, cluster: null };
      }
      const layerIds = (this.#deck.props.layers as readonly DeckLayer[]).map(({ id }) => id).filter((id) =>
        id.startsWith(`${state.id}-`)
      );
      const picked = this.#deck.pickObject({ x, y, radius: 1, layerIds });
      if (!picked?.layer) continue;
      const cluster = this.#clusters.get(state)?.[picked.index] ?? null;
      const row = cluster ? cluster.rows[0] ?? -1 : pickedRow(state, picked.layer.id, picked.index);
      if (row >= 0) return { state, row, cluster };
    }
    return null;
  }
}

function attributionOf({ basemap }: PageMap, sources: readonly PageTiles[]): string {
  const beneath = basemap.kind === "outline"
    ? "Natural Earth"
    : basemap.kind === "style"
    ? basemap.attribution
    : "";
  return [...new Set([beneath, ...sources.map(({ attribution }) => attribution)])].filter((text) => text)
    .join(" · ");
}
