import { DataError } from "../../errors/carto_error.ts";
import { grow } from "../_bytes.ts";

/** A stretch of JSON text, lent until the call returns. */
export interface JsonPiece {
  readonly bytes: Uint8Array;
  /** The line on which it starts, from 1. */
  readonly line: number;
  /** The byte at which it starts, from 0. */
  readonly byte: number;
}

/** What a scanner hands on. */
export interface ScannerTarget {
  /** A list of features begins; what stood before it in its object, closed, as JSON. */
  listStart(head: JsonPiece): void;
  /** One member of a list of features, or a whole value that holds no such list. */
  item(piece: JsonPiece, inList: boolean): void;
  /** The object around a list of features has ended; all of it but the list, as JSON. */
  listEnd(object: JsonPiece): void;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const LF = 10;
const RECORD = 0x1e;

/** Between values. */
const BETWEEN = 0;
/** In a value at the top, outside its list of features. */
const TOP = 1;
/** In a list of features, between its members. */
const LIST = 2;
/** In a member of the list. */
const ITEM = 3;

const NAME = new TextEncoder().encode('"features"');

/**
 * Cuts GeoJSON into its features as the bytes come, without reading them: braces and quotes are counted. It takes a
 * FeatureCollection, a list of features, and features one after the other (a line each, or as RFC 8142 has them).
 */
export class FeatureScanner {
  readonly #target: ScannerTarget;
  readonly #file: string | undefined;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  #length = 0;
  #at = 0;
  /** What came before the buffer. */
  #before = 0;
  #state = BETWEEN;
  #depth = 0;
  #inString = false;
  #line = 1;
  /** Where the piece starts that is being cut. */
  #start = 0;
  #startLine = 1;
  /** The parts of the object around a list of features. */
  #around: Uint8Array[] = [];
  #aroundLine = 1;
  #aroundByte = 0;
  /** Whether the list stands alone, without an object around it. */
  #bare = false;
  #listed = false;

  constructor(target: ScannerTarget, file: string | undefined) {
    this.#target = target;
    this.#file = file;
  }

  /** Takes the next bytes; they are copied. */
  push(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#buffer.length) {
      this.#buffer = grow(this.#buffer, this.#length + chunk.length);
    }
    this.#buffer.set(chunk, this.#length);
    this.#length += chunk.length;
    this.#scan();
    this.#compact();
  }

