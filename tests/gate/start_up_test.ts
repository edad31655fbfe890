import { assert } from "@std/assert";
import { preparePrograms } from "../_tools/start_up.ts";

/**
 * What importing `mod.ts` may add to the start of a program on a machine where a bare one takes 15 ms. Alone it
 * adds 9.5 ms there (`deno task bench tests/bench/start_up_bench.ts`); the aim is 10. A file that is loaded costs about
 * 0.05 ms, a lazy one 0.02, a kilobyte of what is loaded 0.01, an npm package in the graph 2. The budget leaves room for the
 * tests that run at the same time.
 */
const BUDGET = 20;
const BARE = 15;
const ROUNDS = 400;

Deno.test("start-up: importing mod.ts adds 20 ms at most", async () => {
  using programs = await preparePrograms();
  // Other tests run at the same time, so the quickest of some rounds counts; a slower machine has a larger budget.
  let [bare, importing] = [Infinity, Infinity];
  const isWithin = () => importing - bare <= BUDGET * Math.max(1, bare / BARE);
  for (let round = 0; round < ROUNDS && (round < 5 || !isWithin()); round++) {
    bare = Math.min(bare, await programs.bare());
    importing = Math.min(importing, await programs.importing());
  }
  assert(
    isWithin(),
    `a bare program takes ${bare.toFixed(1)} ms, one that imports mod.ts ${importing.toFixed(1)} ms`,
  );
});
