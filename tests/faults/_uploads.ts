import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto, type ToCartoOptions, type ToCartoReport } from "../../src/tables/mod.ts";

/** The ways to write. */
export const MODES = ["fail", "replace", "append", "upsert"] as const;

/** A way to write. */
export type Mode = typeof MODES[number];

/** The table that a mode writes into: only `fail` makes a new one. */
export function tableOf(mode: Mode): "stock" | "fresh" {
  return mode === "fail" ? "fresh" : "stock";
}

/** Texts that have broken uploads. */
const NAMES = [
  'say "hi"',
  "a|b",
  "line\nbreak",
  "ñandú 🦤",
  "",
  null,
  "__null",
  "\\.",
  "plain",
  "tab\tand\r",
];

/** The rows of an upload: points, text that needs quotes, numbers, nulls. */
export function dataOf(mode: Mode): GeoDataFrame {
  const ids = Array.from({ length: 200 }, (_, i) => i + (mode === "upsert" ? 51 : 101));
  const rows = ids.map((id) => ({
    id,
    name: NAMES[id % NAMES.length] ?? null,
    // Another type than the table has, and a column that it lacks
    ...(mode === "replace" ? { price: `${id} €`, colour: "red" } : { price: id / 4 }),
    geometry: id % 17 === 0 ? null : `POINT (${id / 10} ${-id / 20})`,
  }));
  return GeoDataFrame.fromRows(rows).setGeometry("geometry", { srid: 4326, drop: true });
}

/** Writes in one of the ways. */
export async function upload(mode: Mode, options: ToCartoOptions): Promise<ToCartoReport> {
  return await toCarto(dataOf(mode), tableOf(mode), {
    copyFormat: "csv",
    ifExists: mode,
    ...(mode === "upsert" ? { key: ["id"] } : {}),
    ...options,
  });
}
