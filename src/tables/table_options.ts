import type { Credentials } from "../auth/credentials.ts";
import type { TransportOptions } from "../http/transport.ts";

/** What every function on tables takes. */
export interface TableOptions {
  /** Whose account; the default credentials when not given. */
  credentials?: Credentials | undefined;
  /** Ends the call; its reason is thrown. What has been begun is cleared up. */
  signal?: AbortSignal | undefined;
  /** Times, retries, a request log, and what tests put in place of `fetch`. */
  transport?: TransportOptions | undefined;
}

/** A table that may stand in another schema than one's own. */
export interface SchemaOptions extends TableOptions {
  /**
   * The schema of the table, such as the name of a colleague who shares it. When not given, the account's
   * own: `public`, or the user name in an organisation.
   */
  schema?: string | undefined;
}

/** What to do when a table of that name is there already. */
export type IfExists = "fail" | "replace" | "append";

/** How far a long operation is. */
export interface TableProgress {
  /** What is being done: a batch job works on the query, rows travel, or the database puts them in place. */
  readonly phase: "query" | "read" | "upload" | "finish";
  /** Rows so far. */
  readonly rows: number;
  /** Bytes so far, before compression. */
  readonly bytes: number;
}
