import type { Engine, TableGrant } from "./_db/engine.ts";
import type { Documents } from "./_documents.ts";

/** An account that the emulator serves, with nothing left open. */
export interface Account {
  /** The account's name, as in the path or the host. */
  readonly username: string;
  /** The id that `carto-user-id` and `me` tell. */
  readonly id: string;
  /** The name of the account's database, as cache headers tell it. */
  readonly databaseName: string;
  /** The role that owns the account's tables. */
  readonly ownerRole: string;
  /** Bytes that the account's tables may take; 0 means no limit. */
  readonly quotaBytes: number;
  /** When it was made, in ISO 8601. */
  readonly createdAt: string;
  /** Every key: the master key, `default_public`, and the regular ones; another list when one is made or deleted. */
  keys: readonly Key[];
}

/** A key of an account. */
export interface Key {
  /** Its name, such as `Master`. */
  readonly name: string;
  /** The key itself. */
  readonly token: string;
  /** What kind of key it is. */
  readonly type: "master" | "default" | "regular";
  /** The role that statements run as. */
  readonly role: string;
  /** The APIs that accept it. */
  readonly apis: readonly string[];
  /** Milliseconds that a statement may take; 0 means no limit. */
  readonly statementTimeout: number;
  /** The tables that it was granted. */
  readonly grants?: readonly TableGrant[] | undefined;
}

/** What every handler may use; made once for each emulator. */
export interface EmulatorContext {
  /** The database of all accounts. */
  readonly engine: Engine;
  /** The accounts, the one of requests without a name first; users that are made come after them. */
  readonly accounts: Account[];
  /** What the platform keeps beside the tables. */
  readonly documents: Documents;
  /** The address that the emulator is reached at, without a slash at the end. */
  readonly url: () => string;
}

/** Values of a query string or of a body, by name: text, or a list where a name was repeated, or any JSON. */
export type Parameters = Readonly<Record<string, unknown>>;

/** A request whose account and key are known. */
export interface HandlerRequest {
  /** The method in upper case. */
  readonly method: string;
  /** What follows the endpoint's own path, decoded, without empty parts: `["<id>"]` of `…/sql/job/<id>`. */
  readonly segments: readonly string[];
  /** The headers as they came. */
  readonly headers: Headers;
  /** The query string. */
  readonly query: Parameters;
  /** The parsed body; an empty object without one. */
  readonly body: unknown;
  /** Query string and body together; where both have a name, the body wins. */
  readonly parameters: Parameters;
  /** The account that the path or the host names. */
  readonly account: Account;
  /** The key of the request; `default_public` when none was given. */
  readonly key: Key;
  /** Ends when the emulator is closed. */
  readonly signal: AbortSignal;
}

/** Answers a request. What it throws becomes an answer in CARTO's error shape. */
export type Handler = (request: HandlerRequest) => Response | Promise<Response>;

/** The batch jobs of all accounts: what `createJobs(context)` of `_jobs.ts` returns. */
export interface Jobs {
  /** `POST …/sql/job`; the key is the master key, the size of the body was checked. */
  readonly create: Handler;
  /** `GET …/sql/job/<id>` */
  readonly get: Handler;
  /** `DELETE …/sql/job/<id>` */
  readonly cancel: Handler;
  /** The ids of the jobs that run now, by account name: what `jobs-wip` tells. */
  inProgress(): Record<string, string[]>;
  /** Cancels what runs and forgets what waits. */
  close(): Promise<void>;
}

/** What `createMe(context)` of `_me.ts` returns: `GET /api/v3/me`. `key` is `undefined` for an unknown key. */
export type MeHandler = (
  request: Omit<HandlerRequest, "key"> & { readonly key: Key | undefined },
) => Response | Promise<Response>;

/** What `createDatasets(context)` of `_datasets.ts` returns: everything under `/api/v1/viz` (list, get, put). */
export type DatasetsHandler = Handler;

/** An error that a handler answers with, in CARTO's shape `{"error": [message], context, detail, hint}`. */
export class ApiError extends Error {
  /** The name of the class. */
  override name = "ApiError";
  /** The status of the answer. */
  readonly status: number;
  /** What kind of trouble, such as `limit`. */
  readonly context: string | undefined;
  /** More about it. */
  readonly detail: string | undefined;
  /** What to do about it. */
  readonly hint: string | undefined;

  /** Builds the error. */
  constructor(
    status: number,
    message: string,
    more: { context?: string | undefined; detail?: string | undefined; hint?: string | undefined } = {},
  ) {
    super(message);
    this.status = status;
    this.context = more.context;
    this.detail = more.detail;
    this.hint = more.hint;
  }
}

/** An answer with a JSON document. */
export function jsonResponse(status: number, value: unknown): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
  });
}
