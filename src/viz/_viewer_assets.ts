import { CartoError, UnsupportedError } from "../errors/carto_error.ts";

/** A script that a page runs: as text of the page, deflated with its hash, or from an address with its hash. */
export type Library =
  | { readonly kind: "packed"; readonly packed: string; readonly hash: string }
  | { readonly kind: "address"; readonly url: string; readonly integrity: string };

/** The scripts of a page. */
export interface ViewerAssets {
  /** Our own code. */
  readonly code: string;
  readonly deck: Library;
  /** Only for maps that name a vector style. */
  readonly maplibre: Library | null;
}

/** From where pages with `assets: "cdn"` take the libraries: exact versions, and the hashes of those files. */
export const CDN: {
  readonly deck: Library & { kind: "address" };
  readonly maplibre: Library & { kind: "address" };
} = {
  deck: {
    kind: "address",
    url: "https://cdn.jsdelivr.net/npm/deck.gl@9.4.0/dist.min.js",
    integrity: "sha384-NrpHmp6N6IhXZ+gSV+uRLo+Hqprkw4BfdGzmxgWXhjakjkAabyfQxokSmn/aK0VB",
  },
  maplibre: {
    kind: "address",
    url: "https://cdn.jsdelivr.net/npm/maplibre-gl@5.24.1/dist/maplibre-gl.js",
    integrity: "sha384-nXMl9YiLoSG5KBPTFgvxVuIqQQcqIvo0bFrvoEaGJC6r7IibIzF1S36Zbf/sKBtL",
  },
};

/** The scripts for a page, as asked for; by default what is at hand. */
export async function viewerAssets(
  assets: "inline" | "cdn" | undefined,
  needsStreets: boolean,
): Promise<ViewerAssets> {
  const isLocal = import.meta.url.startsWith("file:");
  const built = await importBuilt() ?? (assets !== "cdn" && isLocal ? await buildNow() : null);
  if (assets === "inline" && built === null) {
    throw new UnsupportedError(
      "Cannot put the viewer into the page: it is not built in a module imported by URL",
      {
        hint: 'Import the published package, or make the page with assets: "cdn"',
      },
    );
  }
  if (assets !== "cdn" && built !== null) {
    const { deck } = built;
    const maplibre = needsStreets ? built.maplibre : null;
    return { code: built.code, deck: pack(deck), maplibre: maplibre && pack(maplibre) };
  }
  const code = built?.code ?? await linkSources();
  return { code, deck: CDN.deck, maplibre: needsStreets ? CDN.maplibre : null };
}

interface Packed {
  readonly packed: string;
  readonly hash: string;
}

const pack = ({ packed, hash }: Packed): Library => ({ kind: "packed", packed, hash });

interface Built {
  readonly code: string;
  readonly deck: Packed;
  readonly maplibre: Packed;
}

/** What `deno task viewer` made; null where it has not run. */
async function importBuilt(): Promise<Built | null> {
  try {
    // The imports are literal, so that they need no permission and the published package holds the files.
    const [viewer, deck, maplibre] = await Promise.all([
      // @ts-ignore: it is built, and not kept in git.
      import("./page/_built/viewer.js"),
      // @ts-ignore: it is built, and not kept in git.
      import("./page/_built/deck.js"),
      // @ts-ignore: it is built, and not kept in git.
      import("./page/_built/maplibre.js"),
    ]);
    return { code: viewer.code, deck, maplibre };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** Builds the viewer in a checkout. */
async function buildNow(): Promise<Built> {
  try {
    const { buildViewer } = await import("./_build_viewer.ts");
    await buildViewer();
    const load = (name: string) => import(new URL(`./page/_built/${name}.js`, import.meta.url).href);
    const [viewer, deck, maplibre] = await Promise.all(["viewer", "deck", "maplibre"].map(load));
    return { code: viewer.code, deck, maplibre };
  } catch (error) {
    throw new UnsupportedError("Cannot put the viewer into the page: it is not built", {
      hint: "Run once: deno task viewer",
      cause: error,
    });
  }
}

async function linkSources(): Promise<string> {
  try {
    const { linkViewer } = await import("./_link_viewer.ts");
    return await linkViewer(new URL("./page/viewer.ts", import.meta.url), async ({ href }) => {
      const { default: text } = await import(href, { with: { type: "text" } });
      return text;
    });
  } catch (error) {
    if (error instanceof CartoError) throw error;
    throw new UnsupportedError("Cannot make the page: the viewer's sources cannot be read", {
      hint: "In a checkout run once: deno task viewer",
      cause: error,
    });
  }
}
