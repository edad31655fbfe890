import type { ServiceQuota } from "../classic/quotas.ts";
import { isCartoError } from "../errors/carto_error.ts";
import { clientOf, jsonLine, size } from "./_actions.ts";
import type { Command } from "./_command.ts";
import { textTable } from "./_text_table.ts";

/** Tells what is left of storage and services. */
export const quotas: Command = {
  usage: "[--creds FILE] [--json]",
  words: [0, 0],
  options: {},
  async run(context) {
    const { flag, io, signal } = context;
    const api = (await clientOf(context)).quotas;
    const storage = await api.storage({ signal });
    let services: ServiceQuota[] = [];
    try {
      services = await api.services({ signal });
    } catch (error) {
      if (!isCartoError(error) || !["not-found", "invalid-query"].includes(error.code)) throw error;
      await io.warn("The account has no data services");
    }
    if (flag("json")) return await io.write(jsonLine({ storage, services }));
    await io.write(`${size(storage.remainingBytes)} of ${size(storage.quotaBytes)} storage left\n`);
    if (services.length === 0) return;
    await io.write(textTable(
      ["service", "left", "of", "used", "soft limit", "provider"],
      services.map((each) => [
        each.service,
        each.remainingQuota,
        each.monthlyQuota,
        each.usedQuota,
        each.softLimit ? "yes" : "no",
        each.provider,
      ]),
    ));
  },
};
