import { DataError } from "../errors/mod.ts";

/** Finds the first byte that is not UTF-8, chunk by chunk, and tells its line. */
export class Utf8Checker {
  readonly #file: string | undefined;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #before = 0;
  #lines = 0;
  #tail: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(file: string | undefined) {
    this.#file = file;
  }

  check(bytes: Uint8Array): void {
    try {
      this.#decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw this.#fault(bytes, error);
    }
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.#lines++;
    this.#before += bytes.length;
    this.#tail = new Uint8Array([...this.#tail, ...bytes.subarray(-3)]).slice(-3);
  }

  finish(): void {
    try {
      this.#decoder.decode();
    } catch (error) {
      throw this.#fault(new Uint8Array(0), error);
    }
  }

  #fault(bytes: Uint8Array, cause: unknown): DataError {
    const all = new Uint8Array(this.#tail.length + bytes.length);
    all.set(this.#tail);
    all.set(bytes, this.#tail.length);
    // The tail may begin inside a character that was whole
    let start = 0;
    while (start < this.#tail.length && ((all[start] as number) & 0xc0) === 0x80) start++;
    const at = firstInvalid(all, start);
    const byte = this.#before - this.#tail.length + at;
    let line = this.#lines + 1;
    for (let i = this.#tail.length; i < at; i++) if (all[i] === 10) line++;
    const utf16 = byte === 0 && (all[0] === 0xff || all[0] === 0xfe);
    return new DataError("The file is not UTF-8", {
      place: { ...(this.#file === undefined ? {} : { file: this.#file }), line, byte },
      hint: utf16
        ? 'Give its encoding: { encoding: "utf-16le" } or { encoding: "utf-16be" }'
        : 'Give its encoding, such as { encoding: "latin1" }, or save it as UTF-8',
      cause,
    });
  }
}

/** The first byte that starts or continues no character. */
function firstInvalid(bytes: Uint8Array, start: number): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    const length = byte < 0x80
      ? 1
      : byte < 0xc2
      ? 0
      : byte < 0xe0
      ? 2
      : byte < 0xf0
      ? 3
      : byte < 0xf5
      ? 4
      : 0;
    if (length === 0 || at + length > bytes.length) return at;
    if (length > 1) {
      try {
        decoder.decode(bytes.subarray(at, at + length));
      } catch {
        return at;
      }
    }
    at += length;
  }
  return at;
}
