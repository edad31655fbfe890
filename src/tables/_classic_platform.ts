import type { CoreClient } from "../classic/_core_client.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Field } from "../frame/types.ts";
import { createTable } from "./_classic_manage.ts";
import * as manage from "./_classic_manage.ts";
import { describe, read } from "./_classic_read.ts";
import { writeFrames } from "./_classic_write.ts";
import type {
  Call,
  CreateRequest,
  Platform,
  Quota,
  ReadRequest,
  Source,
  WriteOutcome,
  WriteRequest,
} from "./_platform.ts";
import { lookAtTarget, type Target } from "./_target.ts";
import type { TableDescription } from "./manage_tables.ts";

/** Tables of a classic account: SQL and COPY, and the datasets API for what only the dashboard knows. */
export class ClassicPlatform implements Platform {
  readonly #client: CoreClient;

  /** Takes the client; nothing is sent. */
  constructor(client: CoreClient) {
    this.#client = client;
  }

  describe(source: Source, call: Call): Promise<Field[]> {
    return describe(this.#client, source, call);
  }

  read(request: ReadRequest): AsyncGenerator<GeoDataFrame, void, void> {
    return read(this.#client, request);
  }

  write(request: WriteRequest): Promise<WriteOutcome> {
    return writeFrames(this.#client, request);
  }

  quota(call: Call): Promise<Quota> {
    return manage.quotaOf(this.#client, call);
  }

  target(table: string, call: Call): Promise<Target> {
    return lookAtTarget(this.#client, table, call);
  }

  listTables(call: Call): Promise<string[]> {
    return manage.listTables(this.#client, call);
  }

  hasTable(source: Source, call: Call): Promise<boolean> {
    return manage.hasTable(this.#client, source, call);
  }

  dropTable(table: string, schema: string | undefined, call: Call): Promise<boolean> {
    return manage.dropTable(this.#client, table, schema, call);
  }

  renameTable(from: string, to: string, replace: boolean, call: Call): Promise<void> {
    return manage.renameTable(this.#client, from, to, replace, call);
  }

  tablesOf(source: Source, call: Call): Promise<string[]> {
    return manage.tablesOf(this.#client, source, call);
  }

  createTable(request: CreateRequest): Promise<{ rows: number; warnings: readonly string[] }> {
    return createTable(this.#client, request);
  }

  describeTable(source: Source & { kind: "table" }, call: Call): Promise<TableDescription> {
    return manage.describeTable(this.#client, source, call);
  }

  updatePrivacy(table: string, privacy: "PRIVATE" | "PUBLIC" | "LINK", call: Call): Promise<void> {
    return manage.updatePrivacy(this.#client, table, privacy, call);
  }
}
