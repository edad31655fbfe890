import type { Engine } from "./_db/engine.ts";
import { advise } from "../permissions/advise.ts";
import { openEngine } from "./_db/open.ts";
import { planAccounts, servedAccounts } from "./_accounts.ts";
import type { Account, EmulatorContext } from "./_handler.ts";
import { setServiceQuotas } from "./_data_services.ts";
import { createDatasets } from "./_datasets.ts";
import { Documents } from "./_documents.ts";
import { withGazetteer } from "./_gazetteer.ts";
import { DEFAULT_SETTINGS, EmulatorServer } from "./_http/server.ts";
import { createJobs } from "./_jobs.ts";
import { createMe } from "./_me.ts";
import type { EmulatorOptions } from "./options.ts";

/** A running emulator with its parts, for those that change its settings while it runs. */
export interface OpenEmulator {
  /** The database. */
  readonly engine: Engine;
  /** What answers the requests. */
  readonly server: EmulatorServer;
  /** The accounts, the default one first. */
  readonly accounts: readonly Account[];
  /** The address, without a slash at the end. */
  readonly url: string;
  /** Ends server, jobs and database; calling it twice is fine. */
  close(): Promise<void>;
}

/** Opens the database and starts to listen. */
export async function openEmulator(options: EmulatorOptions = {}): Promise<OpenEmulator> {
  const planned = planAccounts(options.accounts);
  const accounts = servedAccounts(planned);
  const engine = withGazetteer(
    await openEngine({ database: options.database, dataDir: options.dataDir, accounts: planned }),
  );
  let url = "";
  const context: EmulatorContext = { engine, accounts, documents: new Documents(engine), url: () => url };
  const jobs = createJobs(context);
  if (options.dataDir !== undefined) await (await import("./_api/api_keys.ts")).loadApiKeys(context);
  try {
    await setServiceQuotas(engine, options.accounts ?? []);
    const server = new EmulatorServer(
      context,
      { jobs, me: createMe(context), datasets: createDatasets(context) },
      {
        ...DEFAULT_SETTINGS,
        rateLimits: options.rateLimits ?? DEFAULT_SETTINGS.rateLimits,
        maxCopySize: options.maxCopySize ?? DEFAULT_SETTINGS.maxCopySize,
      },
    );
    const stop = new AbortController();
    const { port = 0, hostname = "127.0.0.1" } = options;
    const listener = await advise({
      operation: `listen on ${hostname}`,
      needs: [{ kind: "net", host: port === 0 ? hostname : `${hostname}:${port}` }],
    }, () => Deno.serve({ port, hostname, signal: stop.signal, onListen: () => {} }, server.handle));
    const { addr } = listener;
    url = `http://${addr.hostname.includes(":") ? `[${addr.hostname}]` : addr.hostname}:${addr.port}`;
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      server.close();
      stop.abort();
      await jobs.close();
      if (engine.kind === "server") await dropRolesOfKeys(context);
      await engine.close();
      await listener.finished;
    };
    return { engine, server, accounts, url, close: () => closing ??= close() };
  } catch (error) {
    await jobs.close();
    await engine.close();
    throw error;
  }
}

/** The database that is dropped at the end takes its tables along, but not the roles of keys that were made. */
async function dropRolesOfKeys(context: EmulatorContext): Promise<void> {
  const isMade = context.accounts.some(({ keys }) => keys.some(({ role }) => role.startsWith("carto_role_")));
  if (!isMade) return;
  const { dropApiKeys } = await import("./_api/api_keys.ts");
  // A server that is gone has no roles either.
  await dropApiKeys(context, context.accounts).catch(() => {});
}
