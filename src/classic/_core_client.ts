import { requireCredentials } from "../auth/_require_credentials.ts";
import type { Credentials } from "../auth/credentials.ts";
import type { TransportOptions } from "../http/transport.ts";
import { AccountRequests, bindRequests } from "./_requests.ts";
import { BatchJobsApi } from "./batch_jobs.ts";
import type { ClassicClient } from "./client.ts";
import { CopyApi } from "./copy.ts";
import { DatasetsApi } from "./datasets.ts";
import { MeApi } from "./me.ts";
import { SqlApi } from "./sql.ts";

/** What reading and writing tables needs of a {@link ClassicClient}. */
export type CoreClient = Pick<
  ClassicClient,
  "credentials" | "sql" | "copy" | "batchJobs" | "me" | "datasets"
>;

/**
 * A client with these APIs alone: programs that work with tables do not look up the files of all the others when they
 * start.
 */
export function coreClient(given: Credentials | undefined, options: TransportOptions = {}): CoreClient {
  const credentials = requireCredentials(given, "classic");
  // The APIs ask a client for nothing but its requests.
  const client = { credentials } as ClassicClient;
  const requests = new AccountRequests(credentials, options);
  bindRequests(client, requests);
  const core: CoreClient = {
    credentials,
    sql: new SqlApi(client),
    copy: new CopyApi(client),
    batchJobs: new BatchJobsApi(client),
    me: new MeApi(client),
    datasets: new DatasetsApi(client),
  };
  // Who is handed this one may ask for its clock and its waiting, too
  bindRequests(core, requests);
  return core;
}
