import { ArgumentError } from "../errors/carto_error.ts";
import { checkName } from "./_arguments.ts";

/** How a database server is reached. */
export interface ConnectorConnection {
  /** The host, which CARTO's servers must reach. */
  server: string;
  /** The port. Default 3306 for MySQL, 5432 for PostgreSQL, 1433 for SQL Server, 10000 for Hive. */
  port?: number | undefined;
  /** The database. */
  database?: string | undefined;
  /** The user. */
  username?: string | undefined;
  /** The password; it is sent to CARTO and never shown. */
  password?: string | undefined;
  /** PostgreSQL: whether TLS is used. Default `prefer`. */
  sslmode?: "require" | "prefer" | "disable" | undefined;
}

/**
 * A table of another database that CARTO reads: at most 1,000,000 rows and 256 columns. One of `table` and `sql_query`
 * is given.
 */
export interface Connector {
  /** The kind of database. */
  provider: "mysql" | "postgres" | "sqlserver" | "hive" | (string & Record<never, never>);
  /** The server. */
  connection: ConnectorConnection;
  /** The schema. Default `public` for PostgreSQL, `dbo` for SQL Server, `default` for Hive. */
  schema?: string | undefined;
  /** The table to read; with `sql_query`, the name of the table to be made. */
  table?: string | undefined;
  /** The query to read instead of a table. */
  sql_query?: string | undefined;
  /** The encoding of its texts, such as `UTF-8`. */
  encoding?: string | undefined;
}

/** Refuses a connector that CARTO could not use. */
export function checkConnector(connector: Connector): void {
  checkName(connector.provider, "provider");
  checkName(connector.connection?.server, "server");
  if ((connector.table ?? "") === "" && (connector.sql_query ?? "") === "") {
    throw new ArgumentError("Cannot use the connector: it names neither table nor sql_query", {
      argument: "connector",
    });
  }
}
