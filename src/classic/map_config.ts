/** How points are put together where they are many; see CARTO's Maps API, "Tile aggregation". */
export interface MapAggregation {
  /** Where the one point is put. Default `point-sample`. */
  placement?: "point-sample" | "point-grid" | "centroid" | undefined;
  /** Columns of the one point: name → what is worked out of which column. */
  columns?:
    | Readonly<
      Record<string, {
        aggregate_function: "sum" | "avg" | "min" | "max" | "mode" | "count";
        aggregated_column: string;
      }>
    >
    | undefined;
  /** How large a cell is: 1 makes 256 of them along the side of a tile. Default 1. */
  resolution?: number | undefined;
  /** With fewer rows than this nothing is put together. */
  threshold?: number | undefined;
  /** Conditions on columns: those of one column are joined by OR, columns by AND. */
  filters?: Readonly<Record<string, unknown>> | undefined;
}

/** A layer drawn from rows of the account: `mapnik`, also called `cartodb`. */
export interface MapnikLayer {
  /** The layer's name in tiles and URLs. Default `layer0`, `layer1` … */
  id?: string | undefined;
  /** The kind of layer. */
  type: "mapnik" | "cartodb";
  /** What is drawn and how. */
  options: {
    /** The rows; tokens such as `!bbox!` are replaced. One of `sql` and `source` is given. */
    sql?: string | undefined;
    /** The analysis whose result is drawn. */
    source?: { id: string } | undefined;
    /** The style; all layers have one, or none has, and then there are only vector tiles. */
    cartocss?: string | undefined;
    /** The version of the style's language. */
    cartocss_version?: string | undefined;
    /** The geometry column. Default `the_geom_webmercator`. */
    geom_column?: string | undefined;
    /** What that column holds. Default `geometry`. */
    geom_type?: "geometry" | "raster" | undefined;
    /** Which band of a raster is drawn. */
    raster_band?: number | undefined;
    /** The coordinate system of that column. Default 3857. */
    srid?: number | undefined;
    /** The tables that the query reads, where the server cannot tell. */
    affected_tables?: readonly string[] | undefined;
    /** Columns of the tiles `grid.json`. */
    interactivity?: string | readonly string[] | undefined;
    /** What {@link MapsApi.attributes} gives: the column of ids and those wanted. */
    attributes?: { id: string; columns: readonly string[] } | undefined;
    /** How points are put together; `false` for never. */
    aggregation?: MapAggregation | boolean | undefined;
    /** Which statistics of the rows are wanted in the answer. */
    metadata?: Readonly<Record<string, unknown>> | undefined;
    /** What else the server knows. */
    readonly [option: string]: unknown;
  };
}

/** Points that move in time. */
export interface TorqueLayer {
  /** The layer's name in tiles and URLs. */
  id?: string | undefined;
  /** The kind of layer. */
  type: "torque";
  /** What is drawn and how. */
  options: {
    /** The rows. */
    sql: string;
    /** The style, with the properties of Torque. */
    cartocss: string;
    /** The version of the style's language. */
    cartocss_version?: string | undefined;
    /** The first step drawn. */
    step?: number | undefined;
    /** The geometry column. Default `the_geom_webmercator`. */
    geom_column?: string | undefined;
    /** The coordinate system of that column. Default 3857. */
    srid?: number | undefined;
    /** What else the server knows. */
    readonly [option: string]: unknown;
  };
}

/** Tiles of another server. */
export interface HttpLayer {
  /** The layer's name in tiles and URLs. */
  id?: string | undefined;
  /** The kind of layer. */
  type: "http";
  /** Where the tiles are. */
  options: {
    /** The address with `{z}`, `{x}`, `{y}` and perhaps `{s}`. */
    urlTemplate: string;
    /** What `{s}` stands for. Default a, b, c. */
    subdomains?: readonly string[] | undefined;
    /** Whether rows of tiles are counted from the south. */
    tms?: boolean | undefined;
  };
}

/** One colour, or one image again and again. */
export interface PlainLayer {
  /** The layer's name in tiles and URLs. */
  id?: string | undefined;
  /** The kind of layer. */
  type: "plain";
  /** One of the two. */
  options: {
    /** A name, a hexadecimal colour, or `[r, g, b]` or `[r, g, b, a]`. */
    color?: string | readonly number[] | undefined;
    /** The image. */
    imageUrl?: string | undefined;
  };
}

