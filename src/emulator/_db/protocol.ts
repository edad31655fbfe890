import type { BackendMessage } from "./engine.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Type and length: the bytes before each payload. */
export const HEADER = 5;

/** The type of a `CopyData` message. */
const COPY_DATA = 0x64;

/**
 * Cuts a stream of bytes into backend messages.
 *
 * Messages that lie whole in a chunk are views of it; only one that spans chunks is put together anew.
 */
export class MessageReader {
  /**
   * Whether `d` messages that follow each other in a chunk are given as one, whose payload is the messages themselves, with
   * their types and lengths: a COPY has one for each row.
   */
  joinsCopyData = false;
  #pieces: Uint8Array[] = [];
  #held = 0;
  #needed = HEADER;

  /** Whether a part of a message is waiting for its rest. */
  get isPartial(): boolean {
    return this.#held > 0;
  }

  /**
   * Takes the next bytes.
   *
   * @param chunk Any piece of the stream; it must not be written to afterwards
   * @returns The messages that are complete now, in order
   */
  push(chunk: Uint8Array): BackendMessage[] {
    const messages: BackendMessage[] = [];
    let at = 0;
    while (this.#held > 0) {
      const taken = Math.min(this.#needed - this.#held, chunk.length - at);
      if (taken > 0) this.#pieces.push(chunk.subarray(at, at + taken));
      this.#held += taken;
      at += taken;
      if (this.#held < this.#needed) return messages;
      const joined = this.#join();
      const total = messageLength(joined, 0);
      if (total > joined.length) {
        this.#pieces = [joined];
        this.#needed = total;
        continue;
      }
      messages.push(this.#messageAt(joined, 0, total));
      this.#forget();
    }
    while (chunk.length - at >= HEADER) {
      let end = at + messageLength(chunk, at);
      if (end > chunk.length) break;
      if (this.joinsCopyData && chunk[at] === COPY_DATA) end = endOfCopyData(chunk, end);
      messages.push(this.#messageAt(chunk, at, end));
      at = end;
    }
    if (at < chunk.length) {
      this.#pieces.push(chunk.subarray(at));
      this.#held = chunk.length - at;
      this.#needed = this.#held >= HEADER ? messageLength(chunk, at) : HEADER;
    }
    return messages;
  }

  #messageAt(bytes: Uint8Array, at: number, end: number): BackendMessage {
    const isJoined = this.joinsCopyData && bytes[at] === COPY_DATA;
    return {
      type: String.fromCharCode(bytes[at] ?? 0),
      payload: bytes.subarray(isJoined ? at : at + HEADER, end),
    };
  }

  #join(): Uint8Array {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const joined = new Uint8Array(this.#held);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  #forget(): void {
    this.#pieces = [];
    this.#held = 0;
    this.#needed = HEADER;
  }
}

/** The bytes of the message that begins at a place, type and length included. */
export function messageLength(bytes: Uint8Array, at: number): number {
  return 1 + readInt32(bytes, at + 1);
}

/** Where the `d` messages end that lie whole in a chunk one after the other. */
function endOfCopyData(chunk: Uint8Array, start: number): number {
  let at = start;
  while (chunk[at] === COPY_DATA && chunk.length - at >= HEADER) {
    const end = at + messageLength(chunk, at);
    if (end > chunk.length) break;
    at = end;
  }
  return at;
}

/** Reads a signed big-endian 32-bit integer. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0);
}

/** Reads a signed big-endian 16-bit integer. */
export function readInt16(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) >> 16) | (bytes[at + 1] ?? 0);
}

function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Puts a type and a length before a payload; for a message of the frontend or of the backend. */
export function encodeMessage(type: string, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER + payload.length);
  message[0] = type.charCodeAt(0);
  writeInt32(message, 1, payload.length + 4);
  message.set(payload, HEADER);
  return message;
}

function text(value: string): Uint8Array {
  return encoder.encode(`${value}\0`);
}

/** `Query`: one text of SQL. */
export function queryMessage(sql: string): Uint8Array {
  return encodeMessage("Q", text(sql));
}

/** `CopyFail`: the data of a COPY end in an error. */
export function copyFailMessage(reason: string): Uint8Array {
  return encodeMessage("f", text(reason));
}

/** `CopyDone`: the data of a COPY are complete. */
export function copyDoneMessage(): Uint8Array {
  return encodeMessage("c", new Uint8Array(0));
}

/** The bytes before the data of one `CopyData` message. */
export function copyDataHeader(length: number): Uint8Array {
  const header = new Uint8Array(HEADER);
  header[0] = 0x64;
  writeInt32(header, 1, length + 4);
  return header;
}

/** `PasswordMessage`, which also carries the answers of SASL. */
export function passwordMessage(payload: Uint8Array): Uint8Array {
  return encodeMessage("p", payload);
}

/** `Terminate`: ends a session. */
export function terminateMessage(): Uint8Array {
  return encodeMessage("X", new Uint8Array(0));
}

