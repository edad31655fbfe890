import { ArgumentError } from "../errors/carto_error.ts";
import { checkBounds, type MapBounds } from "./_bounds.ts";
import type { Publication, PublishOptions } from "./publish.ts";
import type { SaveOptions, ToHtmlOptions } from "./_html_options.ts";
import type { OpenedPage, OpenOptions, PngOptions } from "./_show_options.ts";
import { checkText } from "./_titled.ts";
import { type Basemap, resolveBasemap } from "./basemaps.ts";
import { Layer } from "./layer.ts";
import { checkNumber, shown } from "./styles/_check_style.ts";
import { checkTheme, type Theme } from "./themes.ts";

/** Where the camera is; what is left out follows from the bounds. */
export interface Viewport {
  /** The zoom, from 0 for the world to about 20 for a house. */
  readonly zoom?: number | undefined;
  /** The latitude of the centre; it counts only together with `lng`. */
  readonly lat?: number | undefined;
  /** The longitude of the centre; it counts only together with `lat`. */
  readonly lng?: number | undefined;
  /** How far the map is turned, in degrees. */
  readonly bearing?: number | undefined;
  /** How far the map is tilted, in degrees from 0 to 60. */
  readonly pitch?: number | undefined;
}

/** What {@linkcode Map} takes beside its layers. */
export interface MapOptions {
  /** What lies beneath. Default: the outline of the world's land, which needs no network. */
  basemap?: Basemap | undefined;
  /** What is shown at first. Default: the box around all layers. */
  bounds?: MapBounds | undefined;
  /** Width and height, in pixels or as CSS lengths such as `100%`. Default: all of the page. */
  size?: readonly [width: number | string, height: number | string] | undefined;
  /** Where the camera goes at first. */
  viewport?: Viewport | undefined;
  /** Whether zoom and centre are shown, to be pasted as `viewport`. Default: false. */
  showInfo?: boolean | undefined;
  /** The colours around the map. Default: `light`, and `dark` on DarkMatter. */
  theme?: Theme | undefined;
  /** A title, as plain text. */
  title?: string | undefined;
  /** A description, as plain text. */
  description?: string | undefined;
  /** Whether the map is a picture that cannot be moved, without legends and widgets. Default: false. */
  isStatic?: boolean | undefined;
  /** Whether each layer can be switched off. Default: false. */
  layerSelector?: boolean | undefined;
}

/**
 * Layers on a page. It needs no account: the page holds the data, and opens from a file without a network.
 *
 * Inside a module that uses JavaScript's own `Map` as well, import it under another name:
 * `import { Map as CartoMap } from …`.
 *
 * @example Cities, sized by their population
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { Layer, Map, sizeContinuousStyle } from "@cartoframes/cartoframes/viz";
 *
 * const cities = GeoDataFrame.fromRows([
 *   { name: "Ávila", population: 57_949, lng: -4.7, lat: 40.66 },
 *   { name: "Segovia", population: 51_525, lng: -4.12, lat: 40.95 },
 * ]).setGeometryFromXY("lng", "lat", { drop: true });
 *
 * const map = new Map(new Layer(cities, { style: sizeContinuousStyle("population") }), { title: "Cities" });
 * // await map.save("cities.html");
 * if (map.layers.length !== 1) throw new Error("no layer");
 * ```
 */
export class Map {
  /** The layers, the first at the bottom. */
  readonly layers: readonly Layer[];
  /** What lies beneath; undefined for the outline of the land. */
  readonly basemap: Basemap | undefined;
  /** What is shown at first: west, south, east, north; undefined for the box around all layers. */
  readonly bounds: readonly [west: number, south: number, east: number, north: number] | undefined;
  /** Width and height as CSS lengths; undefined for all of the page. */
  readonly size: readonly [width: string, height: string] | undefined;
  /** Where the camera goes at first. */
  readonly viewport: Viewport | undefined;
  /** Whether zoom and centre are shown. */
  readonly showInfo: boolean;
  /** The colours around the map. */
  readonly theme: Theme;
  /** The title; undefined for none. */
  readonly title: string | undefined;
  /** The description; undefined for none. */
  readonly description: string | undefined;
  /** Whether the map is a picture; undefined where that was not said. */
  readonly isStatic: boolean | undefined;
  /** Whether each layer can be switched off. */
  readonly layerSelector: boolean;