/** The layers of a named map, within an anonymous map of the same user. */
export interface NamedLayer {
  /** The layer's name in tiles and URLs. */
  id?: string | undefined;
  /** The kind of layer. */
  type: "named";
  /** Which map. */
  options: {
    /** Its name. */
    name: string;
    /** Values of its placeholders. */
    config?: Readonly<Record<string, unknown>> | undefined;
    /** Tokens that let it be used. */
    auth_tokens?: readonly string[] | undefined;
  };
}

/** A layer of a map. */
export type MapLayer = MapnikLayer | TorqueLayer | HttpLayer | PlainLayer | NamedLayer;

/** Rows for layers and dataviews: a query (`source`), or what is worked out of others. */
export interface MapAnalysis {
  /** The name by which layers and dataviews mean it. */
  id: string;
  /** `source`, `buffer` or another. */
  type: string;
  /** What it needs: `query` for a `source`. */
  params: Readonly<Record<string, unknown>>;
}

/** Figures about the rows of an analysis. */
export interface MapDataview {
  /** What is worked out. */
  type: "aggregation" | "histogram" | "formula";
  /** The analysis. */
  source: { id: string };
  /** The column, and what belongs to the type. */
  options: {
    /** The column. */
    column: string;
    /** `formula`: `count`, `sum`, `avg`, `min`, `max`. */
    operation?: string | undefined;
    /** `aggregation`: the same, of `aggregationColumn`; `histogram` of dates: `year`, `month` … or `auto`. */
    aggregation?: string | undefined;
    /** `aggregation`: the column worked out, needed unless rows are counted. */
    aggregationColumn?: string | undefined;
    /** `histogram`: how many bins. */
    bins?: number | undefined;
    /** `histogram`: where the first bin starts. */
    start?: number | undefined;
    /** `histogram`: where the last bin ends. */
    end?: number | undefined;
    /** `histogram` of dates: seconds from UTC. */
    offset?: number | undefined;
  };
}

/** A map as the Maps API takes it (MapConfig). */
export interface MapConfig {
  /** The version of this format, such as `1.8.0`. */
  version?: string | undefined;
  /** The coordinate system of the tiles. Default 3857. */
  srid?: number | undefined;
  /** The smallest zoom. */
  minzoom?: number | undefined;
  /** The largest zoom. */
  maxzoom?: number | undefined;
  /** The box that tiles are drawn for. */
  extent?: readonly [number, number, number, number] | undefined;
  /** How far beyond its border a tile is drawn, by format. */
  buffersize?: Readonly<Record<string, number>> | undefined;
  /** The layers, the lowest first. */
  layers: readonly MapLayer[];
  /** Rows for layers and dataviews. */
  analyses?: readonly MapAnalysis[] | undefined;
  /** Figures, by name. */
  dataviews?: Readonly<Record<string, MapDataview>> | undefined;
}

/** What a placeholder of a named map stands for. */
export interface MapPlaceholder {
  /** How its value is checked and quoted. */
  type: "sql_literal" | "sql_ident" | "number" | "css_color";
  /** The value where none is given. */
  default: string | number;
}

/** Where a named map's static image looks. */
export interface MapView {
  /** The zoom. */
  zoom?: number | undefined;
  /** The centre. */
  center?: { lng: number; lat: number } | undefined;
  /** The box, in place of zoom and centre. */
  bounds?: { west: number; south: number; east: number; north: number } | undefined;
  /** Which layers are drawn, by index. */
  preview_layers?: Readonly<Record<string, boolean>> | undefined;
}

/** A named map: a map with placeholders that the account keeps, for people without a key. */
export interface MapTemplate {
  /** The version of this format. Default `0.0.1`. */
  version?: string | undefined;
  /** The name: a letter or digit, then letters, digits, `-` and `_`. */
  name: string;
  /**
   * Who may use it: everybody, or who has one of the tokens. In what {@link NamedMapsApi.get} gives, the tokens are a
   * property that is not listed, so that they are neither printed nor turned into JSON.
   */
  auth?: { method: "open" | "token"; valid_tokens?: readonly string[] | undefined } | undefined;
  /** The placeholders, which stand as `<%= name %>` in the texts of the map. */
  placeholders?: Readonly<Record<string, MapPlaceholder>> | undefined;
  /** The map. */
  layergroup: MapConfig;
  /** Where its static image looks. */
  view?: MapView | undefined;
}
