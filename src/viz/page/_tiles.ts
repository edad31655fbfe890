/// <reference lib="dom" />
/** Vector tiles of CARTO's Maps API: the map is made when the page is opened, tiles come as they are needed. */
import type { PageTiles } from "./description.ts";
import { type Box, WORLD } from "./_mercator.ts";
import type { Data } from "./_model.ts";
import { readTile } from "./_mvt.ts";
import { dataOfTiles, type Tile } from "./_tile_data.ts";

/** How many tiles are kept. */
const KEPT = 300;

/** A source of tiles, shared by the layers of a map that draw it. */
export class Tiles {
  readonly #source: PageTiles;
  readonly #changed: (data: Data) => void;
  readonly #failed: (text: string) => void;
  readonly #tiles = new Map<string, Tile | "coming" | "failed">();
  #wanted: readonly string[] = [];
  #group: Promise<string> | null = null;
  #shown = "";

  /** `changed` is called with the rows within sight, `failed` when tiles cannot be had. */
  constructor(source: PageTiles, changed: (data: Data) => void, failed: (text: string) => void) {
    this.#source = source;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Whether all tiles that are wanted have come, or will not. */
  get isComplete(): boolean {
    return this.#wanted.every((key) =>
      typeof this.#tiles.get(key) === "object" || this.#tiles.get(key) === "failed"
    );
  }

  /** Takes in what is within sight. */
  look(box: Box, zoom: number): void {
    const { minZoom, maxZoom } = this.#source;
    // A tile is then about 512 pixels wide.
    const z = Math.max(minZoom, Math.min(maxZoom, Math.round(zoom)));
    const side = WORLD / 2 ** z;
    const count = 2 ** z;
    const wanted = new Set<string>();
    const [top, bottom] = [Math.floor((WORLD - box.north) / side), Math.floor((WORLD - box.south) / side)];
    for (let column = Math.floor(box.west / side); column <= Math.floor(box.east / side); column++) {
      for (let y = Math.max(0, top); y <= Math.min(count - 1, bottom); y++) {
        wanted.add(`${z}/${((column % count) + count) % count}/${y}`);
      }
    }
    this.#wanted = [...wanted];
    for (const key of this.#wanted) if (!this.#tiles.has(key)) this.#load(key);
    this.#show();
  }

  async #load(key: string): Promise<void> {
    this.#tiles.set(key, "coming");
    const [z = 0, x = 0, y = 0] = key.split("/").map(Number);
    try {
      const bytes = await this.#fetchTile(`${z}/${x}/${y}`);
      const layers = bytes ? readTile(bytes) : [];
      const { tileLayer } = this.#source;
      const layer = layers.find(({ name }) => name === tileLayer) ?? layers[0] ?? null;
      this.#tiles.set(key, { z, x, y, layer });
    } catch (error) {
      this.#tiles.set(key, "failed");
      this.#failed(`Some of the map could not be loaded: ${error instanceof Error ? error.message : error}`);
    }
    this.#forget();
    this.#show();
  }

  /** The bytes of a tile; null for an empty one. A map that has ended is made again, once. */
  async #fetchTile(place: string): Promise<Uint8Array | null> {
    const { endpoint, tileLayer, apiKey } = this.#source;
    for (let attempt = 0;; attempt++) {
      const group = this.#group ??= this.#makeMap();
      const url =
        `${endpoint}/${encodeURIComponent(await group)}/${encodeURIComponent(tileLayer)}/${place}.mvt` +
        `?api_key=${encodeURIComponent(apiKey)}`;
      const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
      if (response.status === 204) return null;
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
      if (attempt > 0 || ![400, 404].includes(response.status)) throw new Error(`status ${response.status}`);
      if (this.#group === group) this.#group = null;
    }
  }

  async #makeMap(): Promise<string> {
    const { endpoint, apiKey, config } = this.#source;
    const response = await fetch(`${endpoint}?api_key=${encodeURIComponent(apiKey)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: config,
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    if (!response.ok) {
      this.#group = null;
      throw new Error(`status ${response.status}`);
    }
    const { layergroupid }: { layergroupid?: unknown } = await response.json();
    return String(layergroupid);
  }

  /** Tiles that are not wanted go first, the oldest before the others. */
  #forget(): void {
    for (const key of this.#tiles.keys()) {
      if (this.#tiles.size <= KEPT) return;
      if (!this.#wanted.includes(key)) this.#tiles.delete(key);
    }
  }

  #show(): void {
    // Until all have come, what was there stays: half a map is worse than that of a moment ago.
    if (!this.isComplete) return;
    const found = this.#wanted.filter((key) => typeof this.#tiles.get(key) === "object");
    const shown = found.join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#changed(dataOfTiles(this.#source, found.map((key) => this.#tiles.get(key) as Tile)));
  }
}
