/** A map that the server holds ready. Members beyond these pass through. */
export interface MapInstance {
  /** The token of the map, in tile addresses. It ends some minutes after its last use. */
  readonly layergroupid: string;
  /** When the data last changed, as ISO 8601. */
  readonly last_updated?: string | null | undefined;
  /** Layers, dataviews, analyses and addresses. No address holds a key, whatever the server sent. */
  readonly metadata: {
    /** The layers. */
    readonly layers: readonly {
      /** The kind of layer. */
      readonly type: string;
      /** The layer's name. */
      readonly id?: string | null | undefined;
      /** Statistics, aggregation, style. */
      readonly meta?: unknown;
    }[];
    /** Figures by name, each with its address. */
    readonly dataviews?: Readonly<Record<string, unknown>> | null | undefined;
    /** The nodes of analyses, each with its state and address. */
    readonly analyses?: readonly unknown[] | null | undefined;
    /** What else the server tells: `tilejson`, `url`, `torque`. */
    readonly [member: string]: unknown;
  };
  /** Other hosts that serve the tiles. */
  readonly cdn_url?: unknown;
}

/** Which tile of a map. */
export interface MapTile {
  /** The zoom, from 0. */
  readonly z: number;
  /** The column, from the west. */
  readonly x: number;
  /** The row, from the north. */
  readonly y: number;
  /** Default `mvt`. `grid.json` and `torque.json` need a layer. */
  readonly format?: "mvt" | "png" | "grid.json" | "torque.json" | undefined;
  /** A layer's index or id, several indexes as `0,2`, `all` or `mapnik`. Default: all. */
  readonly layer?: string | number | undefined;
  /** How many times as fine a `png` is; 2 for screens of double density. */
  readonly scale?: number | undefined;
}

/** Which address of tiles; without `z`, `x` and `y` a template with `{z}`, `{x}` and `{y}`. */
export type MapTileUrl = Partial<MapTile> & {
  /** Whether the key is put into the address. Then it is seen by whoever sees the page. Default false. */
  readonly withKey?: boolean | undefined;
};

/** Which image of a map: around a centre, or a box. */
export type MapImage =
  & {
    /** Pixels. */
    readonly width: number;
    /** Pixels. */
    readonly height: number;
    /** Default `png`. */
    readonly format?: "png" | "jpg" | undefined;
    /** Layers by index, such as `0,1`. Default: all. */
    readonly layer?: string | undefined;
  }
  & (
    | { readonly center: { readonly lng: number; readonly lat: number }; readonly zoom: number }
    | { readonly bounds: readonly [west: number, south: number, east: number, north: number] }
  );

/** Which preview of a named map; what is not given is taken from its view. */
export interface NamedMapImage {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Default `png`. */
  readonly format?: "png" | "jpg" | undefined;
  /** Layers by index, such as `0,1`. */
  readonly layer?: string | undefined;
  /** The centre. */
  readonly center?: { readonly lng: number; readonly lat: number } | undefined;
  /** The zoom. */
  readonly zoom?: number | undefined;
  /** The box, in place of centre and zoom. */
  readonly bounds?: readonly [west: number, south: number, east: number, north: number] | undefined;
}

/** What requests of a map take. */
export interface MapRequestOptions {
  /** The token that a protected named map wants. */
  authToken?: string | undefined;
  /** Stops waiting. */
  signal?: AbortSignal | undefined;
}

/** Which rows a dataview is worked out of, and how. */
export interface DataviewOptions extends MapRequestOptions {
  /** Only rows in this box, in degrees. */
  bbox?: readonly [west: number, south: number, east: number, north: number] | undefined;
  /** Only rows in this circle, as the server wants it. */
  circle?: Readonly<Record<string, unknown>> | undefined;
  /** Only rows in this polygon, as the server wants it. */
  polygon?: Readonly<Record<string, unknown>> | undefined;
  /** Conditions of other dataviews: `{ dataviews: { hist: { min: 3, max: 5 } } }`. */
  filters?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the dataview's own condition counts. */
  ownFilter?: boolean | undefined;
  /** Whether no condition counts. */
  noFilters?: boolean | undefined;
  /** Histogram: where the first bin starts. */
  start?: number | undefined;
  /** Histogram: where the last bin ends. */
  end?: number | undefined;
  /** Histogram: how many bins. */
  bins?: number | undefined;
  /** Histogram: whether the column is taken for numbers or dates. */
  columnType?: "number" | "date" | undefined;
  /** Histogram of dates: `year`, `month` … or `auto`. */
  aggregation?: string | undefined;
  /** Histogram of dates: seconds from UTC. */
  offset?: number | undefined;
  /** Aggregation: how many categories before the rest becomes one. */
  categories?: number | undefined;
}

