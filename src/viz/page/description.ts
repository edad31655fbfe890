/**
 * What a page shows, as plain data: the contract between the module, which makes it, and the viewer, which draws it.
 * JSON holds the structure, named buffers of bytes hold the rows. Nothing in it is code, an expression or a credential;
 * every text is plain text but a `footer`, which is sanitised HTML.
 *
 * The module leaves nothing for the viewer to guess: names are resolved, colours are hexadecimal, breaks are computed,
 * defaults are filled in. Only what follows the viewport (dynamic legends, widgets, clusters) is computed in the page.
 */

/** The version of this contract; a viewer refuses any other. */
export const PAGE_VERSION = 1;

/** A whole page: one map, or several in a grid. Sources and buffers belong to all of them. */
export interface PageDocument {
  /** {@linkcode PAGE_VERSION}. */
  readonly version: typeof PAGE_VERSION;
  /** For `<title>`; empty where none was given. */
  readonly title: string;
  /** For the description in the page's head; empty where none was given. */
  readonly description: string;
  /** The grid; null for a single map, which fills its page or takes its own `size`. */
  readonly grid: PageGrid | null;
  /** The maps, in the order of the grid's cells, row by row. */
  readonly maps: readonly PageMap[];
  /** The data, by the index that layers name. */
  readonly sources: readonly PageSource[];
  /** What the bytes are, in no order that matters. */
  readonly buffers: readonly PageBuffer[];
}

/** Where the maps of a layout lie. Cells beyond the last map stay empty. */
export interface PageGrid {
  readonly columns: number;
  readonly rows: number;
  /** The height of a cell in pixels, where `fullHeight` does not hold. */
  readonly mapHeight: number;
  /** Whether each cell takes its share of the window's height. */
  readonly fullHeight: boolean;
}

// ---------------------------------------------------------------------------------------------- bytes

/** How the elements of a buffer lie in memory, little-endian. `u24` is three bytes each; `bits` one bit, lowest first. */
export type PageDtype = "u8" | "i8" | "u16" | "i16" | "u24" | "u32" | "i32" | "i64" | "f32" | "f64" | "bits";

/** One block of bytes, handed over beside the JSON under its id. */
export interface PageBuffer {
  /** Its name, unique in the page; made of letters, digits and dashes. */
  readonly id: string;
  readonly dtype: PageDtype;
  /** How many elements it holds. */
  readonly length: number;
  /** False where the user wants the bytes to lie in the page as they are; otherwise they may be compressed. */
  readonly compress: boolean;
}

/** The id of a {@linkcode PageBuffer}. */
export type PageBufferId = string;

/** Texts one after the other in UTF-8: text i is bytes `offsets[i]` to `offsets[i + 1]`. */
export interface PageTexts {
  /** `u8`. */
  readonly bytes: PageBufferId;
  /** `u32`, one more than there are texts. */
  readonly offsets: PageBufferId;
}

// ---------------------------------------------------------------------------------------------- sources

/** Where a layer's features come from. */
export type PageSource = PageData | PageTiles;

/** The three ways to draw a geometry. */
export type PageKind = "point" | "line" | "polygon";

/**
 * `[west, south, east, north]` in degrees, west ≤ east and south ≤ north; `east` is beyond 180 where the box crosses the
 * antimeridian.
 */
export type PageBounds = readonly [west: number, south: number, east: number, north: number];

/** Rows that lie in the page. */
export interface PageData {
  readonly type: "data";
  /** How many rows (features) there are; rows without a place are left out. */
  readonly rows: number;
  /** How many rows were left out, for they have no place on a map. */
  readonly skippedRows: number;
  /** The box around everything; null where there are no rows. */
  readonly bounds: PageBounds | null;
  /** The geometries, by kind; a kind that does not occur is not there. A row may have parts in several. */
  readonly geometry: {
    readonly point?: PagePoints;
    readonly line?: PageLines;
    readonly polygon?: PagePolygons;
  };
  /** The columns that the map uses, by any layer that names this source. Names are unique. */
  readonly columns: readonly PageColumn[];
}

