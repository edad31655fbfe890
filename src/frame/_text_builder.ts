import { BadValue, type ColumnData, shown, type Validity } from "./_data.ts";
import { Builder, trimmed } from "./_builder.ts";
import { checkColumnBytes, grow, nextCapacity, sameBytes } from "./_bytes.ts";

const encoder = new TextEncoder();
/** A column with more distinct values than this is no dictionary. */
const MAX_DICTIONARY = 4096;
/** After so many rows a dictionary must have paid. */
const PROBATION = 512;
/** Longer texts are never looked up. */
const MAX_ENTRY = 128;
const HASH_SLOTS = 16_384;
/** The most bytes of text that room is made for before there are any. */
const MAX_ROOM = 4 * 1024 * 1024;

/** Turns a JavaScript value into the text that the column keeps. */
export type ToText = (value: unknown) => string;
/** Whether bytes are a value of the column's type. */
export type CheckText = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * Text, and every type that is kept as its text. It starts as a dictionary (a number a row, each value once)
 * and turns into plain text as soon as the values prove to differ.
 */
export class TextBuilder extends Builder {
  readonly #toText: ToText;
  readonly #check: CheckText | undefined;
  readonly #name: string;
  #plain = false;
  #codes: Int32Array<ArrayBuffer> = new Int32Array(64);
  #slots: Int32Array<ArrayBuffer> | undefined;
  #strings: Map<string, number> | undefined;
  #entries = 0;
  #offsets: Int32Array<ArrayBuffer> = new Int32Array(65);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);

  constructor(name: string, toText: ToText, check?: CheckText) {
    super();
    this.#name = name;
    this.#toText = toText;
    this.#check = check;
  }

