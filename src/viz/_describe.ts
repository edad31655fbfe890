import { DataError } from "../errors/carto_error.ts";
import { joinBounds, WORLD } from "./_bounds.ts";
import { BufferSink } from "./_buffer_sink.ts";
import { ColumnView } from "./_column_view.ts";
import { type Columns, compileStyle } from "./_compile_style.ts";
import { describeBoxes, type MapRules } from "./_describe_boxes.ts";
import { layerColumns } from "./_layer_columns.ts";
import { pageColumn } from "./_page_column.ts";
import { type PageGeometry, pageGeometry } from "./_page_geometry.ts";
import { lookAt, noColumn, readLocal, readRemote, type SourceFrame } from "./_read_source.ts";
import { resolveBasemap } from "./basemaps.ts";
import type { Layer } from "./layer.ts";
import { Layout } from "./layout.ts";
import type { Map as CartoMap, Viewport } from "./map.ts";
import {
  PAGE_VERSION,
  type PageData,
  type PageDocument,
  type PageLayer,
  type PageMap,
  type PageSource,
  type PageViewport,
} from "./page/description.ts";
import type { Source } from "./source.ts";

/** A page as the viewer takes it: the description, and its buffers by id. */
export interface DescribedPage {
  readonly document: PageDocument;
  /** Their bytes; they may share memory with frames, and are not to be changed. */
  readonly buffers: ReadonlyMap<string, Uint8Array>;
}

/** How a page is described. */
export interface DescribeOptions {
  /** Ends the reading of tables and files. */
  readonly signal?: AbortSignal | undefined;
  /** What stands for tables and queries whose rows are not to be put into the page, whatever their number. */
  readonly published?: ReadonlyMap<Source, Source> | undefined;
}

/**
 * Describes a map or layout: reads its sources, compiles its styles, and writes the columns that it uses into buffers.
 *
 * @throws {ArgumentError} A column does not exist or cannot be used so; the error names the argument
 * @throws {DataError} A file cannot be read, or nothing of a source is on the map
 */
export async function describePage(
  page: CartoMap | Layout,
  options: DescribeOptions = {},
): Promise<DescribedPage> {
  const maps = page instanceof Layout ? page.maps : [page];
  const layers = maps.flatMap((map) => map.layers);
  const sink = new BufferSink();
  const sources: DescribedSource[] = [];
  for (const source of new Set(layers.map((layer) => layer.source))) {
    const users = layers.filter((layer) => layer.source === source);
    sources.push(await describeSource(source, users, sources.length, sink, options));
  }
  const find = ({ source }: Layer) => sources.find((each) => each.source === source) as DescribedSource;
  const described: PageMap[] = [];
  for (const map of maps) {
    const isStatic = map.isStatic ?? (page instanceof Layout && page.isStatic);
    const viewport = map.viewport ?? (page instanceof Layout ? page.viewport : undefined);
    described.push(await describeMap(map, find, isStatic, viewport));
  }
  const document: PageDocument = {
    version: PAGE_VERSION,
    title: page instanceof Layout ? "" : page.title ?? "",
    description: page instanceof Layout ? "" : page.description ?? "",
    grid: page instanceof Layout
      ? { columns: page.nSize, rows: page.mSize, mapHeight: page.mapHeight, fullHeight: page.fullHeight }
      : null,
    maps: described,
    sources: sources.map((source) => source.describe(sink)),
    buffers: sink.buffers,
  };
  return { document, buffers: sink.bytes };
}

async function describeMap(
  map: CartoMap,
  find: (layer: Layer) => DescribedSource,
  isStatic: boolean,
  viewport: Viewport | undefined,
): Promise<PageMap> {
  const rules = { isStatic, layerSelector: map.layerSelector };
  const layers: PageLayer[] = [];
  for (const [i, layer] of map.layers.entries()) {
    layers.push(await describeLayer(layer, find(layer), `Layer ${i + 1}`, rules));
  }
  const boxes = map.layers.map((layer) => layer.bounds ?? find(layer).geometry.bounds)
    .filter((box) => box !== null);
  return {
    title: map.title ?? "",
    description: map.description ?? "",
    theme: map.theme,
    size: map.size ?? null,
    basemap: resolveBasemap(map.basemap).page,
    viewport: viewport === undefined ? null : pageViewport(viewport),
    bounds: map.bounds ?? joinBounds(boxes) ?? WORLD,
    showInfo: map.showInfo,
    layerSelector: map.layerSelector,
    isStatic,
    layers,
  };
}

