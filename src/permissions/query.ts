import type { Access } from "./access.ts";

/** Whether Deno was asked for something that it does not allow: its own refusal, not the system's. */
export function isRefusal(error: unknown): boolean {
  return "Deno" in globalThis && error instanceof Deno.errors.NotCapable;
}

/** The descriptor that `Deno.permissions` takes. */
function descriptor(access: Access): Deno.PermissionDescriptor {
  switch (access.kind) {
    case "read":
    case "write":
      return { name: access.kind, path: access.path };
    case "net":
      return { name: "net", host: access.host };
    case "env":
      return { name: "env", variable: access.variable };
  }
}

/**
 * How Deno stands to an access, without asking anybody: `granted`, `prompt` (nothing was said) or
 * `denied` (a deny flag, or a "no" at the prompt). A runtime without permissions grants everything.
 *
 * Use it to word advice or to choose between two ways, never to refuse: on a terminal the
 * operation itself asks the user.
 */
export async function accessState(access: Access): Promise<Deno.PermissionState> {
  if (!("Deno" in globalThis)) return "granted";
  return (await Deno.permissions.query(descriptor(access))).state;
}

/** Those of the accesses that are not granted. */
export async function lacking(accesses: Iterable<Access>): Promise<Access[]> {
  const result: Access[] = [];
  for (const access of accesses) {
    if (await accessState(access) !== "granted") result.push(access);
  }
  return result;
}
