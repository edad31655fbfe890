/** A folder for one test, removed afterwards. */
export async function inTempFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-auth-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs with other values in the environment, and puts the old ones back. */
export async function withEnv(
  values: Readonly<Record<string, string | undefined>>,
  run: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(values).map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  for (const [name, value] of Object.entries(values)) set(name, value);
  try {
    await run();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

/** No variable of ours is set, and the user's folder is an empty temporary one. */
export function asNewUser(run: (folder: string) => Promise<void>): Promise<void> {
  return inTempFolder((folder) => {
    const env = {
      XDG_CONFIG_HOME: folder,
      HOME: folder,
      LOCALAPPDATA: folder,
      CARTO_USERNAME: undefined,
      CARTO_API_KEY: undefined,
      CARTO_BASE_URL: undefined,
    };
    return withEnv(env, () => run(folder));
  });
}

/** The path of a case that other clients got wrong. */
export function casePath(name: string): string {
  const { pathname } = new URL(`../fixtures/cases/${name}`, import.meta.url);
  return Deno.build.os === "windows" ? pathname.slice(1) : pathname;
}
