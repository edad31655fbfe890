import { ArgumentError } from "../errors/carto_error.ts";
import { checkBounds, type MapBounds } from "./_bounds.ts";
import { checkText } from "./_titled.ts";
import { checkLegends, type Legend } from "./legends/legend.ts";
import { checkPopup, type PopupElement } from "./popups/popup_element.ts";
import { Source, type SourceInput, type SourceOptions } from "./source.ts";
import { isStyle } from "./styles/_check_style.ts";
import type { Style, StylesByKind } from "./styles/style.ts";
import { checkWidgets, type Widget } from "./widgets/widget.ts";

/** What {@linkcode Layer} takes beside its source. */
export interface LayerOptions extends SourceOptions {
  /** How the features look. Default: one look for each kind of geometry. */
  style?: Style | StylesByKind | undefined;
  /** The legends; false for none. Default: that of the style. */
  legends?: Legend | readonly Legend[] | boolean | undefined;
  /** The widgets; true for the one that fits the style. Default: none. */
  widgets?: Widget | readonly Widget[] | boolean | undefined;
  /** What is shown while the pointer is over a feature; false for nothing. Default: the column of the style. */
  popupHover?: PopupElement | readonly PopupElement[] | boolean | undefined;
  /** What is shown when a feature is clicked; true for the column of the style. Default: nothing. */
  popupClick?: PopupElement | readonly PopupElement[] | boolean | undefined;
  /** What the map shows of the layer, in place of the box around its features. */
  bounds?: MapBounds | undefined;
  /** Whether there is a legend of the style where `legends` is not given. Default: true. */
  defaultLegend?: boolean | undefined;
  /** Whether there is a widget of the style where `widgets` is not given. Default: false. */
  defaultWidget?: boolean | undefined;
  /** Whether the style's column is shown where `popupHover` is not given. Default: true. */
  defaultPopupHover?: boolean | undefined;
  /** Whether the style's column is shown where `popupClick` is not given. Default: false. */
  defaultPopupClick?: boolean | undefined;
  /** The layer's name, for its default legend, widget and popups, and for the layer selector. */
  title?: string | undefined;
}

/**
 * Features and how they look: one layer of a {@linkcode Map}. Nothing is read before a map is made of it; then the
 * columns that it names are looked up.
 *
 * @example Colours by class, with a popup and a histogram
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { colorBinsStyle, histogramWidget, Layer, popupElement } from "@cartoframes/cartoframes/viz";
 *
 * const cities = GeoDataFrame.fromRows([{ name: "Ávila", population: 57_949, lng: -4.7, lat: 40.66 }])
 *   .setGeometryFromXY("lng", "lat");
 * const layer = new Layer(cities, {
 *   style: colorBinsStyle("population"),
 *   popupHover: popupElement("name", { title: "City" }),
 *   widgets: histogramWidget("population"),
 * });
 * if (layer.popupHover?.[0]?.title !== "City") throw new Error("no popup");
 * ```
 */
export class Layer {
  /** Where the features come from. */
  readonly source: Source;
  /** How they look; undefined for the default. */
  readonly style: Style | StylesByKind | undefined;
  /** The legends; undefined for that of the style. */
  readonly legends: readonly Legend[] | undefined;
  /** The widgets; undefined where none were given. */
  readonly widgets: readonly Widget[] | undefined;
  /** What is shown while the pointer is over a feature; undefined for the column of the style. */
  readonly popupHover: readonly PopupElement[] | undefined;
  /** What is shown when a feature is clicked; undefined where nothing was given. */
  readonly popupClick: readonly PopupElement[] | undefined;
  /** What the map shows of the layer: west, south, east, north; undefined for the box around its features. */
  readonly bounds: readonly [west: number, south: number, east: number, north: number] | undefined;
  /** Whether there is a legend of the style where no legends were given. */
  readonly defaultLegend: boolean;
  /** Whether there is a widget of the style where no widgets were given. */
  readonly defaultWidget: boolean;
  /** Whether the style's column is shown on hover where no elements were given. */
  readonly defaultPopupHover: boolean;
  /** Whether the style's column is shown on a click where no elements were given. */
  readonly defaultPopupClick: boolean;
  /** The layer's name. */
  readonly title: string | undefined;

  static {
    Object.defineProperty(Layer.prototype, Symbol.for("Jupyter.display"), { value: display });
  }

  /**
   * Makes a layer; nothing is read yet.
   *
   * @param source A `Source`, or what one is made of: a frame, GeoJSON, rows, a file, a table, a query
   * @param options Style, legends, widgets, popups, and how the source is read
   * @throws {ArgumentError} The source or an option cannot be used; the error names it
   * @throws {CredentialsError} The source is a table or query, and there are no credentials
   */
  constructor(source: SourceInput | Source, options: LayerOptions = {}) {
    this.source = source instanceof Source ? source : new Source(source, sourceOptions(options));
    this.style = checkStyle(options.style);
    this.legends = given(options.legends, checkLegends);
    this.widgets = given(options.widgets, checkWidgets);
    this.popupHover = given(options.popupHover, (popup) => checkPopup(popup, "popupHover"));
    this.popupClick = given(options.popupClick, (popup) => checkPopup(popup, "popupClick"));
    this.bounds = options.bounds === undefined ? undefined : checkBounds(options.bounds);
    this.defaultLegend = options.legends === true || (options.defaultLegend ?? true);
    this.defaultWidget = options.widgets === true || (options.defaultWidget ?? false);
    this.defaultPopupHover = options.popupHover === true || (options.defaultPopupHover ?? true);
    this.defaultPopupClick = options.popupClick === true || (options.defaultPopupClick ?? false);
    this.title = checkText(options.title, "title");
    Object.freeze(this);
  }
}

/** What a notebook shows of it. */
async function display(this: Layer): Promise<Readonly<Record<string, string>>> {
  return await (await import("./_notebook.ts")).notebookDisplay(this);
}

function sourceOptions(options: LayerOptions): SourceOptions {
  const { credentials, transport, geomCol, encodeData, schema, maxRows, mapsApiKey, file } = options;
  return { credentials, transport, geomCol, encodeData, schema, maxRows, mapsApiKey, file };
}

/** A list that was given, empty for false; undefined where the default holds. */
function given<T>(value: unknown, check: (value: unknown) => readonly T[]): readonly T[] | undefined {
  if (value === undefined || value === null || value === true) return undefined;
  return Object.freeze(value === false ? [] : [...check(value)]);
}

function checkStyle(style: unknown): Style | StylesByKind | undefined {
  if (style === undefined || style === null) return undefined;
  if (isStyle(style)) return style;
  const isByKind = typeof style === "object" &&
    Object.entries(style).every(([kind, each]) =>
      /^(?:point|line|polygon)$/.test(kind) &&
      (each === undefined || (isStyle(each) && each.type === "basic"))
    );
  if (isByKind) return Object.freeze({ ...style }) as StylesByKind;
  throw new ArgumentError("Cannot use this style: it was made by no style helper", {
    argument: "style",
    hint: 'Such as basicStyle({ color: "red" }), or { point: basicStyle(…), line: basicStyle(…) }',
  });
}
