/**
 * `deno task bench:maps`: how long a map takes to be made and to be seen, and how large it is, beside a page that gives
 * the same data as GeoJSON text to MapLibre's own source.
 *
 * `--points N` measures so many points only; `--json` ends with one line of JSON for the last of them.
 */
import { buildViewerIfStale } from "../../../src/viz/_build_viewer.ts";
import type { GeoDataFrame } from "../../../src/frame/mod.ts";
import { findChromium } from "../../_tools/chromium.ts";
import { benchCountries, benchPoints } from "./_data.ts";
import { compare, watchPage } from "./_measure.ts";
import { baselinePage, type Kind, maplibreCode, ourPage } from "./_pages.ts";

/** What is measured of a page. */
interface Figures {
  readonly makeSeconds: number;
  readonly bytes: number;
  readonly firstFrameSeconds: number;
  readonly settledSeconds: number;
}

interface Result {
  readonly ours: Figures & { readonly previewCoverage: number; readonly previewCorrelation: number };
  readonly baseline: Figures;
}

async function measure(program: string, folder: string, frame: GeoDataFrame, kind: Kind): Promise<Result> {
  const code = await maplibreCode();
  const page = async (name: string, make: () => string | Promise<string>) => {
    const start = performance.now();
    const html = await make();
    const makeSeconds = (performance.now() - start) / 1000;
    const file = `${folder}/${name}.html`;
    await Deno.writeTextFile(file, html);
    const { size: bytes } = await Deno.stat(file);
    return { makeSeconds, bytes, drawing: await watchPage(program, file) };
  };
  const ours = await page("ours", () => ourPage(frame, kind));
  const baseline = await page("baseline", () => baselinePage(frame, kind, code));
  const { coverage, correlation } = compare(ours.drawing);
  const figures = (
    { makeSeconds, bytes, drawing: { firstFrameSeconds, settledSeconds } }: typeof ours,
  ): Figures => ({
    makeSeconds: round(makeSeconds),
    bytes,
    firstFrameSeconds: round(firstFrameSeconds),
    settledSeconds: round(settledSeconds),
  });
  return {
    ours: { ...figures(ours), previewCoverage: round(coverage), previewCorrelation: round(correlation) },
    baseline: figures(baseline),
  };
}

const round = (value: number) => Math.round(value * 10_000) / 10_000;

function print(name: string, { ours, baseline }: Result): void {
  const line = (who: string, { makeSeconds, bytes, firstFrameSeconds, settledSeconds }: Figures) =>
    `${name.padEnd(18)}${who.padEnd(10)}${makeSeconds.toFixed(2).padStart(8)} s${
      (bytes / 1e6).toFixed(2).padStart(10)
    } MB${firstFrameSeconds.toFixed(2).padStart(9)} s${settledSeconds.toFixed(2).padStart(9)} s`;
  console.log(line("ours", ours));
  console.log(line("MapLibre", baseline));
  console.log(
    `${" ".repeat(18)}${(baseline.bytes / ours.bytes).toFixed(1)} times smaller, first frame ${
      (baseline.firstFrameSeconds / ours.firstFrameSeconds).toFixed(1)
    } times sooner; it touches ${(ours.previewCoverage * 100).toFixed(1)} % of the cells, correlation ${
      ours.previewCorrelation.toFixed(3)
    }`,
  );
}

/** `--points 1000` and `--points=1000`. */
function readPoints(args: readonly string[]): number[] | undefined {
  const at = args.findIndex((arg) => arg === "--points" || arg.startsWith("--points="));
  if (at < 0) return undefined;
  const count = Number(args[at]?.split("=")[1] ?? args[at + 1]);
  if (!Number.isInteger(count) || count < 1) throw new Error("--points takes a whole number from 1");
  return [count];
}

async function main(args: readonly string[]): Promise<void> {
  const program = await findChromium();
  if (program === undefined) throw new Error("Chromium is not installed (Debian: apt-get install chromium)");
  await buildViewerIfStale();
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-maps-" });
  const points = readPoints(args);
  try {
    console.log(`${" ".repeat(31)}make      size    first frame  settled`);
    let last: { points: number; result: Result } | undefined;
    for (const count of points ?? [10_000, 100_000, 1_000_000]) {
      const result = await measure(program, folder, await benchPoints(count), "points");
      print(`${count.toLocaleString("en")} points`, result);
      last = { points: count, result };
    }
    if (points === undefined) {
      print("countries", await measure(program, folder, await benchCountries(), "countries"));
    }
    if (args.includes("--json") && last) console.log(JSON.stringify({ points: last.points, ...last.result }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main(Deno.args);