  /** Says that no more bytes will come. */
  finish(): void {
    if (this.#state === BETWEEN) return;
    const ended = this.#state === ITEM || this.#state === TOP ? this.#startLine : this.#line;
    throw new DataError("Cannot read the GeoJSON: the file ends in the middle of it", {
      place: this.#place(ended),
      hint: "It may have been cut off: get it again",
    });
  }

  #place(line: number): { file?: string; line: number } {
    return { ...(this.#file === undefined ? {} : { file: this.#file }), line };
  }

  /** Forgets what has been handed on. */
  #compact(): void {
    const keep = this.#state === ITEM || this.#state === TOP ? this.#start : Math.min(this.#at, this.#length);
    if (keep === 0) return;
    this.#buffer.copyWithin(0, keep, this.#length);
    this.#length -= keep;
    this.#at -= keep;
    this.#start -= keep;
    this.#before += keep;
  }

  #scan(): void {
    while (this.#at < this.#length) {
      if (this.#state === TOP || this.#state === ITEM) this.#inside();
      else this.#outside();
    }
  }

  /** Looks for the next value, or the end of the list. */
  #outside(): void {
    const byte = this.#buffer[this.#at] as number;
    if (byte === LF) this.#line++;
    if (byte === LF || byte === 32 || byte === 9 || byte === 13 || byte === RECORD) return void this.#at++;
    const inList = this.#state === LIST;
    if (inList && byte === COMMA) return void this.#at++;
    if (inList && byte === CLOSE_LIST) return this.#endList();
    if (byte === OPEN || (byte === OPEN_LIST && inList)) {
      this.#start = this.#at;
      this.#startLine = this.#line;
      this.#depth = 0;
      this.#state = inList ? ITEM : TOP;
      return;
    }
    if (byte === OPEN_LIST) {
      this.#bare = true;
      this.#state = LIST;
      this.#at++;
      return;
    }
    // The mark at the very beginning
    if (this.#before + this.#at < 3 && [0xef, 0xbb, 0xbf].includes(byte)) return void this.#at++;
    throw new DataError(
      `Cannot read the GeoJSON: ${
        JSON.stringify(String.fromCharCode(byte))
      } stands where a feature is expected`,
      { place: { ...this.#place(this.#line), byte: this.#before + this.#at } },
    );
  }

  #endList(): void {
    this.#at++;
    if (this.#bare) {
      this.#bare = false;
      this.#state = BETWEEN;
      return;
    }
    // The object goes on behind its list; the bracket belongs to it
    this.#start = this.#at - 1;
    this.#startLine = this.#aroundLine;
    this.#depth = 1;
    this.#listed = true;
    this.#state = TOP;
  }

  /** Looks for the end of a value. */
  #inside(): void {
    const buffer = this.#buffer;
    const length = this.#length;
    const top = this.#state === TOP;
    let at = this.#at;
    let depth = this.#depth;
    let line = this.#line;
    while (at < length) {
      if (this.#inString) {
        while (at < length) {
          const byte = buffer[at] as number;
          at++;
          if (byte === BACKSLASH) at++;
          else if (byte === QUOTE) {
            this.#inString = false;
            break;
          }
        }
        continue;
      }
      const byte = buffer[at] as number;
      at++;
      if (byte === QUOTE) this.#inString = true;
      else if (byte === LF) line++;
      else if (byte === OPEN || byte === OPEN_LIST) {
        if (top && depth === 1 && byte === OPEN_LIST && this.#isFeatures(at - 1)) {
          this.#at = at;
          this.#line = line;
          return this.#startList();
        }
        depth++;
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        depth--;
        if (depth === 0) {
          this.#at = at;
          this.#line = line;
          this.#depth = 0;
          return this.#endValue();
        }
      }
    }
    this.#at = at;
    this.#depth = depth;
    this.#line = line;
  }

  /** Whether `"features":` stands before a bracket. */
  #isFeatures(bracket: number): boolean {
    const isBlank = (byte: number | undefined) => byte === 32 || byte === 9 || byte === 10 || byte === 13;
    let at = bracket - 1;
    while (isBlank(this.#buffer[at])) at--;
    if (this.#buffer[at--] !== 0x3a) return false;
    while (isBlank(this.#buffer[at])) at--;
    for (let i = NAME.length - 1; i >= 0; i--, at--) if (this.#buffer[at] !== NAME[i]) return false;
    return !this.#listed;
  }

  #startList(): void {
    const head = this.#buffer.slice(this.#start, this.#at);
    this.#around = [head];
    this.#aroundLine = this.#startLine;
    this.#aroundByte = this.#before + this.#start;
    this.#state = LIST;
    this.#target.listStart({
      bytes: join([head, new Uint8Array([CLOSE_LIST, CLOSE])]),
      line: this.#aroundLine,
      byte: this.#aroundByte,
    });
  }

  #endValue(): void {
    const bytes = this.#buffer.subarray(this.#start, this.#at);
    const piece = { bytes, line: this.#startLine, byte: this.#before + this.#start };
    const item = this.#state === ITEM;
    this.#state = item ? LIST : BETWEEN;
    if (item || !this.#listed) return this.#target.item(piece, item);
    this.#listed = false;
    const object = join([...this.#around, bytes]);
    this.#around = [];
    this.#target.listEnd({ bytes: object, line: this.#aroundLine, byte: this.#aroundByte });
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