  static {
    Object.defineProperty(Map.prototype, Symbol.for("Jupyter.display"), { value: display });
  }

  /**
   * Makes a map; nothing is read yet.
   *
   * @param layers A layer, or some, the first at the bottom. Default: none
   * @param options Basemap, view, title, theme
   * @throws {ArgumentError} A layer or an option cannot be used; the error names it
   * @throws {UnsupportedError} The basemap is one of Mapbox
   */
  constructor(layers: Layer | Iterable<Layer> = [], options: MapOptions = {}) {
    this.layers = Object.freeze(checkLayers(layers));
    const { dark } = resolveBasemap(options.basemap);
    this.basemap = options.basemap;
    this.bounds = options.bounds === undefined ? undefined : checkBounds(options.bounds);
    this.size = options.size === undefined ? undefined : checkSize(options.size);
    this.viewport = options.viewport === undefined ? undefined : checkViewport(options.viewport);
    this.showInfo = options.showInfo ?? false;
    this.theme = checkTheme(options.theme) ?? (dark ? "dark" : "light");
    this.title = checkText(options.title, "title");
    this.description = checkText(options.description, "description");
    this.isStatic = options.isStatic;
    this.layerSelector = options.layerSelector ?? false;
    Object.freeze(this);
  }

  /**
   * The map as one HTML document. Data are read now.
   *
   * @param options Where the viewer's code is; a signal
   * @returns The document
   * @throws {ArgumentError} A layer names a column that does not exist or cannot be used so; the error names it
   * @throws {DataError} A file or value cannot be read
   */
  async toHTML(options: ToHtmlOptions = {}): Promise<string> {
    const { pageHtml } = await import("./_save.ts");
    return await pageHtml(this, options);
  }

  /**
   * Writes the map into a file, all or nothing, that any browser opens. Needs `--allow-write=FILE`.
   *
   * @param path The file, such as `map.html`
   * @param options Where the viewer's code is; a signal
   * @throws {ArgumentError} A layer names a column that does not exist or cannot be used so; the error names it
   * @throws {DataError} A file or value cannot be read
   * @throws {PermissionError} Writing was refused; the error tells the flag
   */
  async save(path: string | URL, options: SaveOptions = {}): Promise<void> {
    const { savePage } = await import("./_save.ts");
    await savePage(this, path, options);
  }

  /**
   * Serves the map on this machine, at an address that nobody can guess, and shows it in the user's browser. It is
   * served until it is closed, the signal is aborted or the program ends. Needs `--allow-net=127.0.0.1`, and to start a
   * browser `--allow-run=xdg-open` (macOS: `open`; Windows: `rundll32`).
   *
   * @param options Whether a browser is started, and which; where the viewer's code is; a signal
   * @returns The address, and what closes it; where no browser could be started, open the address by hand
   * @throws {PermissionError} Serving or starting was refused; the error tells the flag
   */
  async open(options: OpenOptions = {}): Promise<OpenedPage> {
    return await (await import("./_open.ts")).openPage(this, options);
  }

  /**
   * Writes a picture of the map as PNG, all or nothing, drawn by a Chromium, Chrome or Edge that is installed. Needs
   * `--allow-run=PROGRAM --allow-net=127.0.0.1 --allow-write=FILE`, such as `--allow-run=chromium`. Nothing plays in it,
   * and the buttons of the zoom are not in it.
   *
   * @param path The file, such as `map.png`
   * @param options Width, height, scale, the program, how long drawing may take, a signal
   * @throws {UnsupportedError} There is no such browser, or it could not draw the map in time
   * @throws {PermissionError} Something was refused; the error tells the flags
   */
  async toPNG(path: string | URL, options: PngOptions = {}): Promise<void> {
    await (await import("./_picture.ts")).savePng(this, path, options);
  }

