import { requireCredentials } from "../auth/_require_credentials.ts";
import { UnsupportedError } from "../errors/mod.ts";
import type { Platform } from "./_platform.ts";
import type { TableOptions } from "./table_options.ts";

/**
 * The platform behind the credentials of a call, or behind the default ones. What talks to it is loaded only now: a
 * program that imports the module but touches no table starts without it.
 */
export async function resolvePlatform({ credentials, transport }: TableOptions): Promise<Platform> {
  const found = requireCredentials(credentials);
  if (found.platform === "classic") {
    const { coreClient } = await import("../classic/_core_client.ts");
    const { ClassicPlatform } = await import("./_classic_platform.ts");
    return new ClassicPlatform(coreClient(found, transport));
  }
  throw new UnsupportedError("Cannot work with tables of CARTO 3 yet: only classic accounts can be used", {
    hint: "Give the user name and API key of a classic account",
  });
}
