/**
 * One message of the PostgreSQL protocol, version 3, as a backend sends it: `T` RowDescription, `D` DataRow,
 * `C` CommandComplete, `E` ErrorResponse, `N` NoticeResponse, `G`/`H` Copy{In,Out}Response, `d` CopyData, `c` CopyDone,
 * `I` EmptyQueryResponse, `S` ParameterStatus, `Z` ReadyForQuery.
 */
export interface BackendMessage {
  /** The message's type, one character. */
  type: string;
  /** What follows type and length; a view that stays valid after `onMessage` has returned. */
  payload: Uint8Array;
}

/** How one text of SQL is run. */
export interface RunOptions {
  /** The database role that the statements run as; the engine's `superuser` for administration. */
  role: string;
  /** Milliseconds until the statement is cancelled (SQLSTATE 57014); 0 means no limit. */
  statementTimeout: number;
  /** Called for each message in order, `Z` last; a returned promise holds back the messages after it. */
  onMessage(message: BackendMessage): void | Promise<void>;
  /**
   * Called for the `d` messages of a `COPY … TO STDOUT` in place of `onMessage`: with all that have come together, each with
   * its type and length, as the backend sent them. There is one for each row, and an object for each would be slow.
   */
  onCopyData?: ((messages: Uint8Array) => void | Promise<void>) | undefined;
  /** The data of a `COPY … FROM STDIN`; an error of the iterable becomes `CopyFail`. */
  copyIn?: AsyncIterable<Uint8Array> | undefined;
  /** Cancels the statement: an `E` message with SQLSTATE 57014 `canceling statement due to user request` follows. */
  signal?: AbortSignal | undefined;
}

/**
 * A database with PostGIS and the CARTO functions, embedded or on a server.
 *
 * Each run is a session of its own for its statements: settings, temporary tables and a transaction left open
 * are gone when the next one starts.
 */
export interface Engine {
  /** Where the database lives: inside this program, or on a PostgreSQL server. */
  readonly kind: "embedded" | "server";
  /** The role to administrate with; `run` refuses nothing to it. */
  readonly superuser: string;
  /**
   * Runs one text of SQL, which may hold several statements (simple query protocol, one implicit transaction).
   *
   * Resolves after `ReadyForQuery`. SQL errors arrive as `E` messages, never as a throw; what throws is a
   * database that cannot be reached any more, a closed engine, or `onMessage` itself.
   */
  run(sql: string, options: RunOptions): Promise<void>;
  /** Ends the database. Runs under way are cancelled; calling it twice is fine. */
  close(): Promise<void>;
}

/** A key of an account, as the database needs to know it. */
export interface KeyOptions {
  /** The key's name, such as `Default public`. */
  name: string;
  /** The key itself. */
  token: string;
  /** The role that requests with this key run as. */
  role: string;
  /** The APIs that accept the key; `sql` and `maps` are known. */
  apis: readonly string[];
  /** What the role may do with tables that exist already. */
  grants?: readonly TableGrant[] | undefined;
}

/** Rights of a key on one table. */
export interface TableGrant {
  /** The table's schema, `public` for classic accounts. */
  schema: string;
  /** The table. */
  name: string;
  /** What is allowed. */
  permissions: readonly ("select" | "insert" | "update" | "delete")[];
}

/** An account whose database the engine holds. */
export interface AccountOptions {
  /** The account's name, as in `https://{username}.carto.com`. */
  username: string;
  /** A stable id for `me` and the datasets; made up when left out. */
  id?: string | undefined;
  /** The master key. */
  masterKey: string;
  /** Milliseconds that a statement of the master key may take; 0 means no limit. */
  statementTimeout: number;
  /** Milliseconds that a statement of any other key may take; 0 means no limit. */
  publicTimeout: number;
  /** Bytes that the account's tables may take; 0 means no limit. */
  quotaBytes: number;
  /** The regular keys. The master key and `default_public` are always there. */
  keys: readonly KeyOptions[];
}

/** The role that owns an account's tables. */
export function ownerRole(username: string): string {
  return `cartodb_user_${username}`;
}

/** The role of requests with `default_public` or without a key. */
export const PUBLIC_ROLE = "publicuser";
