/** What importing the module costs a program at its start. */
import { preparePrograms } from "../_tools/start_up.ts";

const programs = await preparePrograms();
globalThis.addEventListener("unload", () => programs[Symbol.dispose]());

Deno.bench({ name: "start: a program that does nothing", group: "start", baseline: true }, async () => {
  await programs.bare();
});

Deno.bench({ name: "start: a program that imports mod.ts", group: "start" }, async () => {
  await programs.importing();
});
