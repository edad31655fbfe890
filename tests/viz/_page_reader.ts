/** Reads a described page as the contract says, row by row, so that tests can compare values. */
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { type DescribedPage, describePage } from "../../src/viz/_describe.ts";
import { Layer, type LayerOptions, type Layout, Map as CartoMap } from "../../src/viz/mod.ts";
import type {
  PageColumn,
  PageData,
  PageLayer,
  PagePositions,
  PageStyle,
  PageTexts,
} from "../../src/viz/page/description.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** A page whose buffers can be read. */
export class PageReader {
  readonly page: DescribedPage;

  constructor(page: DescribedPage) {
    this.page = page;
  }

  static async of(page: CartoMap | Layout): Promise<PageReader> {
    return new PageReader(await describePage(page));
  }

  /** A page of one layer. */
  static async ofLayer(
    source: ConstructorParameters<typeof Layer>[0],
    options: LayerOptions = {},
  ): Promise<PageReader> {
    return await PageReader.of(new CartoMap(new Layer(source, options)));
  }

  get layer(): PageLayer {
    return this.page.document.maps[0]?.layers[0] as PageLayer;
  }

  /** The first source. */
  get data(): PageData {
    return this.page.document.sources[0] as PageData;
  }

  /** The style of the kind that there is. */
  get style(): PageStyle {
    return Object.values(this.layer.styles)[0] as PageStyle;
  }

  /** Every element of a buffer; bits as 0 and 1. */
  elements(id: string): (number | bigint)[] {
    const buffer = this.page.document.buffers.find((each) => each.id === id);
    const bytes = this.page.buffers.get(id);
    if (buffer === undefined || bytes === undefined) throw new Error(`There is no buffer ${id}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = {
      u8: 1,
      i8: 1,
      u16: 2,
      i16: 2,
      u24: 3,
      u32: 4,
      i32: 4,
      i64: 8,
      f32: 4,
      f64: 8,
      bits: 1 / 8,
    };
    const wanted = Math.ceil(buffer.length * size[buffer.dtype]);
    if (bytes.length !== wanted) throw new Error(`Buffer ${id} has ${bytes.length} bytes, not ${wanted}`);
    return Array.from({ length: buffer.length }, (_, i) => {
      switch (buffer.dtype) {
        case "u8":
          return view.getUint8(i);
        case "i8":
          return view.getInt8(i);
        case "u16":
          return view.getUint16(2 * i, true);
        case "i16":
          return view.getInt16(2 * i, true);
        case "u24":
          return view.getUint16(3 * i, true) + 65_536 * view.getUint8(3 * i + 2);
        case "u32":
          return view.getUint32(4 * i, true);
        case "i32":
          return view.getInt32(4 * i, true);
        case "i64":
          return view.getBigInt64(8 * i, true);
        case "f32":
          return view.getFloat32(4 * i, true);
        case "f64":
          return view.getFloat64(8 * i, true);
        case "bits":
          return view.getUint8(i >> 3) >> (i & 7) & 1;
      }
    });
  }

  dtype(id: string): string | undefined {
    return this.page.document.buffers.find((each) => each.id === id)?.dtype;
  }

  texts({ bytes, offsets }: PageTexts): string[] {
    const all = this.page.buffers.get(bytes) as Uint8Array;
    const at = this.elements(offsets) as number[];
    return at.slice(1).map((end, i) => decoder.decode(all.subarray(at[i], end)));
  }

  column(name: string): PageColumn {
    const column = this.data.columns.find((each) => each.name === name);
    if (column === undefined) throw new Error(`There is no column ${name}`);
    return column;
  }

  /** The values of a column as a popup would show them: numbers, texts, booleans; times in milliseconds. */
  values(name: string): (string | number | bigint | boolean | null)[] {
    const column = this.column(name);
    const valid = column.validity === null ? undefined : this.elements(column.validity);
    return this.#values(column).map((value, row) => valid?.[row] === 0 ? null : value);
  }

  #values(column: PageColumn): (string | number | bigint | boolean)[] {
    switch (column.kind) {
      case "number":
        return column.exact === null ? this.elements(column.values) : this.texts(column.exact);
      case "category": {
        const dictionary = this.texts(column.dictionary);
        return this.elements(column.codes).map((code) => dictionary[Number(code)] as string);
      }
      case "text":
        return this.texts(column.texts);
      case "boolean":
        return this.elements(column.values).map((bit) => bit === 1);
      case "time":
        return this.elements(column.values).map((value) =>
          typeof value === "bigint" ? value : value * column.unit
        );
    }
  }

  /** Longitude and latitude of each vertex. */
  places({ values, origin, step }: PagePositions): [number, number][] {
    const steps = this.elements(values) as number[];
    return Array.from({ length: steps.length / 2 }, (_, i) => [
      origin[0] + (steps[2 * i] as number) * step[0],
      origin[1] + (steps[2 * i + 1] as number) * step[1],
    ]);
  }
}

/** Points with the columns given, each at a place of its own. */
export function points(
  columns: Record<string, unknown[] | Int32Array | Float64Array | Float32Array>,
): GeoDataFrame {
  const rows = Object.values(columns)[0]?.length ?? 0;
  return GeoDataFrame.fromColumns(columns as never).setGeometryFromXY(
    Array.from({ length: rows }, (_, i) => i % 90),
    Array.from({ length: rows }, (_, i) => i % 45),
  );
}

/** Rows of one kind of geometry. */
export function shapes(kind: "point" | "line" | "polygon", columns: Record<string, unknown[]>): GeoDataFrame {
  const rows = Object.values(columns)[0]?.length ?? 0;
  const wkt = {
    point: (i: number) => `POINT(${i} ${i})`,
    line: (i: number) => `LINESTRING(${i} 0, ${i} 1)`,
    polygon: (i: number) => `POLYGON((${i} 0, ${i} 1, ${i + 1} 1, ${i} 0))`,
  }[kind];
  const frame = GeoDataFrame.fromColumns(columns as never);
  return frame.setGeometry(Array.from({ length: rows }, (_, i) => wkt(i)));
}