  override text(bytes: Uint8Array, start: number, end: number): void {
    if (this.#check !== undefined && !this.#check(bytes, start, end)) {
      const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 60)));
      throw new BadValue(`${text === "" ? "An empty field" : shown(text)} is not ${this.#name}`);
    }
    if (this.#plain) this.#append(bytes, start, end, this.rows.length);
    else this.#code(bytes, start, end);
    this.rows.done();
  }

  override value(value: unknown): void {
    const text = this.#toText(value);
    if (!this.#plain && text.length <= MAX_ENTRY) {
      const code = this.#strings?.get(text);
      if (code !== undefined && !this.#hopeless()) {
        this.#setCode(code);
        return this.rows.done();
      }
    }
    if (!text.isWellFormed()) {
      throw new BadValue(
        "The text holds half of a surrogate pair, which UTF-8 cannot",
        "Mend it first: text.toWellFormed()",
      );
    }
    if (this.#check !== undefined) {
      const bytes = encoder.encode(text);
      if (!this.#check(bytes, 0, bytes.length)) throw new BadValue(`${shown(text)} is not ${this.#name}`);
    }
    this.#string(text);
    this.rows.done();
  }

  #string(text: string): void {
    if (!this.#plain && (text.length > MAX_ENTRY || this.#hopeless())) this.#spill();
    if (this.#plain) return this.#appendString(text, this.rows.length);
    this.#strings ??= new Map();
    const code = this.#entries++;
    this.#appendString(text, code);
    this.#strings.set(text, code);
    this.#setCode(code);
  }

  /** Whether the dictionary has grown too large for what it saves. */
  #hopeless(): boolean {
    return this.#entries >= MAX_DICTIONARY ||
      (this.rows.length >= PROBATION && this.#entries * 2 > this.rows.length);
  }

  #setCode(code: number): void {
    if (this.rows.length === this.#codes.length) this.#codes = grow(this.#codes, this.rows.length + 1);
    this.#codes[this.rows.length] = code;
  }

  /** Finds or adds the code of a text by its bytes. */
  #code(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > MAX_ENTRY || this.#hopeless()) {
      this.#spill();
      return this.#append(bytes, start, end, this.rows.length);
    }
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 16_777_619);
    const slots = this.#slots ??= new Int32Array(HASH_SLOTS);
    let slot = (hash ^ (hash >>> 15)) & (HASH_SLOTS - 1);
    for (let entry = slots[slot] as number; entry !== 0; entry = slots[slot] as number) {
      const at = this.#offsets[entry - 1] as number;
      if (
        (this.#offsets[entry] as number) - at === length && sameBytes(this.#bytes, at, bytes, start, length)
      ) {
        return this.#setCode(entry - 1);
      }
      slot = (slot + 1) & (HASH_SLOTS - 1);
    }
    const code = this.#entries++;
    slots[slot] = code + 1;
    this.#append(bytes, start, end, code);
    this.#setCode(code);
  }

  /** Writes a text as entry `index` of the byte strings. */
  #append(bytes: Uint8Array, start: number, end: number, index: number): void {
    const at = this.#room(index, end - start);
    const target = this.#bytes;
    if (end - start > 64) target.set(bytes.subarray(start, end), at);
    else for (let i = start; i < end; i++) target[at + i - start] = bytes[i] as number;
    this.#offsets[index + 1] = at + end - start;
  }

  #appendString(text: string, index: number): void {
    const at = this.#room(index, text.length * 3);
    let to = at;
    const target = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) {
        to += encoder.encodeInto(text.slice(i), target.subarray(to)).written;
        break;
      }
      target[to++] = unit;
    }
    this.#offsets[index + 1] = to;
  }

  /** Makes room for one more entry; answers where its bytes go. */
  #room(index: number, length: number): number {
    if (index + 2 > this.#offsets.length) this.#offsets = grow(this.#offsets, index + 2);
    const at = this.#offsets[index] as number;
    if (at + length > this.#bytes.length) {
      checkColumnBytes(at + length);
      this.#bytes = grow(this.#bytes, at + length);
    }
    return at;
  }

  /** Gives up the dictionary: each row gets its own bytes. */
  #spill(): void {
    const [codes, offsets, bytes] = [this.#codes, this.#offsets, this.#bytes];
    this.#plain = true;
    this.#slots = undefined;
    this.#strings = undefined;
    this.#offsets = new Int32Array(Math.max(65, this.rows.length + 2));
    this.#bytes = new Uint8Array(Math.max(256, bytes.length));
    for (let row = 0; row < this.rows.length; row++) {
      const code = codes[row] as number;
      if (code < 0) this.#append(bytes, 0, 0, row);
      else this.#append(bytes, offsets[code] as number, offsets[code + 1] as number, row);
    }
    this.#codes = new Int32Array(0);
  }

  protected override blank(): void {
    if (this.#plain) this.#append(this.#bytes, 0, 0, this.rows.length);
    else this.#setCode(-1);
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const rows = common.length;
    if (!this.#plain && (this.#entries === 0 || this.#entries * 2 > rows - common.nullCount)) this.#spill();
    const offsets = this.#offsets;
    const plain = this.#plain;
    const entries = plain ? rows : this.#entries;
    const bytes = trimmed(this.#bytes, offsets[entries] as number);
    const codes = this.#codes;
    const [keptOffsets, keptCodes] = [trimmed(offsets, entries + 1), plain ? codes : trimmed(codes, rows)];
    this.#reset(rows, plain, bytes.length);
    if (plain) return { ...common, kind: "bytes", offsets: keptOffsets, bytes };
    // A null's code may be anything in Arrow, but must not lie outside the dictionary
    for (let row = 0; common.nullCount > 0 && row < rows; row++) {
      if (keptCodes[row] === -1) keptCodes[row] = 0;
    }
    return { ...common, kind: "dictionary", codes: keptCodes, dictionary: { offsets: keptOffsets, bytes } };
  }

  /** Starts anew, with room for rows like those before; what proved to be no dictionary is not tried again. */
  #reset(rows: number, wasPlain: boolean, bytes: number): void {
    this.#plain = wasPlain && rows >= PROBATION;
    this.#codes = new Int32Array(this.#plain ? 0 : nextCapacity(rows));
    this.#slots = undefined;
    this.#strings = undefined;
    this.#entries = 0;
    this.#offsets = new Int32Array(this.#plain ? nextCapacity(rows) : 65);
    this.#bytes = new Uint8Array(this.#plain ? nextCapacity(bytes, MAX_ROOM) : 256);
  }
}

/** Byte strings of any content. */
export class BinaryBuilder extends Builder {
  #offsets: Int32Array<ArrayBuffer> = new Int32Array(65);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);

  /** Appends bytes as they are. */
  push(bytes: Uint8Array, start: number, end: number): void {
    const at = this.#room(end - start);
    this.#bytes.set(bytes.subarray(start, end), at);
    this.#offsets[this.rows.length + 1] = at + end - start;
    this.rows.done();
  }

  #room(length: number): number {
    if (this.rows.length + 2 > this.#offsets.length) {
      this.#offsets = grow(this.#offsets, this.rows.length + 2);
    }
    const at = this.#offsets[this.rows.length] as number;
    if (at + length > this.#bytes.length) {
      checkColumnBytes(at + length);
      this.#bytes = grow(this.#bytes, at + length);
    }
    return at;
  }

  /** Reads `\xDEADBEEF`, or the older form with backslashes. */
  override text(bytes: Uint8Array, start: number, end: number): void {
    const value = parseBytea(bytes, start, end);
    this.push(value, 0, value.length);
  }

  override value(value: unknown): void {
    if (value instanceof Uint8Array) return this.push(value, 0, value.length);
    if (value instanceof ArrayBuffer) return this.push(new Uint8Array(value), 0, value.byteLength);
    if (typeof value !== "string") throw new BadValue(`${shown(value)} is not bytes`, "Give a Uint8Array");
    const bytes = encoder.encode(value);
    this.text(bytes, 0, bytes.length);
  }

  protected override blank(): void {
    const at = this.#room(0);
    this.#offsets[this.rows.length + 1] = at;
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const offsets = trimmed(this.#offsets, common.length + 1);
    const bytes = trimmed(this.#bytes, offsets[common.length] as number);
    this.#offsets = new Int32Array(65);
    this.#bytes = new Uint8Array(256);
    return { ...common, kind: "bytes", offsets, bytes };
  }
}

function parseBytea(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes[start] === 92 && bytes[start + 1] === 120) {
    try {
      return Uint8Array.fromHex(new TextDecoder().decode(bytes.subarray(start + 2, end)));
    } catch {
      throw new BadValue(
        "The bytes are not hexadecimal",
        "PostgreSQL writes bytea as \\x followed by hex digits",
      );
    }
  }
  const result: number[] = [];
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 92) {
      result.push(bytes[i] as number);
    } else if (bytes[i + 1] === 92 && i + 1 < end) {
      result.push(92);
      i++;
    } else {
      const octal = String.fromCharCode(...bytes.subarray(i + 1, Math.min(i + 4, end)));
      if (!/^[0-3][0-7]{2}$/.test(octal)) {
        throw new BadValue("The bytes have a backslash that starts no escape");
      }
      result.push(parseInt(octal, 8));
      i += 3;
    }
  }
  return new Uint8Array(result);
}
