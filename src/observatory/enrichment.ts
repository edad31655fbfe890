import type { Credentials } from "../auth/credentials.ts";
import type { FrameInput } from "../frame/from_any.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { TransportOptions } from "../http/transport.ts";
import type { Variable } from "./variable.ts";

/** A variable: itself, its id or its short name. */
export type EnrichmentVariable = Variable | string;

/**
 * How the figures of several areas become one: `default` for each variable's own way (variables without one are left
 * out), null for none (a row for each area that is met), a function such as `SUM`, or functions by variable id.
 */
export type EnrichmentAggregation = string | null | Readonly<Record<string, string | readonly string[]>>;

/** What enriching takes. */
export interface EnrichmentOptions {
  /** The geometry column; the data's own when not given. */
  geomCol?: string | undefined;
  /** Conditions on the figures by variable id, such as `> 30`; several of one variable must all hold. */
  filters?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Ends the call. */
  signal?: AbortSignal | undefined;
  /** Is told what is being done. */
  onProgress?: ((progress: EnrichmentProgress) => void) | undefined;
}

/** What enriching polygons takes. */
export interface PolygonEnrichmentOptions extends EnrichmentOptions {
  /** How the figures of the areas that a polygon meets become one. Default `default`. */
  aggregation?: EnrichmentAggregation | undefined;
}

/** How far enriching is. */
export interface EnrichmentProgress {
  /** What is being done. */
  readonly phase: "upload" | "import" | "enrich" | "download";
}

/**
 * Data get figures of the Data Observatory: of the area that a point lies in, or of the areas that a polygon meets.
 *
 * The rows come back in the order of the data, each with its own columns first. A point in several areas becomes several
 * rows, as does a polygon without aggregation; a row that meets no area keeps its place, with nulls.
 */
export class Enrichment {
  readonly #credentials: Credentials | undefined;
  readonly #transport: TransportOptions | undefined;

  /**
   * Sends nothing.
   *
   * @param credentials Whose account; the default credentials when not given
   * @param options Transport
   *
   * @example What cannot be enriched is told before anything is sent
   * ```ts
   * import { Enrichment } from "@cartoframes/cartoframes/observatory";
   * import { Credentials } from "@cartoframes/cartoframes/auth";
   * import { assertRejects } from "@std/assert";
   *
   * const enrichment = new Enrichment(new Credentials({ username: "ana", apiKey: "1234" }));
   * await assertRejects(() => enrichment.enrichPoints([{ name: "Hawai" }], ["total_pop_5ce07b22"]), Error, "no geometry");
   * ```
   */
  constructor(credentials?: Credentials, options: { transport?: TransportOptions | undefined } = {}) {
    this.#credentials = credentials;
    this.#transport = options.transport;
  }

  /**
   * Enriches points with figures of the areas that they lie in.
   *
   * @param data Anything that a frame can be made of
   * @param variables Variables, ids or short names
   * @param options Geometry column, filters, a signal
   * @returns The data with a column for each variable and `do_area`, the size of the area in square metres
   * @throws {ArgumentError} There are no variables, the data have no geometry or one of another kind, or an option cannot be
   * used; nothing has been sent
   * @throws {EnrichmentError} The platform could not enrich
   */
  async enrichPoints(
    data: FrameInput,
    variables: EnrichmentVariable | readonly EnrichmentVariable[],
    options: EnrichmentOptions = {},
  ): Promise<GeoDataFrame> {
    const { enrich } = await import("./_enrich.ts");
    return await enrich("points", data, variables, options, this.#credentials, this.#transport);
  }

  /**
   * Enriches polygons with figures of the areas that they meet. Sums count the part of an area that lies within the
   * polygon, averages weigh by it, and nulls count as nothing.
   *
   * @param data Anything that a frame can be made of
   * @param variables Variables, ids or short names
   * @param options Aggregation, geometry column, filters, a signal
   * @returns The data with a column for each variable; where a variable has a list of functions, one for each, such as
   * `sum_total_pop`
   * @throws {ArgumentError} There are no variables, the data have no geometry or one of another kind, or an option cannot be
   * used; nothing has been sent
   * @throws {EnrichmentError} The platform could not enrich
   */
  async enrichPolygons(
    data: FrameInput,
    variables: EnrichmentVariable | readonly EnrichmentVariable[],
    options: PolygonEnrichmentOptions = {},
  ): Promise<GeoDataFrame> {
    const { enrich } = await import("./_enrich.ts");
    return await enrich("polygons", data, variables, options, this.#credentials, this.#transport);
  }
}