/** What a dataview of type `formula` gives. Members beyond these pass through. */
export interface FormulaResult {
  /** The type. */
  readonly type: "formula";
  /** What was worked out. */
  readonly operation: string;
  /** The figure; null where there are no rows. */
  readonly result: number | null;
  /** Rows without a value. */
  readonly nulls?: number | undefined;
  /** Rows whose value is no number. */
  readonly nans?: number | undefined;
  /** Rows whose value is infinite. */
  readonly infinities?: number | undefined;
}

/** What a dataview of type `histogram` gives. Members beyond these pass through. */
export interface HistogramResult {
  /** The type. */
  readonly type: "histogram";
  /** How wide a bin is. */
  readonly bin_width: number;
  /** How many bins there are, the empty ones included. */
  readonly bins_count: number;
  /** Where the first bin starts. */
  readonly bins_start: number;
  /** The bins that are not empty; of dates, one without a number holds the rows that have none. */
  readonly bins: readonly {
    /** Its number, from 0. */
    readonly bin: number | null;
    /** The smallest value in it. */
    readonly min: number | null;
    /** The largest value in it. */
    readonly max: number | null;
    /** The mean of the values in it. */
    readonly avg: number | null;
    /** How many rows are in it. */
    readonly freq: number;
    /** Dates: when it starts, in seconds since 1970. */
    readonly timestamp?: number | null | undefined;
  }[];
  /** The mean of all. */
  readonly avg?: number | null | undefined;
  /** Rows without a value. */
  readonly nulls?: number | undefined;
  /** Rows whose value is no number. */
  readonly nans?: number | undefined;
  /** Rows whose value is infinite. */
  readonly infinities?: number | undefined;
  /** Dates: how wide a bin is, as a word. */
  readonly aggregation?: string | undefined;
  /** Dates: seconds from UTC. */
  readonly offset?: number | undefined;
  /** Dates: when the first bin starts, in seconds since 1970. */
  readonly timestamp_start?: number | undefined;
}

/** What a dataview of type `aggregation` gives. Members beyond these pass through. */
export interface AggregationResult {
  /** The type. */
  readonly type: "aggregation";
  /** What was worked out. */
  readonly aggregation: string;
  /** The categories; `agg` marks the one that stands for the rest. */
  readonly categories: readonly {
    /** The value of the column. */
    readonly category: string | number | boolean | null;
    /** The figure. */
    readonly value: number | null;
    /** Whether it stands for the rest. */
    readonly agg?: boolean | undefined;
  }[];
  /** How many rows there are. */
  readonly count?: number | undefined;
  /** How many categories there are. */
  readonly categoriesCount?: number | undefined;
  /** The smallest figure. */
  readonly min?: number | null | undefined;
  /** The largest figure. */
  readonly max?: number | null | undefined;
  /** Rows without a value. */
  readonly nulls?: number | undefined;
  /** Rows whose value is no number. */
  readonly nans?: number | undefined;
  /** Rows whose value is infinite. */
  readonly infinities?: number | undefined;
}

/** What a dataview gives. */
export type DataviewResult = FormulaResult | HistogramResult | AggregationResult;

/** How an analysis stands. Members beyond these pass through. */
export interface AnalysisStatus {
  /** The node's id. */
  readonly node_id: string;
  /** `waiting`, `pending`, `running`, `ready`, `failed`, `cancelled` or `unknown`. */
  readonly status: string;
  /** When it last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
  /** Why it failed. */
  readonly error_message?: string | null | undefined;
}
