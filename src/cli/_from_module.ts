import { PermissionError } from "../errors/carto_error.ts";
import { flagsFor } from "../permissions/access.ts";
import type { Command } from "./_command.ts";
import type { CommandName } from "./_run.ts";

/**
 * Loads a command for `mod.ts`. Its file is named in a way that Deno does not follow when a program starts: spelt
 * out, every command's files would be looked up by every program that imports `mod.ts`. From JSR or by URL that asks
 * for nothing more; from a folder, the module's files must be readable.
 *
 * @throws {PermissionError} The module lies in a folder that may not be read
 */
export async function loadFromModule(name: CommandName): Promise<Command> {
  try {
    const module: Record<string, Command> = await import(new URL(`./${name}.ts`, import.meta.url).href);
    return module[name] as Command;
  } catch (error) {
    // Deno refuses a module with a TypeError, not with NotCapable.
    if (!(error instanceof TypeError) || !/requires read access/i.test(error.message)) throw error;
    const path = decodeURIComponent(new URL("../../", import.meta.url).pathname);
    const flags = flagsFor([{ kind: "read", path }]);
    throw new PermissionError(`Cannot load the command "${name}": the module's own files may not be read`, {
      flags,
      hint: `Add to this run: ${flags.join(" ")}, or run src/cli/main.ts, which needs no such right`,
    });
  }
}
