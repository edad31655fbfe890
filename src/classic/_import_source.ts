import { ArgumentError, CartoError } from "../errors/carto_error.ts";
import { advise } from "../permissions/mod.ts";
import { checkName, checkWord } from "./_arguments.ts";
import { formBody } from "./_multipart.ts";
import type { AccountRequest, AccountRequests, Parameters } from "./_requests.ts";
import { checkConnector, type Connector } from "./connector.ts";
import type { ImportCreateOptions, ImportOptions } from "./imports.ts";

/** Where the data of an import come from: one of these. */
export type ImportSource =
  /** A file of this machine. */
  | { readonly file: string | URL; readonly filename?: string | undefined }
  /** Bytes, with the name that tells CARTO their type. */
  | {
    readonly data: Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;
    readonly filename: string;
  }
  /** A public address that answers with a file. */
  | { readonly url: string | URL }
  /** A query on the account's own tables, and the name of the table to be made. */
  | { readonly sql: string; readonly tableName: string }
  /** A table of the account to be copied. */
  | { readonly tableCopy: string; readonly tableName?: string | undefined }
  /** A table of another database. */
  | { readonly connector: Connector }
  /** A layer of an ArcGIS server, or a file of a cloud storage that the dashboard is connected to. */
  | { readonly service: "arcgis" | (string & Record<never, never>); readonly itemId: string };

/** The part of a request that a source makes up. */
type SourceRequest = Pick<AccountRequest, "query" | "json" | "body" | "headers" | "secrets"> & {
  readonly retry?: AccountRequest["retry"];
};

/** The request that starts an import of a source. */
export async function sourceRequest(
  requests: AccountRequests,
  source: ImportSource,
  options: ImportCreateOptions,
): Promise<SourceRequest> {
  const settings = importParameters(options);
  if ("file" in source || "data" in source) return await fileRequest(source, settings, options);
  const { json, secrets } = sourceMembers(source);
  if ("url" in source && options.checkUrl === true) await refusePage(requests, json.url as string, options);
  return { json: { ...settings, ...json }, secrets };
}

/** The parameters that options stand for. */
export function importParameters(options: ImportOptions): Parameters {
  return {
    type_guessing: options.typeGuessing,
    quoted_fields_guessing: options.quotedFieldsGuessing,
    content_guessing: options.contentGuessing,
    create_vis: options.createVis,
    privacy: options.privacy === undefined
      ? undefined
      : checkWord("privacy", options.privacy, ["public", "link", "private"]),
    collision_strategy: options.collisionStrategy === undefined
      ? undefined
      : checkWord("collisionStrategy", options.collisionStrategy, ["skip", "overwrite"]),
  };
}

/** The members of the JSON that name a source which is no file, and what in them must not be shown. */
export function sourceMembers(
  source: Exclude<ImportSource, { readonly file: unknown } | { readonly data: unknown }>,
): { readonly json: Record<string, unknown>; readonly secrets: readonly string[] } {
  if ("url" in source) return urlMembers(source.url);
  if ("connector" in source) {
    checkConnector(source.connector);
    const { password } = source.connector.connection;
    return { json: { connector: source.connector }, secrets: password === undefined ? [] : [password] };
  }
  if ("service" in source) {
    checkName(source.service, "service");
    checkName(source.itemId, "itemId");
    return { json: { service_name: source.service, service_item_id: source.itemId }, secrets: [] };
  }
  if ("sql" in source) {
    checkName(source.sql, "sql");
    checkName(source.tableName, "tableName");
    return { json: { table_name: source.tableName, sql: source.sql }, secrets: [] };
  }
  if ("tableCopy" in source) {
    checkName(source.tableCopy, "tableCopy");
    return { json: { table_copy: source.tableCopy, table_name: source.tableName }, secrets: [] };
  }
  throw new ArgumentError(
    "Cannot import: the source is none of file, data, url, sql, tableCopy, connector, service",
    { argument: "source" },
  );
}

/** An address, just as it was given; what logs in with it is a secret. */
function urlMembers(given: string | URL) {
  const text = String(given);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:", "ftp:"].includes(url.protocol)) {
    throw new ArgumentError("Cannot import: the URL is no http, https or ftp address", { argument: "url" });
  }
  const secrets = [url.password, url.search.slice(1)].filter((part) => part !== "");
  return { json: { url: text }, secrets };
}

/** A file as a form, the settings in the query string. */
async function fileRequest(
  source: Extract<ImportSource, { readonly file: unknown } | { readonly data: unknown }>,
  query: Parameters,
  { onUpload }: ImportCreateOptions,
): Promise<SourceRequest> {
  const isFile = "file" in source;
  const { total, open, again } = isFile ? await openFile(source.file) : openData(source.data);
  const filename = source.filename ?? (isFile ? baseName(source.file) : "");
  checkName(filename, "filename");
  const form = formBody({ field: "file", filename, open }, (bytes) => onUpload?.({ bytes, total }));
  return {
    query,
    body: form.stream,
    headers: { "content-type": form.contentType },
    ...(again ? {} : { retry: "never" }),
  };
}

/** Bytes that can be opened, once or as often as is needed. */
interface Opened {
  readonly total: number | undefined;
  readonly again: boolean;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** A file, looked at before anything is sent, so that a missing one is told at once. */
async function openFile(file: string | URL): Promise<Opened> {
  const name = pathText(file);
  const info = await advise(
    { operation: `read "${name}"`, needs: [{ kind: "read", path: name }] },
    () =>
      Deno.stat(file).catch((cause) => {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
        throw new CartoError("not-found", `Cannot import "${name}": there is no such file`, { cause });
      }),
  );
  if (!info.isFile) throw new ArgumentError(`Cannot import "${name}": it is no file`, { argument: "source" });
  return {
    total: info.size,
    again: true,
    open: async function* () {
      using open = await Deno.open(file, { read: true });
      for await (const chunk of open.readable) yield chunk;
    },
  };
}

function openData(data: Extract<ImportSource, { readonly data: unknown }>["data"]): Opened {
  if (data instanceof Uint8Array) {
    return {
      total: data.length,
      again: true,
      open: async function* () {
        yield data;
      },
    };
  }
  if (data instanceof Blob) return { total: data.size, again: true, open: () => data.stream() };
  return { total: undefined, again: false, open: () => data };
}

/** A path as the user typed it. */
function pathText(file: string | URL): string {
  return file instanceof URL ? decodeURIComponent(file.pathname) : file;
}

/** The name of a file without its folders. */
function baseName(file: string | URL): string {
  return pathText(file).split(/[/\\]/).at(-1) ?? "";
}

/** Refuses an address that answers with a page; one that cannot be reached from here is left to CARTO. */
async function refusePage(
  requests: AccountRequests,
  url: string,
  { signal }: ImportCreateOptions,
): Promise<void> {
  const type = await requests.typeOf(new URL(url), signal);
  if (type === undefined || !/^(text\/html|application\/xhtml\+xml)\b/i.test(type)) return;
  throw new ArgumentError(
    `Cannot import from the URL: it answers with a page (${type.split(";")[0]}), not with a file`,
    {
      argument: "url",
      hint:
        "Give the direct link to the file: that of a download button, often with ?dl=1 or /download at its end",
    },
  );
}