  /**
   * Publishes the map on CARTO. Rows of tables and queries are not put into the page: whoever looks at it reads them with
   * a key that may be seen; local data are in the page, which may have 10 MB.
   *
   * @param name The name, which no other publication of the account has
   * @param options Who may see it, whose account, which key
   * @returns Its id, address, name and privacy
   * @throws {ArgumentError} It was not said who may see it, or the master key was given for the page
   * @throws {PublishError} There is one of that name, the page is too large, or the account has its number of maps
   */
  async publish(name: string, options: PublishOptions): Promise<Publication> {
    return await (await import("./_publish.ts")).publish(this, name, options);
  }

  /**
   * Changes the publication that {@linkcode publish} made in this run; its address stays.
   *
   * @param name The name, a new one or the same
   * @param options Who may see it; what is left out is as it was published
   * @throws {PublishError} It was not published in this run; or as {@linkcode publish}
   */
  async updatePublication(name: string, options: PublishOptions): Promise<Publication> {
    return await (await import("./_publish.ts")).updatePublication(this, name, options);
  }
}

/** What a notebook shows of it. */
async function display(this: Map): Promise<Readonly<Record<string, string>>> {
  return await (await import("./_notebook.ts")).notebookDisplay(this);
}

function checkLayers(layers: unknown): Layer[] {
  const list = layers instanceof Layer
    ? [layers]
    : typeof layers === "object" && layers !== null && Symbol.iterator in layers
    ? [...layers as Iterable<unknown>]
    : undefined;
  if (list?.every((layer) => layer instanceof Layer)) return list as Layer[];
  throw new ArgumentError("Cannot make a map: the layers must be one Layer, or a list of them", {
    argument: "layers",
    hint: "Make each with new Layer(source)",
  });
}

function checkSize(size: readonly (number | string)[]): readonly [string, string] {
  const lengths = Array.isArray(size) && size.length === 2 ? size.map(cssLength) : [];
  const [width, height] = lengths;
  if (width !== undefined && height !== undefined) return Object.freeze([width, height] as const);
  throw new ArgumentError(
    "Cannot use this size: it must be a width and a height, in pixels or such as 100%",
    {
      argument: "size",
    },
  );
}

function cssLength(length: unknown): string | undefined {
  if (typeof length === "number" && Number.isFinite(length) && length > 0) return `${length}px`;
  return typeof length === "string" && /^\d+(?:\.\d+)?(?:px|%|v[wh]|r?em)$/.test(length) ? length : undefined;
}

const LIMITS: Readonly<Record<keyof Viewport, readonly [number, number]>> = {
  zoom: [0, 24],
  lat: [-90, 90],
  lng: [-540, 540],
  bearing: [-360, 360],
  pitch: [0, 60],
};

/** A viewport that a user gave. */
export function checkViewport(viewport: Viewport): Viewport {
  if (typeof viewport !== "object" || viewport === null) {
    throw new ArgumentError(`Cannot use ${shown(viewport)} as viewport: it must be an object`, {
      argument: "viewport",
      hint: "Give any of zoom, lat, lng, bearing and pitch",
    });
  }
  const result: { -readonly [K in keyof Viewport]: Viewport[K] } = {};
  for (const [key, value] of Object.entries(viewport)) {
    const limits = Object.hasOwn(LIMITS, key) ? LIMITS[key as keyof Viewport] : undefined;
    if (limits === undefined) {
      throw new ArgumentError(`Cannot use ${shown(key)} in a viewport`, {
        argument: "viewport",
        hint: `Give any of ${Object.keys(LIMITS).join(", ")}`,
      });
    }
    if (value !== undefined && value !== null) {
      result[key as keyof Viewport] = checkNumber(value, `viewport.${key}`, ...limits);
    }
  }
  return Object.freeze(result);
}