/**
 * Longitudes and latitudes, interleaved, as whole steps from a corner: longitude = `origin[0] + value[2i] * step[0]`,
 * latitude = `origin[1] + value[2i + 1] * step[1]`. The type is the smallest of `u16`, `u24` and `u32` that holds them
 * to 0.05 m. A `step` of 0 says that all are equal.
 */
export interface PagePositions {
  /** `u16`, `u24` or `u32`, two for each vertex. */
  readonly values: PageBufferId;
  readonly origin: readonly [longitude: number, latitude: number];
  readonly step: readonly [longitude: number, latitude: number];
  /** How many vertices there are. */
  readonly length: number;
}

/** Points: vertex i is a point of its own. */
export interface PagePoints {
  readonly positions: PagePositions;
  /** `u32`: the row of each point; null where point i is row i (so there are as many points as rows). */
  readonly partRows: PageBufferId | null;
}

/** Lines: part i is the vertices `partStarts[i]` to `partStarts[i + 1]`, at least two. */
export interface PageLines {
  readonly positions: PagePositions;
  /** `u32`, one more than there are parts. */
  readonly partStarts: PageBufferId;
  /** `u32`: the row of each part; null where part i is row i. */
  readonly partRows: PageBufferId | null;
}

/**
 * Polygons: part i is the rings `partStarts[i]` to `partStarts[i + 1]`, the first of which is the outer one and the rest
 * are holes; ring j is the vertices `ringStarts[j]` to `ringStarts[j + 1]`, closed (the last vertex repeats the first).
 */
export interface PagePolygons {
  readonly positions: PagePositions;
  /** `u32`, one more than there are rings. */
  readonly ringStarts: PageBufferId;
  /** `u32`, one more than there are parts. */
  readonly partStarts: PageBufferId;
  /** `u32`: the row of each part; null where part i is row i. */
  readonly partRows: PageBufferId | null;
}

/** The values of one column, one for each row; each can be shown exactly. */
export type PageColumn = PageNumbers | PageCategories | PageTextColumn | PageBooleans | PageTimes;

interface PageColumnBase {
  /** The column's name, as the user knows it. Text, never markup. */
  readonly name: string;
  /** `bits`: set where the row holds a value; null where every row does. */
  readonly validity: PageBufferId | null;
}

/**
 * Numbers. The type is the smallest that holds every value exactly (`i64` only beyond 2^53). `NaN` and the infinities
 * occur in `f32` and `f64`; what stands in a row without a value means nothing.
 */
export interface PageNumbers extends PageColumnBase {
  readonly kind: "number";
  /** Any dtype but `u24` and `bits`. */
  readonly values: PageBufferId;
  /** The exact text of each value, where a double cannot tell it (decimals of many digits); show this in popups. */
  readonly exact: PageTexts | null;
}

/** Text of few values: a code for each row into the dictionary. */
export interface PageCategories extends PageColumnBase {
  readonly kind: "category";
  /** `u8`, `u16` or `u32`. */
  readonly codes: PageBufferId;
  readonly dictionary: PageTexts;
  /** How many texts the dictionary has. */
  readonly size: number;
}

/** Text of many values, and every type that has no other kind, as PostgreSQL writes it. */
export interface PageTextColumn extends PageColumnBase {
  readonly kind: "text";
  readonly texts: PageTexts;
}

/** True and false. */
export interface PageBooleans extends PageColumnBase {
  readonly kind: "boolean";
  /** `bits`. */
  readonly values: PageBufferId;
}

/**
 * Points in time, as `values[i] * unit` milliseconds since 1970-01-01T00:00 (times of day: since midnight). The
 * infinities are those of `f64`, and the smallest and largest integer in `i64`.
 */
export interface PageTimes extends PageColumnBase {
  readonly kind: "time";
  /** What it is: `instant` is a moment (shown in UTC), `local` a date and time of no zone, `date` a day, `clock` a time of day. */
  readonly what: "instant" | "local" | "date" | "clock";
  /** Milliseconds in one unit: 86400000, 1000, 1 or 0.001. */
  readonly unit: number;
  /** `i32`, `f64`, or `i64` beyond 2^53. */
  readonly values: PageBufferId;
}