function pageViewport({ lat, lng, zoom, bearing, pitch }: Viewport): PageViewport {
  return {
    center: lat === undefined || lng === undefined ? null : [lng, lat],
    zoom: zoom ?? null,
    bearing: bearing ?? null,
    pitch: pitch ?? null,
  };
}

async function describeLayer(
  layer: Layer,
  source: DescribedSource,
  name: string,
  rules: MapRules,
): Promise<PageLayer> {
  const { kinds } = source.geometry;
  const compiled = compileStyle(source.settle(layer.style), kinds, source.column);
  const boxes = await describeBoxes(layer, compiled, kinds, source.column, rules);
  return {
    title: layer.title ?? name,
    source: source.index,
    styles: compiled.styles,
    cluster: compiled.cluster,
    ...boxes,
  };
}

/** A source as layers use it. */
interface DescribedSource {
  readonly source: Source;
  readonly index: number;
  readonly geometry: Pick<PageGeometry, "kinds" | "bounds">;
  /** A column by name; from now on it belongs to the page. */
  readonly column: Columns;
  /** A style with all that the page's columns do not tell. */
  settle(style: Layer["style"]): Layer["style"];
  describe(sink: BufferSink): PageSource;
}

async function describeSource(
  source: Source,
  users: readonly Layer[],
  index: number,
  sink: BufferSink,
  { published, signal }: DescribeOptions,
): Promise<DescribedSource> {
  if (source.isLocal()) return new DataSource(source, await readLocal(source, signal), index, sink);
  const needed = [...new Set(users.flatMap(layerColumns))];
  const remote = await lookAt(source, needed, signal);
  const stand = published?.get(source);
  const frame = stand === undefined ? await readRemote(source, remote, needed, signal) : undefined;
  if (frame !== undefined) return new DataSource(source, frame, index, sink);
  const { tileSource } = await import("./_tiles.ts");
  const tiles = await tileSource(stand ?? source, remote, needed, users.map(({ style }) => style), signal);
  return {
    source,
    index,
    geometry: { kinds: [tiles.page.kind], bounds: tiles.page.bounds },
    column: (name, argument) => {
      const view = tiles.view(name);
      if (view === undefined) throw noColumn(name, argument, remote.fields.map((field) => field.name));
      return view;
    },
    settle: tiles.settle,
    describe: () => tiles.page,
  };
}

/** A source that is read: its geometries lie in the page, and its columns are gathered as they are asked for. */
class DataSource implements DescribedSource {
  readonly source: Source;
  readonly index: number;
  readonly geometry: PageGeometry;
  readonly #frame: SourceFrame["frame"];
  readonly #views: Map<string, ColumnView> = new Map();

  constructor(source: Source, { frame, geometry }: SourceFrame, index: number, sink: BufferSink) {
    this.source = source;
    this.index = index;
    this.#frame = frame;
    sink.compress = source.options.encodeData ?? true;
    this.geometry = pageGeometry(geometry, sink);
    if (this.geometry.outside > 0 && this.geometry.bounds === null) {
      throw new DataError("None of the coordinates is a longitude and latitude", {
        place: { column: geometry.name },
        hint: 'Tell the coordinate system: frame.setGeometry("…", { srid: … }), or swap x and y',
      });
    }
  }

  /** A column by name; from now on it belongs to the page. */
  readonly column: Columns = (name, argument) => {
    const known = this.#views.get(name);
    if (known !== undefined) return known;
    if (!this.#frame.hasColumn(name)) throw noColumn(name, argument, this.#frame.columnNames);
    const view = new ColumnView(this.#frame.column(name), this.geometry.rows);
    this.#views.set(name, view);
    return view;
  };

  settle(style: Layer["style"]): Layer["style"] {
    return style;
  }

  describe(sink: BufferSink): PageData {
    sink.compress = this.source.options.encodeData ?? true;
    const { geometry, bounds, rows } = this.geometry;
    const count = rows?.length ?? this.#frame.numRows;
    return {
      type: "data",
      rows: count,
      skippedRows: this.#frame.numRows - count,
      bounds,
      geometry,
      columns: [...this.#views.values()].map((view) => pageColumn(view, sink)),
    };
  }
}