/** `StartupMessage`: protocol 3.0 and the session's parameters. */
export function startupMessage(parameters: Record<string, string>): Uint8Array {
  const body = encoder.encode(`${Object.entries(parameters).map(([k, v]) => `${k}\0${v}\0`).join("")}\0`);
  const message = new Uint8Array(8 + body.length);
  writeInt32(message, 0, message.length);
  writeInt32(message, 4, 196608);
  message.set(body, 8);
  return message;
}

/** `CancelRequest`, sent on a connection of its own. */
export function cancelMessage(processId: number, secretKey: number): Uint8Array {
  const message = new Uint8Array(16);
  writeInt32(message, 0, 16);
  writeInt32(message, 4, 80877102);
  writeInt32(message, 8, processId);
  writeInt32(message, 12, secretKey);
  return message;
}

/** The fields of an `E` or `N` message. */
export interface ErrorFields {
  /** `ERROR`, `WARNING`, `NOTICE` …, never translated. */
  severity: string;
  /** The SQLSTATE, such as `42P01`. */
  code: string;
  /** The text. */
  message: string;
  /** More about it. */
  detail?: string | undefined;
  /** What to do about it. */
  hint?: string | undefined;
  /** Where in the SQL, counted in characters from 1. */
  position?: string | undefined;
  /** The call stack or the COPY line. */
  where?: string | undefined;
  /** The table concerned. */
  table?: string | undefined;
  /** The constraint concerned. */
  constraint?: string | undefined;
}

/** Reads the fields of an `E` or `N` message. */
export function parseError(payload: Uint8Array): ErrorFields {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < payload.length && payload[at] !== 0) {
    const end = payload.indexOf(0, at + 1);
    const stop = end < 0 ? payload.length : end;
    fields.set(String.fromCharCode(payload[at] ?? 0), decoder.decode(payload.subarray(at + 1, stop)));
    at = stop + 1;
  }
  return {
    severity: fields.get("V") ?? fields.get("S") ?? "ERROR",
    code: fields.get("C") ?? "XX000",
    message: fields.get("M") ?? "",
    detail: fields.get("D"),
    hint: fields.get("H"),
    position: fields.get("P"),
    where: fields.get("W"),
    table: fields.get("t"),
    constraint: fields.get("n"),
  };
}

/** An `E` message that says what the database did not say itself. */
export function errorMessage(code: string, message: string, hint?: string): BackendMessage {
  const parts = ["SERROR", "VERROR", `C${code}`, `M${message}`, ...(hint === undefined ? [] : [`H${hint}`])];
  return { type: "E", payload: encoder.encode(`${parts.join("\0")}\0\0`) };
}

/** A `Z` message: ready, and no transaction is open. */
export function readyMessage(): BackendMessage {
  return { type: "Z", payload: Uint8Array.of(0x49) };
}

/** A column of a `T` message. */
export interface RowField {
  /** The column's name. */
  name: string;
  /** The table it comes from, 0 for an expression. */
  tableOid: number;
  /** Its number in that table, 0 for an expression. */
  column: number;
  /** The type. */
  typeOid: number;
  /** The type's size in bytes; negative when it varies. */
  typeSize: number;
  /** The type's modifier, such as the precision; -1 without one. */
  typeModifier: number;
}

/** Reads the columns of a `T` message. */
export function parseRowDescription(payload: Uint8Array): RowField[] {
  const fields: RowField[] = [];
  let at = 2;
  for (let left = readInt16(payload, 0); left > 0; left--) {
    const end = payload.indexOf(0, at);
    fields.push({
      name: decoder.decode(payload.subarray(at, end)),
      tableOid: readInt32(payload, end + 1) >>> 0,
      column: readInt16(payload, end + 5),
      typeOid: readInt32(payload, end + 7) >>> 0,
      typeSize: readInt16(payload, end + 11),
      typeModifier: readInt32(payload, end + 13),
    });
    at = end + 19;
  }
  return fields;
}

/** Reads the values of a `D` message as text; `null` for NULL. */
export function parseDataRow(payload: Uint8Array): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let left = readInt16(payload, 0); left > 0; left--) {
    const length = readInt32(payload, at);
    at += 4;
    values.push(length < 0 ? null : decoder.decode(payload.subarray(at, at + length)));
    if (length > 0) at += length;
  }
  return values;
}

/** Reads the tag of a `C` message: `INSERT 0 3` is `{ command: "INSERT", rows: 3 }`. */
export function parseCommandTag(payload: Uint8Array): { command: string; rows: number | undefined } {
  const tag = decoder.decode(payload.subarray(0, Math.max(0, payload.indexOf(0))));
  const match = /^(.*?)(?: (\d+))?(?: (\d+))?$/.exec(tag);
  const rows = match?.[3] ?? match?.[2];
  return { command: match?.[1] ?? tag, rows: rows === undefined ? undefined : Number(rows) };
}