/**
 * Vector tiles (MVT) of the Maps API, whose rows are not in the page. When the page is opened it sends `config` to
 * `endpoint?api_key=…` by POST as `application/json`; `layergroupid` in the answer names the map, and its tiles are
 * `endpoint/layergroupid/tileLayer/{z}/{x}/{y}.mvt?api_key=…`. A map ends some minutes after its last use: where a tile
 * answers 400 or 404, the page makes the map again. An empty tile is a 204. The viewer draws them (`_tiles.ts`).
 */
export interface PageTiles {
  readonly type: "tiles";
  /** Where maps are made, such as `https://ana.carto.com/api/v1/map`. */
  readonly endpoint: string;
  /** A key that may be seen by everybody: `default_public`, or one that its user gave for this. */
  readonly apiKey: string;
  /** The map to make, as JSON text. */
  readonly config: string;
  /** The layer within the tiles. */
  readonly tileLayer: string;
  readonly minZoom: number;
  readonly maxZoom: number;
  /** What the features are. */
  readonly kind: PageKind;
  readonly bounds: PageBounds | null;
  /** The attributes that the features carry; a missing one is null, and times are milliseconds. */
  readonly columns: readonly { readonly name: string; readonly kind: PageColumn["kind"] }[];
  /** Who must be named; plain text, or empty. */
  readonly attribution: string;
}

// ---------------------------------------------------------------------------------------------- maps

/** One map. */
export interface PageMap {
  /** Shown above the map in a layout, and at the top of the panel otherwise; empty where none was given. */
  readonly title: string;
  /** Shown below the title; empty where none was given. */
  readonly description: string;
  readonly theme: "light" | "dark";
  /** Width and height as CSS lengths (`1024px`, `100%`); null where the map fills its place. */
  readonly size: readonly [width: string, height: string] | null;
  readonly basemap: PageBasemap;
  /** Where the camera goes after fitting the bounds; each part is null where it is to stay as it is. */
  readonly viewport: PageViewport | null;
  /** What the map fits at first, padding 50 px, zoom at most 16; always finite. */
  readonly bounds: PageBounds;
  /** Whether zoom, latitude and longitude are shown, so that they can be pasted as a `viewport`. */
  readonly showInfo: boolean;
  /** Whether the panel has a check box for each layer. */
  readonly layerSelector: boolean;
  /** Whether the map is shown as a picture that cannot be moved; then no layer has legends or widgets. */
  readonly isStatic: boolean;
  /** The layers, the first at the bottom. */
  readonly layers: readonly PageLayer[];
}

/** The camera; `center` is set as a whole or not at all. */
export interface PageViewport {
  readonly center: readonly [longitude: number, latitude: number] | null;
  readonly zoom: number | null;
  readonly bearing: number | null;
  readonly pitch: number | null;
}

/** What lies beneath the layers. */
export type PageBasemap =
  /** The outline of the world's land, from data in the page, in the colours of the map's theme. */
  | { readonly kind: "outline" }
  /** A plain colour. */
  | { readonly kind: "color"; readonly color: PageColor }
  /** A MapLibre style; where it cannot be loaded the outline takes its place. */
  | {
    readonly kind: "style";
    /** A short name for messages, such as `Positron`. */
    readonly name: string;
    /** The style document. A key that it needs stands in here only by the user's word. */
    readonly url: string;
    /** Plain text, or empty where the style tells by itself. */
    readonly attribution: string;
  };

/** `#rrggbb` or `#rrggbbaa`, in lower case. */
export type PageColor = string;

