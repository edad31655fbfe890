import { assert, assertEquals } from "@std/assert";
import { packBuffer } from "../../src/viz/_pack.ts";
import { unpackBytes } from "../../src/viz/page/_unpack.ts";
import type { PageDtype } from "../../src/viz/page/description.ts";

/** Bytes that are the same in each run. */
function randomBytes(length: number): Uint8Array {
  let state = 11;
  return Uint8Array.from(
    { length },
    () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24,
  );
}

async function roundTrip(dtype: PageDtype, bytes: Uint8Array, isPosition = false, compress = true) {
  const packed = await packBuffer({ id: "b0", dtype, length: bytes.length, compress }, bytes, isPosition);
  const back = await unpackBytes(packed.base64, packed.deflated ?? 0, packed.planes ?? 1);
  assertEquals(back, Uint8Array.from(bytes));
  return packed;
}

Deno.test("pack: every kind of buffer comes back byte by byte, at all sizes around the bounds", async () => {
  const widths: Partial<Record<PageDtype, number>> = { u8: 1, u16: 2, u24: 3, u32: 4, f64: 8, bits: 1 };
  for (const [dtype, width] of Object.entries(widths) as [PageDtype, number][]) {
    for (const count of [0, 1, 2, 63, 64, 32_768, 40_002]) {
      for (const bytes of [randomBytes(count * width), new Uint8Array(count * width).fill(7)]) {
        await roundTrip(dtype, bytes);
        if (count % 2 === 0) await roundTrip(dtype, bytes, true);
      }
    }
  }
});

Deno.test("pack: a view into a larger buffer is packed as what it shows", async () => {
  await roundTrip("u8", randomBytes(1000).subarray(100, 900));
});

Deno.test("pack: what does not get smaller stays as it is, what does is deflated, rank by rank where that is better", async () => {
  assertEquals((await roundTrip("u32", randomBytes(100_000))).deflated, undefined);
  assertEquals((await roundTrip("u8", new Uint8Array(100_000))).deflated, 100_000);
  // Numbers that grow slowly: their high bytes are alike.
  const slow = Uint32Array.from({ length: 50_000 }, (_, i) => 1_000_000 + i * 3);
  const { planes, base64 } = await roundTrip("u32", new Uint8Array(slow.buffer));
  assertEquals(planes, 4);
  assert(base64.length < slow.byteLength / 4, `${base64.length}`);
});

Deno.test("pack: what its user wants plain stays plain", async () => {
  assertEquals((await roundTrip("u8", new Uint8Array(100_000), false, false)).deflated, undefined);
});
