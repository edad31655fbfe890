import { assert, assertEquals } from "@std/assert";
import { encodeMessage } from "../../../src/emulator/_db/protocol.ts";
import { CopyOutput } from "../../../src/emulator/_http/copy_output.ts";

const SEND_BUFFER = 8192;

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The data of rows, each byte of which tells its place. */
function rows(sizes: readonly number[]): Uint8Array[] {
  let at = 0;
  return sizes.map((size) => Uint8Array.from({ length: size }, () => at++ % 251));
}

/** What has been sent by the time that an error comes: the whole messages before the last full buffer's end. */
function sentBefore(head: number, data: readonly Uint8Array[]): number {
  const total = data.reduce((sum, { length }) => sum + length + 5, head + 5);
  const gone = total - total % SEND_BUFFER;
  let messages = head + 5;
  let sent = 0;
  for (const { length } of data) {
    messages += length + 5;
    if (messages <= gone) sent += length;
  }
  return sent;
}

Deno.test("copyto: what is left in a server's send buffer is held back, however the messages come", () => {
  const mixed = Array.from({ length: 3000 }, (_, i) => [0, 1, 8, 115, 700, 8187, 30_000][(i * i) % 7] ?? 0);
  for (const sizes of [Array(17).fill(1000), [5], [], [8180, 8187, 8187, 1], [500_000, 3, 3], mixed]) {
    const data = rows(sizes);
    for (const together of [1, 2, 7, 1000, Infinity]) {
      const chunks: Uint8Array[] = [];
      const output = new CopyOutput((chunk) => void chunks.push(chunk));
      output.skip(new Uint8Array(7));
      const step = Math.min(together, Math.max(1, data.length));
      for (let at = 0; at < data.length; at += step) {
        output.put(join(data.slice(at, at + step).map((payload) => encodeMessage("d", payload))));
      }
      output.flush();
      assertEquals(join(chunks).length, sentBefore(7, data), `${sizes.length} rows, ${together} at a time`);
      assertEquals(join([...chunks, output.rest()]), join(data));
    }
  }
});

Deno.test("copyto: small rows go out in large chunks, and the sender is held back by a slow client", async () => {
  const message = encodeMessage("d", new Uint8Array(100));
  const sizes: number[] = [];
  const room = Promise.withResolvers<void>();
  const output = new CopyOutput((chunk) => {
    sizes.push(chunk.length);
    return room.promise;
  });
  let held: void | Promise<void> = undefined;
  for (let count = 0; held === undefined && count < 100; count++) {
    held = output.put(join(Array(100).fill(message)));
  }
  assert(held instanceof Promise);
  assertEquals(sizes.length, 1);
  assert((sizes[0] ?? 0) >= 128 * 1024, `${sizes}`);
  room.resolve();
  await held;
});

Deno.test("copyto: rows that come slowly do not wait for a chunk to be full", async () => {
  const came = Promise.withResolvers<number>();
  const output = new CopyOutput((chunk) => came.resolve(chunk.length));
  output.put(join(Array(9).fill(encodeMessage("d", new Uint8Array(1000)))));
  assertEquals(await came.promise, 8000);
  assertEquals(output.rest().length, 1000);
});
