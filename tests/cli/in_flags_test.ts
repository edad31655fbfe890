import { assertEquals } from "@std/assert";
import { inFlags } from "../../src/cli/_in_flags.ts";

Deno.test("hints: options of calls are told as those of the command line, others stay", () => {
  const pairs = [
    [
      'Give its encoding, such as { encoding: "latin1" }, or save it',
      "Give its encoding, such as --encoding latin1, or save it",
    ],
    ['Tell it: { srid: 25830 } or { crs: "…" }', 'Tell it: --srid 25830 or --crs "…"'],
    ["{ decimalComma: true } reads it as such", "--decimal-comma reads it as such"],
    ['pass { ifExists: "replace" } to overwrite it', "pass --if-exists replace to overwrite it"],
    ['{ layer: "my roads" }', '--layer "my roads"'],
    ["or pass { skipQuotaWarning: true }", "or pass --skip-quota-warning"],
    ["Pass { cartodbfy: false }", "Pass --no-cartodbfy"],
    ['Leave out one of pageRows and { strategy: "job" }', "Leave out one of --page-rows and --strategy job"],
    ["such as { transport: { timeout: 120000 } }, or", "such as --timeout 120, or"],
    ["or pass { dryRun: true }", "or pass { dryRun: true }"],
  ];
  for (const [given = "", wanted = ""] of pairs) assertEquals(inFlags(given), wanted);
});
