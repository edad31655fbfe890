import { ArgumentError } from "../errors/carto_error.ts";
import type { Publication, PublishOptions } from "./publish.ts";
import type { SaveOptions, ToHtmlOptions } from "./_html_options.ts";
import type { OpenedPage, OpenOptions, PngOptions } from "./_show_options.ts";
import { checkViewport, Map, type Viewport } from "./map.ts";
import { checkNumber, checkWhole } from "./styles/_check_style.ts";

/** What {@linkcode Layout} takes beside its maps. */
export interface LayoutOptions {
  /** How many columns the grid has. Default: one for each map. */
  nSize?: number | undefined;
  /** How many rows the grid has. Default: 1, or as many as the maps need beside a given `nSize`. */
  mSize?: number | undefined;
  /** Where the cameras of maps go that have no viewport of their own. */
  viewport?: Viewport | undefined;
  /** The height of a map in pixels, where `fullHeight` is false. Default: 250. */
  mapHeight?: number | undefined;
  /** Whether each map takes its share of the window's height. Default: true. */
  fullHeight?: boolean | undefined;
  /** Whether maps are pictures, unless they say otherwise themselves. Default: false. */
  isStatic?: boolean | undefined;
}

/**
 * Several maps on one page, in a grid. Sources that maps share lie in the page once; cells without a map stay empty.
 *
 * @example Two maps side by side
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { colorBinsStyle, Layer, Layout, Map, sizeBinsStyle, Source } from "@cartoframes/cartoframes/viz";
 *
 * const cities = new Source(
 *   GeoDataFrame.fromRows([{ population: 57_949, lng: -4.7, lat: 40.66 }]).setGeometryFromXY("lng", "lat"),
 * );
 * const layout = new Layout([
 *   new Map(new Layer(cities, { style: colorBinsStyle("population") }), { title: "Color" }),
 *   new Map(new Layer(cities, { style: sizeBinsStyle("population") }), { title: "Size" }),
 * ]);
 * if (layout.nSize !== 2 || layout.mSize !== 1) throw new Error("not side by side");
 * ```
 */
export class Layout {
  /** The maps, row by row. */
  readonly maps: readonly Map[];
  /** How many columns the grid has. */
  readonly nSize: number;
  /** How many rows the grid has. */
  readonly mSize: number;
  /** Where the cameras of maps go that have no viewport of their own. */
  readonly viewport: Viewport | undefined;
  /** The height of a map in pixels, where `fullHeight` is false. */
  readonly mapHeight: number;
  /** Whether each map takes its share of the window's height. */
  readonly fullHeight: boolean;
  /** Whether maps are pictures, unless they say otherwise themselves. */
  readonly isStatic: boolean;

  static {
    Object.defineProperty(Layout.prototype, Symbol.for("Jupyter.display"), { value: display });
  }

  /**
   * Makes a layout; nothing is read yet.
   *
   * @param maps The maps, row by row
   * @param options The grid, and what holds for all maps
   * @throws {ArgumentError} An element is no map, there are more maps than cells, or an option cannot be used
   */
  constructor(maps: Iterable<Map>, options: LayoutOptions = {}) {
    const list = typeof maps === "object" && maps !== null && Symbol.iterator in maps ? [...maps] : undefined;
    if (list === undefined || !list.every((map) => map instanceof Map)) {
      throw new ArgumentError("All the elements in the Layout should be an instance of Map", {
        argument: "maps",
        hint: "Put layers into maps: new Map(layer)",
      });
    }
    this.maps = Object.freeze(list);
    const { nSize, mSize } = options;
    this.nSize = nSize === undefined
      ? mSize === undefined ? list.length : Math.ceil(list.length / checkWhole(mSize, "mSize", 1, 100))
      : checkWhole(nSize, "nSize", 1, 100);
    this.mSize = mSize === undefined
      ? Math.max(1, Math.ceil(list.length / Math.max(1, this.nSize)))
      : checkWhole(mSize, "mSize", 1, 100);
    if (this.nSize * this.mSize < list.length) {
      throw new ArgumentError(
        `Cannot lay out ${list.length} maps: a grid of ${this.nSize} × ${this.mSize} has too few cells`,
        { argument: "nSize" },
      );
    }
    this.viewport = options.viewport === undefined ? undefined : checkViewport(options.viewport);
    this.mapHeight = checkNumber(options.mapHeight ?? 250, "mapHeight", 1);
    this.fullHeight = options.fullHeight ?? true;
    this.isStatic = options.isStatic ?? false;
    Object.freeze(this);
  }

  /**
   * The layout as one HTML document. Data are read now.
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
   * Writes the layout into a file, all or nothing, that any browser opens. Needs `--allow-write=FILE`.
   *
   * @param path The file, such as `maps.html`
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
   * Serves the layout on this machine, at an address that nobody can guess, and shows it in the user's browser. It is
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
   * Writes a picture of the layout as PNG, all or nothing, drawn by a Chromium, Chrome or Edge that is installed. Needs
   * `--allow-run=PROGRAM --allow-net=127.0.0.1 --allow-write=FILE`, such as `--allow-run=chromium`. Nothing plays in it,
   * and the buttons of the zoom are not in it.
   *
   * @param path The file, such as `layout.png`
   * @param options Width, height, scale, the program, how long drawing may take, a signal
   * @throws {UnsupportedError} There is no such browser, or it could not draw the layout in time
   * @throws {PermissionError} Something was refused; the error tells the flags
   */
  async toPNG(path: string | URL, options: PngOptions = {}): Promise<void> {
    await (await import("./_picture.ts")).savePng(this, path, options);
  }

  /**
   * Publishes the layout on CARTO. Rows of tables and queries are not put into the page: whoever looks at it reads them with
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
async function display(this: Layout): Promise<Readonly<Record<string, string>>> {
  return await (await import("./_notebook.ts")).notebookDisplay(this);
}
