import { CONTROL, RING_LENGTH } from "./_worker_messages.ts";

/** How long to wait for room before looking whether anybody still reads, in milliseconds. */
const PAUSE = 20;

/**
 * Writes to the ring in shared memory that the worker reads from: it works synchronously, and cannot receive messages
 * while it does.
 *
 * @param control The shared control block
 * @param ring The shared ring
 * @param isIdle Whether the worker has finished, so that nobody takes the bytes any more
 * @returns A function that resolves when its bytes lie in the ring
 */
export function ringWriter(
  control: Int32Array,
  ring: Uint8Array,
  isIdle: () => boolean,
): (bytes: Uint8Array) => Promise<void> {
  return async (bytes) => {
    let written = Atomics.load(control, CONTROL.written);
    for (let at = 0; at < bytes.length;) {
      const taken = Atomics.load(control, CONTROL.taken);
      const free = RING_LENGTH - ((written - taken) | 0);
      if (free === 0) {
        if (isIdle()) return;
        const wait = Atomics.waitAsync(control, CONTROL.taken, taken, PAUSE);
        if (wait.async) await wait.value;
        continue;
      }
      const start = written & (RING_LENGTH - 1);
      const count = Math.min(free, bytes.length - at, RING_LENGTH - start);
      ring.set(bytes.subarray(at, at + count), start);
      at += count;
      written = (written + count) | 0;
      Atomics.store(control, CONTROL.written, written);
      Atomics.notify(control, CONTROL.written);
    }
  };
}
