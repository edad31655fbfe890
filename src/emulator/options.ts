import type { TableGrant } from "./_db/engine.ts";
import type { RateLimits } from "./_http/rate_limit.ts";

/** A regular key of an account of the emulator. */
export interface EmulatorKey {
  /** The key itself. */
  readonly token: string;
  /** Its name; the token when left out. */
  readonly name?: string | undefined;
  /** The APIs that accept it; `["sql", "maps"]` when left out. */
  readonly apis?: readonly string[] | undefined;
  /** The role in the database that its statements run as; made from account and name when left out. */
  readonly role?: string | undefined;
  /** What it may do with tables that exist when the emulator starts. */
  readonly grants?: readonly TableGrant[] | undefined;
}

/** How much of a location data service an account may use. */
export interface EmulatorService {
  /** Who does the work; `google` has a quota of its own. Default `heremaps`. */
  readonly provider?: string | undefined;
  /** How many geocodings or isolines a month. Default 100,000. */
  readonly monthlyQuota?: number | undefined;
  /** Whether the account may go beyond. Default false. */
  readonly softLimit?: boolean | undefined;
}

/** An account of the emulator. */
export interface EmulatorAccount {
  /** The account's name. */
  readonly username: string;
  /** The id that `me` and the headers tell; made up when left out. */
  readonly id?: string | undefined;
  /** The master key; random when left out. */
  readonly masterKey?: string | undefined;
  /** The regular keys. `default_public` is always there and need not be listed. */
  readonly keys?: readonly EmulatorKey[] | undefined;
  /** Bytes that the account's tables may take; 0, which is the default, means no limit. */
  readonly quotaBytes?: number | undefined;
  /** Location Data Services; the usual quotas where left out. */
  readonly services?: {
    /** Addresses that become points. */
    readonly geocoding?: EmulatorService | undefined;
    /** Areas within reach. */
    readonly isolines?: EmulatorService | undefined;
  } | undefined;
  /** Milliseconds that a statement of the master key may take; 0 means no limit. Default 25,000. */
  readonly statementTimeout?: number | undefined;
  /** Milliseconds that a statement of any other key may take; 0 means no limit. Default 25,000. */
  readonly publicTimeout?: number | undefined;
}

/** How an emulator is started. */
export interface EmulatorOptions {
  /** The port; 0, which is the default, takes a free one. */
  readonly port?: number | undefined;
  /** The address to listen at. Default `127.0.0.1`, which only this machine reaches. */
  readonly hostname?: string | undefined;
  /** The accounts; one named `demo` when left out. They share one database. */
  readonly accounts?: readonly EmulatorAccount[] | undefined;
  /** A PostgreSQL server with PostGIS to use, `postgres://user:password@host:port/database`. */
  readonly database?: string | undefined;
  /** The folder that keeps the data of the embedded database; left out, they end with the emulator. */
  readonly dataDir?: string | undefined;
  /** Limits by endpoint; none when left out. */
  readonly rateLimits?: RateLimits | undefined;
  /** Bytes that one COPY upload may have. Default 2 GB. */
  readonly maxCopySize?: number | undefined;
}