/** One layer: a source, how to draw it, and what stands around it. */
export interface PageLayer {
  /** Its name in the layer selector. */
  readonly title: string;
  /** Index into {@linkcode PageDocument.sources}. */
  readonly source: number;
  /** How each kind of geometry that the source has is drawn. */
  readonly styles: {
    readonly point?: PageStyle;
    readonly line?: PageStyle;
    readonly polygon?: PageStyle;
  };
  readonly cluster: PageCluster | null;
  readonly animation: PageAnimation | null;
  readonly legends: readonly PageLegend[];
  readonly widgets: readonly PageWidget[];
  /** Shown while the pointer is over a feature, from top to bottom; empty for none. */
  readonly popupHover: readonly PagePopupElement[];
  /** Shown when a feature is clicked, from top to bottom; empty for none. */
  readonly popupClick: readonly PagePopupElement[];
}

// ---------------------------------------------------------------------------------------------- styles

/**
 * How features of one kind look. A colour's alpha is its own times the `opacity` beside it. Sizes are in pixels: the
 * diameter of a point, the width of a line or outline.
 */
export interface PageStyle {
  /** The fill of points and polygons, the colour of lines. */
  readonly color: PageScale<PageColor>;
  readonly opacity: PageScale<number>;
  /** The diameter of points, the width of lines; nothing for polygons. */
  readonly size: PageScale<number>;
  /** The outline of points and polygons; nothing for lines. */
  readonly strokeColor: PageScale<PageColor>;
  readonly strokeOpacity: PageScale<number>;
  readonly strokeWidth: PageScale<number>;
}

/** A value for each feature. `column` is a name in the source's columns. */
export type PageScale<T> =
  | PageConstant<T>
  | PageZoomScale<T>
  | PageBins<T>
  | PageCategoryScale<T>
  | PageContinuous<T>;

/** The same for all. */
export interface PageConstant<T> {
  readonly kind: "constant";
  readonly value: T;
}

/** By the map's zoom: linear between two zooms, the ends beyond them. */
export interface PageZoomScale<T> {
  readonly kind: "zoom";
  readonly zooms: readonly [from: number, to: number];
  readonly values: readonly [from: T, to: T];
}

/**
 * By classes of a number or time: class i holds the values v with `breaks[i - 1] <= v < breaks[i]`, the first and last
 * class being open; so there is one value more than breaks, and there may be no break at all. Breaks are in the column's
 * own values (times: milliseconds), strictly ascending and finite. The infinities belong to the ends.
 */
export interface PageBins<T> {
  readonly kind: "bins";
  readonly column: string;
  readonly breaks: readonly number[];
  readonly values: readonly T[];
  /** For null and NaN; null where no row is so, and then no legend line is needed. */
  readonly noData: T | null;
  /** The smallest and largest finite value, for legends; equal where there is but one, `[0, 0]` where there is none. */
  readonly domain: readonly [min: number, max: number];
  /** How the breaks came about. */
  readonly method: "quantiles" | "equal" | "stdev" | "custom";
}

/** By a value out of a list. */
export interface PageCategoryScale<T> {
  readonly kind: "category";
  readonly column: string;
  /**
   * The categories: texts for text; numbers for numbers (a text for one beyond 2^53); milliseconds for times; booleans
   * for booleans.
   */
  readonly categories: readonly (string | number | boolean)[];
  /** One for each category. */
  readonly values: readonly T[];
  /** For all other values; null where no row is so. */
  readonly others: T | null;
  /** For null and NaN; null where no row is so. */
  readonly noData: T | null;
}

/**
 * By a number or time within a range: values beyond it take its ends. The position within the range (after `transform`
 * of the value and both ends) runs through `values` at equal steps, linear in between.
 */
export interface PageContinuous<T> {
  readonly kind: "continuous";
  readonly column: string;
  /** Times in milliseconds. Finite, min ≤ max; where they are equal every value takes the middle. */
  readonly domain: readonly [min: number, max: number];
  /** `sqrt` makes areas proportional; then min ≥ 0. */
  readonly transform: "linear" | "sqrt";
  /** At least two. */
  readonly values: readonly T[];
  /** For null and NaN; null where no row is so. */
  readonly noData: T | null;
}

/**
 * Points gathered by cells of `resolution` pixels on the screen. Each cell is one circle at the mean of its points;
 * its diameter runs through `sizes` from the smallest to the largest value in the viewport. The layer's point style
 * tells everything but the size.
 */
