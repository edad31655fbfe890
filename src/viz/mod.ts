/**
 * Maps of local data and of tables: a page with layers, legends, widgets and popups, that any browser opens.
 *
 * @example Cities, coloured by population
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { colorBinsStyle, Layer, Map } from "@cartoframes/cartoframes/viz";
 *
 * const cities = GeoDataFrame.fromRows([{ name: "Ávila", population: 57_949, lng: -4.7, lat: 40.66 }])
 *   .setGeometryFromXY("lng", "lat", { drop: true });
 * const map = new Map(new Layer(cities, { style: colorBinsStyle("population") }));
 * // await map.save("cities.html");
 * if (map.layers[0]?.source.kind !== "frame") throw new Error("not local");
 * ```
 *
 * @module
 */
export type { MapBounds } from "./_bounds.ts";
export type { SaveOptions, ToHtmlOptions } from "./_html_options.ts";
export type { OpenedPage, OpenOptions, PngOptions } from "./_show_options.ts";
export type { Titled, TitledOptions } from "./_titled.ts";
export { type Basemap, type BasemapName, basemaps, type BasemapStyle } from "./basemaps.ts";
export * from "./layer.ts";
export { Layout, type LayoutOptions } from "./layout.ts";
export { basicLegend } from "./legends/basic_legend.ts";
export { colorBinsLegend } from "./legends/color_bins_legend.ts";
export { colorCategoryLegend } from "./legends/color_category_legend.ts";
export { colorContinuousLegend } from "./legends/color_continuous_legend.ts";
export { defaultLegend, type DefaultLegendOptions } from "./legends/default_legend.ts";
export type {
  Legend,
  LegendProp,
  LegendType,
  NumberLegendOptions,
  ScaleLegendOptions,
} from "./legends/legend.ts";
export { sizeBinsLegend } from "./legends/size_bins_legend.ts";
export { sizeCategoryLegend } from "./legends/size_category_legend.ts";
export { sizeContinuousLegend } from "./legends/size_continuous_legend.ts";
export { Map, type MapOptions, type Viewport } from "./map.ts";
export { type Palette, type PaletteKey, type PaletteName, palettes } from "./palettes.ts";
export * from "./popups/default_popup_element.ts";
export { type PopupElement, popupElement, type PopupElementOptions } from "./popups/popup_element.ts";
export * from "./publish.ts";
export * from "./publish_error.ts";
export * from "./source.ts";
export * from "./styles/animation_style.ts";
export * from "./styles/basic_style.ts";
export * from "./styles/cluster_size_style.ts";
export * from "./styles/color_bins_style.ts";
export * from "./styles/color_category_style.ts";
export * from "./styles/color_continuous_style.ts";
export * from "./styles/isolines_style.ts";
export * from "./styles/size_bins_style.ts";
export * from "./styles/size_category_style.ts";
export * from "./styles/size_continuous_style.ts";
export type * from "./styles/style.ts";
export { type Theme, themes } from "./themes.ts";
export * from "./widgets/animation_widget.ts";
export * from "./widgets/basic_widget.ts";
export * from "./widgets/category_widget.ts";
export * from "./widgets/default_widget.ts";
export * from "./widgets/formula_widget.ts";
export * from "./widgets/histogram_widget.ts";
export * from "./widgets/time_series_widget.ts";
export type {
  BucketWidgetOptions,
  FilterWidgetOptions,
  FormulaOperation,
  Widget,
  WidgetType,
} from "./widgets/widget.ts";
