import { ArgumentError, UnsupportedError } from "../errors/carto_error.ts";
import { type Access, accessState, isRefusal, permissionError } from "../permissions/mod.ts";
import { BrowserStartError, Chromium } from "./_chromium.ts";

/** What the browsers that can take pictures are called on the PATH. */
const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "microsoft-edge-stable",
];

/** Where they lie where they are not on the PATH. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  windows: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

/** What a picture is taken for. */
export interface BrowserNeed {
  /** What cannot be done without it, for errors. */
  readonly operation: string;
  readonly alsoNeeds: readonly Access[];
}

/**
 * Starts the browser that was named, or the first that is installed and may be run.
 *
 * @throws {ArgumentError} The one that was named is not there
 * @throws {UnsupportedError} None is there, or it does not start
 * @throws {PermissionError} One is there, and running it was refused
 */
export async function startBrowser(browser: string | undefined, need: BrowserNeed): Promise<Chromium> {
  const programs = browser === undefined ? await candidates() : [browser];
  for (const program of programs) {
    try {
      return await start(program);
    } catch (error) {
      // Deno looks for the program before it looks at the permission: what is refused is there
      if (error instanceof Deno.errors.NotFound) continue;
      if (isRefusal(error)) {
        const needs = [{ kind: "run", program }, ...need.alsoNeeds] as const;
        throw await permissionError({ operation: need.operation, needs });
      }
      throw new UnsupportedError(`Cannot ${need.operation}: the browser "${program}" does not start`, {
        hint: `Name another one: { browser: "/path/to/chrome" }`,
        cause: error,
      });
    }
  }
  if (browser !== undefined) {
    throw new ArgumentError(`Cannot ${need.operation}: there is no program "${browser}"`, {
      argument: "browser",
      hint: "Give the path of a Chromium, Chrome or Edge, or leave it out to take the one that is installed",
    });
  }
  throw new UnsupportedError(`Cannot ${need.operation}: no Chromium, Chrome or Edge was found`, {
    hint:
      'Install one (Debian: apt-get install chromium), or tell where it is: { browser: "/path/to/chrome" }; ' +
      "the page itself needs none: map.save(path)",
  });
}

/** The browsers to try: those that may be run first, for asking is the last resort. */
async function candidates(): Promise<string[]> {
  const programs = [...NAMES, ...PLACES[Deno.build.os] ?? []];
  const states = await Promise.all(programs.map((program) => accessState({ kind: "run", program })));
  const isGranted = (_: string, i: number) => states[i] === "granted";
  return [...programs.filter(isGranted), ...programs.filter((program, i) => !isGranted(program, i))];
}

/** In a container, or for root, the browser cannot shut itself in: it says so, and is started without. */
async function start(program: string): Promise<Chromium> {
  try {
    return await Chromium.start(program);
  } catch (error) {
    if (!(error instanceof BrowserStartError && /sandbox/i.test(error.output))) throw error;
    return await Chromium.start(program, ["--no-sandbox"]);
  }
}
