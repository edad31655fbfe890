import type { Credentials } from "../auth/credentials.ts";
import { requireCredentials } from "../auth/_require_credentials.ts";
import type { TransportOptions } from "../http/transport.ts";
import { AccountRequests, bindRequests } from "./_requests.ts";
import { ApiKeysApi } from "./api_keys.ts";
import { BatchJobsApi } from "./batch_jobs.ts";
import { CopyApi } from "./copy.ts";
import { DataObservatoryApi } from "./data_observatory.ts";
import { DatasetsApi } from "./datasets.ts";
import { ImportsApi } from "./imports.ts";
import { KuvizApi } from "./kuviz.ts";
import { MapsApi } from "./maps.ts";
import { MeApi } from "./me.ts";
import { QuotasApi } from "./quotas.ts";
import { SqlApi } from "./sql.ts";
import { SyncTablesApi } from "./sync_tables.ts";
import { TablesApi } from "./tables.ts";
import { UsersApi } from "./users.ts";
import { VisualizationsApi } from "./visualizations.ts";

/**
 * Typed wrappers of the classic CARTO APIs, one method per endpoint.
 *
 * The API key travels in an `Authorization` header, so that it stands in no URL; only where the
 * user name is not known (neither given nor told by the base URL) it is sent as a parameter.
 *
 * @example Query with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials, sql } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = {
 *   rows: [{ name: "Hawai", stars: 4, visits: 12 }],
 *   fields: {
 *     name: { type: "string", pgtype: "text" },
 *     stars: { type: "number", pgtype: "int4" },
 *     visits: { type: "number", pgtype: "int8" },
 *   },
 *   total_rows: 1,
 *   time: 0.001,
 * };
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json(answer)),
 * });
 *
 * const city = "L'Hospitalet";
 * const { rows, totalRows } = await carto.sql.query(
 *   sql`SELECT name, stars, visits FROM ${sql.id("cafes")} WHERE city = ${city}`,
 * );
 * assertEquals(rows, [{ name: "Hawai", stars: 4, visits: 12n }]);
 * assertEquals(totalRows, 1);
 * ```
 */
export class ClassicClient {
  /** The account's credentials. */
  readonly credentials: Credentials;
  /** Queries. */
  readonly sql: SqlApi;
  /** Bulk uploads and downloads. */
  readonly copy: CopyApi;
  /** Long statements that run on their own. */
  readonly batchJobs: BatchJobsApi;
  /** The account itself. */
  readonly me: MeApi;
  /** The datasets of the dashboard. */
  readonly datasets: DatasetsApi;
  /** The maps of the dashboard, and their exports. */
  readonly visualizations: VisualizationsApi;
  /** The metadata of tables. */
  readonly tables: TablesApi;
  /** Files, addresses and databases that CARTO reads into tables. */
  readonly imports: ImportsApi;
  /** Tables that CARTO reads again and again. */
  readonly syncTables: SyncTablesApi;
  /** Anonymous and named maps: tiles, images, attributes, dataviews. */
  readonly maps: MapsApi;
  /** API keys and their grants. */
  readonly apiKeys: ApiKeysApi;
  /** Published pages. */
  readonly kuviz: KuvizApi;
  /** Quotas of storage and services. */
  readonly quotas: QuotasApi;
  /** Users of an organisation. */
  readonly users: UsersApi;
  /** The Data Observatory: catalogue, subscriptions, data, enrichment. */
  readonly dataObservatory: DataObservatoryApi;

  /**
   * Makes a client; nothing is sent.
   *
   * @param credentials Whose account; the default credentials when not given
   * @param options Times, retries, log, and what tests put in place of `fetch`
   * @throws {CredentialsError} None were given and there is no default, or they are for CARTO 3
   */
  constructor(credentials?: Credentials, options: TransportOptions = {}) {
    this.credentials = requireCredentials(credentials, "classic");
    bindRequests(this, new AccountRequests(this.credentials, options));
    this.sql = new SqlApi(this);
    this.copy = new CopyApi(this);
    this.batchJobs = new BatchJobsApi(this);
    this.me = new MeApi(this);
    this.datasets = new DatasetsApi(this);
    this.visualizations = new VisualizationsApi(this);
    this.tables = new TablesApi(this);
    this.imports = new ImportsApi(this);
    this.syncTables = new SyncTablesApi(this);
    this.maps = new MapsApi(this);
    this.apiKeys = new ApiKeysApi(this);
    this.kuviz = new KuvizApi(this);
    this.quotas = new QuotasApi(this);
    this.users = new UsersApi(this);
    this.dataObservatory = new DataObservatoryApi(this);
  }
}
