// What draws the maps: bundled into the page, run by the browser, never loaded by Deno. MIT, no permissions.
export { COORDINATE_SYSTEM, Deck, MapView, WebMercatorViewport } from "npm:@deck.gl/core@9.4.0";
export type { Layer, PickingInfo } from "npm:@deck.gl/core@9.4.0";
export { BitmapLayer, PathLayer, ScatterplotLayer, SolidPolygonLayer } from "npm:@deck.gl/layers@9.4.0";
export { DataFilterExtension } from "npm:@deck.gl/extensions@9.4.0";
