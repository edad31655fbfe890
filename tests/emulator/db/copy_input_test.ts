import { assert, assertEquals } from "@std/assert";
import { CopyInput } from "../../../src/emulator/_db/_copy_input.ts";

/** What a database received. */
interface Received {
  /** The types of the messages, in order. */
  readonly types: string;
  readonly sizes: readonly number[];
  readonly data: Uint8Array;
  /** The text of the last message. */
  readonly last: string;
}

/** Carries data to a database that takes a message a turn of the event loop. */
async function carry(
  data: AsyncIterable<Uint8Array>,
  onWrite: (input: CopyInput) => void = () => {},
): Promise<Received> {
  const types: string[] = [];
  const sizes: number[] = [];
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let last = "";
  let isBusy = false;
  const input: CopyInput = new CopyInput(async (message) => {
    assert(!isBusy, "two messages at a time");
    isBusy = true;
    onWrite(input);
    await new Promise((resolve) => setTimeout(resolve));
    const length = new DataView(message.buffer, message.byteOffset).getInt32(1);
    assertEquals(length, message.length - 1, "one whole message");
    const payload = message.slice(5);
    types.push(String.fromCharCode(message[0] as number));
    if (types.at(-1) === "d") {
      sizes.push(payload.length);
      pieces.push(payload);
    } else last = new TextDecoder().decode(payload).replace("\0", "");
    isBusy = false;
  });
  input.start(data);
  await input.done();
  return {
    types: types.join(""),
    sizes,
    data: new Uint8Array(await new Blob(pieces).arrayBuffer()),
    last,
  };
}

/** Small pieces, each byte of which tells its place. */
async function* pieces(count: number, size: number): AsyncGenerator<Uint8Array, void, void> {
  for (let i = 0; i < count; i++) {
    await Promise.resolve();
    yield Uint8Array.from({ length: size }, (_, k) => (i * size + k) % 251);
  }
}

function isInOrder(data: Uint8Array): boolean {
  return data.every((byte, i) => byte === i % 251);
}

Deno.test("COPY input: many small pieces reach the database as few messages, every byte in its place", async () => {
  const { types, sizes, data } = await carry(pieces(5000, 100));
  assertEquals(data.length, 500_000);
  assert(isInOrder(data));
  assert(types.length < 100 && types.endsWith("c") && !types.includes("f"), types);
  assert(sizes.every((size) => size > 0 && size <= 256 * 1024));
});

Deno.test("COPY input: a piece larger than a message is divided", async () => {
  const { types, sizes, data } = await carry(pieces(2, 600_000));
  assertEquals(data.length, 1_200_000);
  assert(isInOrder(data));
  assert(types.endsWith("dc") && sizes.every((size) => size <= 256 * 1024));
  assertEquals((await carry(pieces(0, 0))).types, "c");
});

Deno.test("COPY input: what came before a fault of the source is sent, then the fault", async () => {
  async function* broken(): AsyncGenerator<Uint8Array, void, void> {
    yield* pieces(1000, 300);
    throw new Error("the body broke off");
  }
  const { types, data, last } = await carry(broken());
  assertEquals([data.length, last], [300_000, "the body broke off"]);
  assert(isInOrder(data) && types.endsWith("df"));
});

Deno.test("COPY input: stopped, it ends as failed, and nothing follows", async () => {
  let writes = 0;
  const { types, data, last } = await carry(pieces(100_000, 100), (input) => {
    if (++writes === 5) input.stop();
  });
  assertEquals(last, "canceled");
  assert(data.length < 5_000_000 && isInOrder(data) && /^d+f$/.test(types), types);
});

Deno.test("COPY input: stopped after the last byte came and before it was written, it is not told to be whole", async () => {
  let writes = 0;
  const { types, last } = await carry(pieces(2, 100_000), (input) => {
    if (++writes === 1) input.stop();
  });
  assertEquals([types.slice(-1), last], ["f", "canceled"]);
});

Deno.test("COPY input: a database that takes all at once, and throws it away, is heard soon", async () => {
  let written = 0;
  let taken = 0;
  const piece = new Uint8Array(64 * 1024);
  async function* endless(): AsyncGenerator<Uint8Array, void, void> {
    for (; taken < 512 * 1024 ** 2; taken += piece.length) yield await Promise.resolve(piece);
  }
  const input: CopyInput = new CopyInput((bytes) => {
    // The answer to the first bytes comes as all answers do: by the event loop, not in between.
    if (written === 0) setTimeout(() => input.stop());
    written += bytes.length;
    return Promise.resolve();
  });
  input.start(endless());
  await input.done();
  assert(taken <= 4 * 1024 ** 2 && written <= 4 * 1024 ** 2, `${taken} bytes were taken, ${written} written`);
});

Deno.test("COPY input: a database that is gone ends it", async () => {
  const input = new CopyInput(() => Promise.reject(new Error("gone")));
  input.start(pieces(10, 10));
  assertEquals(await input.done().then(() => "fine", (error: Error) => error.message), "gone");
});
