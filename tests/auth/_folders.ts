/** A folder for one test, removed afterwards. */
export async function inTempFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-auth-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Runs with other values in the environment, for this file only: the real one belongs to the process, in which other
 * test files run at the same time. What Deno refuses to read stays refused.
 */
export async function withEnv(
  values: Readonly<Record<string, string | undefined>>,
  run: () => Promise<void>,
): Promise<void> {
  const outer = Deno.env;
  const own = new Map(Object.entries(values));
  const get = (name: string) => {
    const value = outer.get(name);
    return own.has(name) ? own.get(name) : value;
  };
  const inner: Deno.Env = {
    get,
    has: (name) => get(name) !== undefined,
    set: (name, value) => void own.set(name, value),
    delete: (name) => void own.set(name, undefined),
    toObject: () => {
      const all = { ...outer.toObject(), ...Object.fromEntries(own) };
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
        string,
        string
      >;
    },
  };
  Object.defineProperty(Deno, "env", { value: inner, configurable: true, enumerable: true, writable: true });
  try {
    await run();
  } finally {
    Object.defineProperty(Deno, "env", {
      value: outer,
      configurable: true,
      enumerable: true,
      writable: true,
    });
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
