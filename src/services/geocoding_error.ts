import { CartoError, type CartoErrorOptions } from "../errors/carto_error.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { GeocodingMetadata } from "./geocoding.ts";

/**
 * Geocoding ended before all rows were done. What was done stays done: `data` has it, and the next run costs only the
 * rest. Codes `quota-exceeded`, `job-failed` and others of the platform.
 */
export class GeocodingError extends CartoError {
  /** The name of the class. */
  override name = "GeocodingError";
  /** The rows as they are now; those of `pendingIds` are not geocoded. */
  readonly data: GeoDataFrame;
  /** The counts as they are now. */
  readonly metadata: GeocodingMetadata;
  /** The `cartodb_id`s of the rows that were not reached, at most the first 10,000. Rows of local data count from 1. */
  readonly pendingIds: readonly number[];
  /**
   * The table of the account that has the rows: the one that was geocoded in place, or the draft `<tableName>_unfinished`
   * of the one that is to keep them. Undefined where `data` is all there is.
   */
  readonly table: string | undefined;

  /**
   * Builds the error.
   *
   * @param code What ended it
   * @param message How many rows were not reached, and why
   * @param options The rows, the counts, the next step and the cause
   */
  constructor(
    code: CartoError["code"],
    message: string,
    options: CartoErrorOptions & {
      data: GeoDataFrame;
      metadata: GeocodingMetadata;
      pendingIds: readonly number[];
      table?: string | undefined;
    },
  ) {
    super(code, message, options);
    this.data = options.data;
    this.metadata = options.metadata;
    this.pendingIds = options.pendingIds;
    this.table = options.table;
  }

  /** The error as plain data, for logs: without the rows. */
  override toJSON(): Record<string, unknown> {
    const { data: _, ...rest } = super.toJSON();
    return rest;
  }
}
