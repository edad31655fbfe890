/** Opens a page in a fresh browser and tells when its pixels came, from the frames that the browser presented. */
import { Chromium } from "../../_tools/chromium.ts";
import { type Picture, readPng } from "../../_tools/png.ts";
import { VIEW } from "./_pages.ts";

/** When a page showed what. */
export interface Drawing {
  /** Seconds from asking for the page until a frame with data was presented and read back. */
  readonly firstFrameSeconds: number;
  /** Seconds until the last frame was presented that differs from what stays, and the page said that it is done. */
  readonly settledSeconds: number;
  readonly first: Picture;
  readonly settled: Picture;
}

/** A frame shows data when so many of its pixels are not white. */
const SOME_PIXELS = 200;

/** Nothing may change for so long before a page counts as settled, in milliseconds. */
const STILL = 3000;

/** Opens a file and watches it. */
export async function watchPage(program: string, file: string, seconds = 180): Promise<Drawing> {
  await using browser = await Chromium.start(program);
  await using tab = await browser.tab({ width: VIEW.width, height: VIEW.height });
  await tab.record();
  const start = performance.now();
  await tab.go(`file://${file}`, "no");
  await tab.until('document.documentElement?.dataset.state === "ready"', seconds);
  const doneAt = performance.now();
  for (;;) {
    const last = Math.max(doneAt, tab.frames.at(-1)?.at ?? 0);
    const rest = last + STILL - performance.now();
    if (rest <= 0) break;
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
  const settled = await tab.pixels();
  const frames = tab.frames.filter(({ at }) => at > start);
  let first: { at: number; picture: Picture } | undefined;
  let settledAt = doneAt;
  for (const { at, png } of frames) {
    const picture = await readPng(png);
    if (first === undefined && inked(picture) >= SOME_PIXELS) first = { at, picture };
    if (first !== undefined && at > settledAt && !isLike(picture, settled)) settledAt = at;
  }
  // The frame after the last one that was different is the one that stays.
  const staying = frames.find(({ at }) => at >= settledAt)?.at ?? settledAt;
  if (first === undefined) throw new Error(`${file} drew nothing: ${tab.console.join("\n")}`);
  return {
    firstFrameSeconds: (first.at - start) / 1000,
    settledSeconds: (Math.max(doneAt, staying) - start) / 1000,
    first: first.picture,
    settled,
  };
}

/** How far a pixel is from white, 0 to 765. */
function ink({ data }: Picture, at: number): number {
  return 765 - (data[at] ?? 0) - (data[at + 1] ?? 0) - (data[at + 2] ?? 0);
}

function inked(picture: Picture): number {
  let count = 0;
  for (let at = 0; at < picture.data.length; at += 4) if (ink(picture, at) > 60) count++;
  return count;
}

/** Whether two pictures differ in less than one pixel of a thousand. */
function isLike(a: Picture, b: Picture): boolean {
  if (a.width !== b.width || a.height !== b.height) return false;
  let different = 0;
  for (let at = 0; at < a.data.length; at += 4) if (Math.abs(ink(a, at) - ink(b, at)) > 60) different++;
  return different < a.width * a.height / 1000;
}

const CELL = 8;

/** The ink of each cell of 8 by 8 pixels. */
function cells(picture: Picture): Float64Array {
  const across = Math.ceil(picture.width / CELL);
  const result = new Float64Array(across * Math.ceil(picture.height / CELL));
  for (let at = 0; at < picture.data.length; at += 4) {
    const pixel = at / 4;
    const cell = Math.floor(Math.floor(pixel / picture.width) / CELL) * across +
      Math.floor(pixel % picture.width / CELL);
    const amount = ink(picture, at);
    if (amount > 60) result[cell] = (result[cell] ?? 0) + amount;
  }
  return result;
}

/** How fair a first frame is: the share of the cells that have ink at last which have it at first, and how ink goes together. */
export function compare({ first, settled }: Drawing): { coverage: number; correlation: number } {
  const [a, b] = [cells(first), cells(settled)];
  let [occupied, touched] = [0, 0];
  b.forEach((amount, i) => {
    if (amount === 0) return;
    occupied++;
    if ((a[i] ?? 0) > 0) touched++;
  });
  return { coverage: touched / Math.max(1, occupied), correlation: pearson(a, b) };
}

function pearson(a: Float64Array, b: Float64Array): number {
  const mean = (of: Float64Array) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, ownA, ownB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] ?? 0) - meanA, (b[i] ?? 0) - meanB];
    both += x * y;
    ownA += x * x;
    ownB += y * y;
  }
  return both / Math.sqrt(ownA * ownB);
}
