import { assertEquals } from "@std/assert";
import { RateLimiter } from "../../../src/emulator/_http/rate_limit.ts";

Deno.test("two requests a minute with a burst of one: the third waits for half a minute", () => {
  let now = 1_000_000;
  const limiter = new RateLimiter({ query: { maxBurst: 1, count: 2, periodSeconds: 60 } }, () => now);
  const headers = (remaining: string, reset: string) => ({
    "carto-rate-limit-limit": "2",
    "carto-rate-limit-remaining": remaining,
    "carto-rate-limit-reset": reset,
  });
  assertEquals(limiter.check("a", "query"), { isAllowed: true, headers: headers("1", "30") });
  now += 10;
  assertEquals(limiter.check("a", "query"), { isAllowed: true, headers: headers("0", "60") });
  now += 10;
  const blocked = limiter.check("a", "query");
  assertEquals(blocked, { isAllowed: false, headers: { ...headers("0", "60"), "retry-after": "31" } });
  assertEquals(limiter.check("b", "query")?.isAllowed, true, "another account has a bucket of its own");
  assertEquals(limiter.check("a", "copy_to"), undefined, "an endpoint without a limit is not counted");
  now += 30_000;
  assertEquals(limiter.check("a", "query")?.isAllowed, true);
});
