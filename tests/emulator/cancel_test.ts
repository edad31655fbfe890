import { assertEquals } from "@std/assert";
import { openEngine } from "../../src/emulator/_db/open.ts";
import { parseError } from "../../src/emulator/_db/protocol.ts";
import { planAccounts } from "../../src/emulator/_accounts.ts";

Deno.test("a statement ends soon at whatever moment it is cancelled, and the next one is not touched", async () => {
  const engine = await openEngine({ accounts: planAccounts(undefined) });
  const run = async (sql: string, signal?: AbortSignal): Promise<string> => {
    let failure = "";
    await engine.run(sql, {
      role: "cartodb_user_demo",
      statementTimeout: 0,
      signal,
      onMessage({ type, payload }) {
        if (type === "E") failure = parseError(payload).message;
      },
    });
    return failure;
  };
  try {
    for (let round = 0; round < 40; round++) {
      const stop = new AbortController();
      const startedAt = performance.now();
      const running = run("SELECT pg_sleep(30)", stop.signal);
      await new Promise((resolve) => setTimeout(resolve, round % 14 + Math.random()));
      stop.abort();
      assertEquals(await running, "canceling statement due to user request");
      assertEquals(await run("SELECT 1"), "");
      assertEquals(performance.now() - startedAt < 2000, true, "it took too long");
    }
  } finally {
    await engine.close();
  }
});
