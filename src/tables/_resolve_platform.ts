import { requireCredentials } from "../auth/_require_credentials.ts";
import { ClassicClient } from "../classic/client.ts";
import { UnsupportedError } from "../errors/mod.ts";
import { ClassicPlatform } from "./_classic_platform.ts";
import type { Platform } from "./_platform.ts";
import type { TableOptions } from "./table_options.ts";

/** The platform behind the credentials of a call, or behind the default ones. */
export function resolvePlatform({ credentials, transport }: TableOptions): Platform {
  const found = requireCredentials(credentials);
  if (found.platform === "classic") return new ClassicPlatform(new ClassicClient(found, transport));
  throw new UnsupportedError("Cannot work with tables of CARTO 3 yet: only classic accounts can be used", {
    hint: "Give the user name and API key of a classic account",
  });
}
