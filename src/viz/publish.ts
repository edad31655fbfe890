import type { Credentials } from "../auth/credentials.ts";
import type { TransportOptions } from "../http/transport.ts";

/** Whose publications are meant. */
export interface PublicationOptions {
  /** Whose account; the default credentials when not given. */
  credentials?: Credentials | undefined;
  /** Ends the call. */
  signal?: AbortSignal | undefined;
  /** Times, retries, a request log, and what tests put in place of `fetch`. */
  transport?: TransportOptions | undefined;
}

/** How a map is published. */
export interface PublishOptions extends PublicationOptions {
  /** The password that shows the map; null shows it to everybody. There is no default: it is to be decided. */
  password: string | null;
  /** What to do when there is a publication of that name. Default `fail`. */
  ifExists?: "fail" | "replace" | undefined;
  /**
   * The key with which the page reads the tables of its layers. Whoever sees the page can use it, so the master key is
   * refused. Default: `default_public` where that may read them, else a key that may read them and nothing else, which
   * is made in the account, or was made by an earlier publication.
   */
  mapsApiKey?: string | undefined;
}

/** A published map. */
export interface Publication {
  /** Its id. */
  readonly id: string;
  /** Where it is shown. */
  readonly url: string;
  /** Its name. */
  readonly name: string;
  /** `public` or `password`. */
  readonly privacy: string;
}

/**
 * The published maps of an account.
 *
 * @param options Whose account, a signal
 * @returns Them, as the server lists them
 *
 * @example Print where they are
 * ```ts
 * import { allPublications } from "@cartoframes/cartoframes/viz";
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account; here an answer stands ready
 * const maps = [{ id: "k1", url: "https://ana.carto.com/kuviz/k1", name: "Cities", privacy: "public" }];
 * const fetch = () => Promise.resolve(Response.json({ visualizations: maps, total_entries: 1 }));
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 * assertEquals(await allPublications({ credentials, transport: { fetch } }), maps);
 * ```
 */
export async function allPublications(options: PublicationOptions = {}): Promise<Publication[]> {
  return await (await import("./_publish.ts")).allPublications(options);
}

/**
 * Deletes the first published map of a name. The key that was made for it stays.
 *
 * @param name Its name
 * @param options Whose account, a signal
 * @throws {PublishError} `not-found`: there is none of that name
 */
export async function deletePublication(name: string, options: PublicationOptions = {}): Promise<void> {
  await (await import("./_publish.ts")).deletePublication(name, options);
}
