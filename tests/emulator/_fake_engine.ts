import type { BackendMessage, Engine, RunOptions } from "../../src/emulator/_db/engine.ts";
import { errorMessage, readyMessage } from "../../src/emulator/_db/protocol.ts";
import type { Key } from "../../src/emulator/_handler.ts";

const encoder = new TextEncoder();

/** An engine that answers every SQL with the messages that a function gives. */
export function fakeEngine(answer: (sql: string, options: RunOptions) => BackendMessage[]): Engine {
  return {
    kind: "embedded",
    superuser: "postgres",
    async run(sql, options) {
      for (const message of answer(sql, options)) await options.onMessage(message);
      await options.onMessage(readyMessage());
    },
    close: () => Promise.resolve(),
  };
}

/** A key for tests. */
export const KEY: Key = {
  name: "Master",
  token: "secret",
  type: "master",
  role: "owner",
  apis: ["sql"],
  statementTimeout: 0,
};

/** A `T` message: names with their types' oids. */
export function columns(fields: Record<string, number>): BackendMessage {
  return columnList(Object.entries(fields));
}

/** A `T` message whose names may repeat. */
export function columnList(fields: readonly (readonly [string, number])[]): BackendMessage {
  const bytes = [...int16(fields.length)];
  for (const [name, oid] of fields) {
    bytes.push(
      ...encoder.encode(name),
      0,
      ...int32(0),
      ...int16(0),
      ...int32(oid),
      ...int16(-1),
      ...int32(-1),
      ...int16(0),
    );
  }
  return { type: "T", payload: Uint8Array.from(bytes) };
}

/** A `D` message. */
export function row(...values: (string | null)[]): BackendMessage {
  const bytes = [...int16(values.length)];
  for (const value of values) {
    const data = value === null ? [] : [...encoder.encode(value)];
    bytes.push(...int32(value === null ? -1 : data.length), ...data);
  }
  return { type: "D", payload: Uint8Array.from(bytes) };
}

/** A `C` message. */
export function complete(tag: string): BackendMessage {
  return { type: "C", payload: encoder.encode(`${tag}\0`) };
}

/** An `E` message. */
export function failure(message: string, code = "22012"): BackendMessage {
  return errorMessage(code, message);
}

function int16(value: number): number[] {
  return [value >> 8 & 0xff, value & 0xff];
}

function int32(value: number): number[] {
  return [...int16(value >> 16), ...int16(value & 0xffff)];
}
