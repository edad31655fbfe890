import { ArgumentError, UnsupportedError } from "../../errors/carto_error.ts";
import type { FrameParts } from "../_data.ts";
import { frameOf, type GeoDataFrame } from "../geo_data_frame.ts";
import type { ByteSource } from "./_byte_source.ts";
import { type Crs, crsOfSrid, crsOfText } from "./_crs.ts";
import { movedFrame, type Mover, moveToWgs84 } from "./_to_wgs84.ts";
import { BATCH_ROWS, type ReadFileOptions } from "./file_options.ts";

/** Reads one format: frames of one schema, at least one, in the order of the file. */
export type FormatReader = (
  source: ByteSource,
  context: ReadContext,
) => AsyncGenerator<GeoDataFrame, undefined>;

/** What all readers need beside the bytes. */
export class ReadContext {
  /** What the caller wants. */
  readonly options: ReadFileOptions;
  /** Whether everything is wanted as one frame. */
  readonly whole: boolean;
  /** The most rows of one batch. */
  readonly batchRows: number;
  /** What messages call the source: `"cafes.csv"`, or `the input`. */
  readonly named: string;
  readonly #notes: string[] = [];
  #move: Mover | undefined;
  #rows = 0;

  constructor(options: ReadFileOptions, whole: boolean, name: string | undefined) {
    this.options = options;
    this.whole = whole;
    this.named = name === undefined ? "the input" : `"${name}"`;
    const rows = options.batchRows ?? BATCH_ROWS;
    if (!Number.isSafeInteger(rows) || rows < 1) {
      throw new ArgumentError("The rows of a batch must be a whole number from 1 on", {
        argument: "batchRows",
      });
    }
    this.batchRows = rows;
  }

  /** Rows handed on so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds a sentence to what the frame tells about its reading. */
  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  /** Stops when the caller has given up. */
  check(): void {
    this.options.signal?.throwIfAborted();
  }

  /** The coordinate system that the caller tells, whatever the file says. */
  told(): Crs | undefined {
    const { srid, crs } = this.options;
    return crs !== undefined ? crsOfText(crs) : srid !== undefined ? crsOfSrid(srid) : undefined;
  }

  /**
   * Settles what the coordinates mean.
   *
   * @param found What the file tells; undefined for nothing
   * @returns The number that the geometries get: 0 where none is known
   * @throws {UnsupportedError} The file's coordinate system has no number, or cannot be reprojected
   */
  async settleCrs(found: Crs | undefined): Promise<number> {
    const crs = this.told() ?? found;
    if (this.options.reproject === true) {
      if (crs === undefined) {
        throw new UnsupportedError(`Cannot reproject ${this.named}: it tells no coordinate system`, {
          hint: 'Tell it: { srid: 25830 } or { crs: "…" }',
        });
      }
      const move = await moveToWgs84(crs, this.named);
      if (move === undefined) return 4326;
      this.#move = move.move;
      this.note(
        `The coordinates were turned from "${crs.name}" into longitude and latitude (EPSG:4326)` +
          (move.approximate ? ", with a shift of the datum that is good to some metres" : ""),
      );
      return crs.srid ?? 0;
    }
    if (crs === undefined || crs.srid !== undefined) return crs?.srid ?? 0;
    throw new UnsupportedError(
      `Cannot read ${this.named}: its coordinate system "${crs.name}" has no EPSG number`,
      { hint: "Read it with { reproject: true }, or tell its number: { srid: … }" },
    );
  }

  /** The frame of parts, as the caller wants it. */
  frame(parts: FrameParts): GeoDataFrame {
    let frame = frameOf({ ...parts, notes: [...this.#notes, ...(parts.notes ?? [])] });
    if (this.#move !== undefined) frame = movedFrame(frame, this.#move, this.#rows + 1);
    const { columns } = this.options;
    this.#rows += frame.numRows;
    return columns === undefined ? frame : frame.select(columns);
  }
}