export interface PageCluster {
  readonly resolution: number;
  readonly operation: "count" | "avg" | "min" | "max" | "sum";
  /** What is gathered; null for `count`. */
  readonly column: string | null;
  readonly sizes: readonly number[];
}

/** Features appear and fade away as a clock runs over a column. */
export interface PageAnimation {
  /** A column of numbers or times. */
  readonly column: string;
  /** Times in milliseconds; finite, min ≤ max. */
  readonly domain: readonly [min: number, max: number];
  /** Seconds that one run takes. */
  readonly duration: number;
  /** Seconds that a feature takes to appear and to fade. */
  readonly fade: readonly [fadeIn: number, fadeOut: number];
}

// ---------------------------------------------------------------------------------------------- around the map

/** Sanitised HTML: text, links to http, https and mailto, and nothing else. */
export type PageHtml = string;

/** What every box beside the map has; empty texts are not shown. */
export interface PageTitled {
  readonly title: string;
  readonly description: string;
  readonly footer: PageHtml;
}

/** The properties of a style that a legend explains. */
export type PageProp = "color" | "strokeColor" | "size" | "strokeWidth";

/** A legend of a layer. Its lines follow from the style's scale under `prop`; a `basic` one shows the layer's swatch. */
export interface PageLegend extends PageTitled {
  readonly type:
    | "basic"
    | "color-bins"
    | "color-category"
    | "color-continuous"
    | "size-bins"
    | "size-category"
    | "size-continuous";
  /** What the swatches look like. */
  readonly geometry: PageKind;
  readonly prop: PageProp;
  /** Whether it follows the viewport. */
  readonly dynamic: boolean;
  /** Whether the smallest comes first. */
  readonly ascending: boolean;
  /** A d3-format specifier, or null for the usual format. */
  readonly format: string | null;
}

/** A widget of a layer. */
export type PageWidget =
  | PageBasicWidget
  | PageFormulaWidget
  | PageCategoryWidget
  | PageHistogramWidget
  | PageTimeSeriesWidget
  | PageAnimationWidget;

/** Text alone. */
export interface PageBasicWidget extends PageTitled {
  readonly type: "basic";
}

/** One number. */
export interface PageFormulaWidget extends PageTitled {
  readonly type: "formula";
  readonly operation: "count" | "avg" | "min" | "max" | "sum";
  /** Null only for `count`. */
  readonly column: string | null;
  /** Whether it is of all rows rather than of those in the viewport. */
  readonly isGlobal: boolean;
  /** A d3-format specifier, or null for the usual format. */
  readonly format: string | null;
}

/** The most frequent values; a click filters. */
export interface PageCategoryWidget extends PageTitled {
  readonly type: "category";
  readonly column: string;
  readonly readOnly: boolean;
  /** How much room it takes beside the others. */
  readonly weight: number;
}

/** Bars, of ranges for numbers and times, of values for everything else; a selection filters. */
export interface PageHistogramWidget extends PageTitled {
  readonly type: "histogram";
  readonly column: string;
  readonly buckets: number;
  readonly readOnly: boolean;
  readonly weight: number;
}

/** The clock of the layer's animation above a histogram of its column. */
export interface PageTimeSeriesWidget extends PageTitled {
  readonly type: "time-series";
  readonly column: string;
  readonly buckets: number;
  readonly readOnly: boolean;
  readonly weight: number;
}

/** Play and pause of the layer's animation. */
export interface PageAnimationWidget extends PageTitled {
  readonly type: "animation";
}

/** One line of a popup. */
export interface PagePopupElement {
  readonly title: string;
  /** Where the value comes from: a column of the feature, or what a cluster gathers. */
  readonly value:
    | { readonly kind: "column"; readonly column: string }
    | {
      readonly kind: "cluster";
      readonly operation: PageCluster["operation"];
      readonly column: string | null;
    };
  /** A d3-format specifier, or null for the usual format. */
  readonly format: string | null;
}
