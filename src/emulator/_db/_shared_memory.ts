import { exceptionText } from "./_exception_text.ts";

/*
 * The database runs synchronously in its worker: no message reaches it while a statement is under way. Its
 * interrupt flags are plain variables in WebAssembly memory, so a memory shared with the program's main thread is
 * what makes a statement cancellable. The modules declare an unshared memory; only that declaration is rewritten.
 */

/** The most memory the engine asks for, in pages of 64 kB; what tells its memories from others. */
const MAXIMUM_PAGES = 32768;

const IMPORT_SECTION = 2;

/**
 * Rewrites the import of a memory in a WebAssembly module so that a shared one fits.
 *
 * @param module The module's bytes
 * @returns The module with a shared memory import; the same bytes when it imports none
 */
export function shareMemoryImport(module: Uint8Array): Uint8Array {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = module[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value >>> 0;
    }
  };
  const skipName = () => {
    const length = number();
    at += length;
  };
  while (at < module.length) {
    const section = at;
    const id = module[at++];
    const size = number();
    const body = at;
    if (id !== IMPORT_SECTION) {
      at = body + size;
      continue;
    }
    for (let left = number(); left > 0; left--) {
      skipName();
      skipName();
      const kind = module[at++];
      if (kind === 0) {
        number(); // a function: its type
      } else if (kind === 1) {
        at++; // a table: its element type, then its limits
        const hasMaximum = (number() & 1) === 1;
        number();
        if (hasMaximum) number();
      } else if (kind === 3) {
        at += 2; // a global: its type and whether it changes
      } else if (kind === 4) {
        at++; // a tag: an attribute, then its type
        number();
      } else {
        const start = at;
        const hasMaximum = (number() & 1) === 1;
        const minimum = number();
        const maximum = hasMaximum ? number() : MAXIMUM_PAGES;
        const limits = [3, ...encodeNumber(minimum), ...encodeNumber(maximum)];
        const header = [IMPORT_SECTION, ...encodeNumber(size + limits.length - (at - start))];
        return concat([
          module.subarray(0, section),
          Uint8Array.from(header),
          module.subarray(body, start),
          Uint8Array.from(limits),
          module.subarray(at),
        ]);
      }
    }
    return module;
  }
  return module;
}

function encodeNumber(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function bytesOf(source: BufferSource): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength);
}

/** The system call that reads a clock: which one, how precisely, and where to put the nanoseconds. */
export type ClockTimeGet = (clock: number, precision: bigint, pointer: number) => number;

/** The C stack of an engine. */
export interface Stack {
  /** Where it stands. */
  save(): number;
  /** Puts it back. */
  restore(pointer: number): void;
}

/** What the engine asks of its surroundings, with a clock and an end of exceptions of ours. */
function replaced(
  imports: WebAssembly.Imports,
  clock: (original: ClockTimeGet) => ClockTimeGet,
  onThrow: (text: string) => void,
): WebAssembly.Imports {
  const { env, wasi_snapshot_preview1: system } = imports;
  const changed = { ...imports };
  const original = system?.clock_time_get;
  if (system !== undefined && typeof original === "function") {
    changed.wasi_snapshot_preview1 = withOne(system, "clock_time_get", clock(original as ClockTimeGet));
  }
  const thrown = env?.__cxa_throw;
  if (env !== undefined && typeof thrown === "function") {
    changed.env = withOne(env, "__cxa_throw", (exception: number, type: number, destructor: number) => {
      onThrow(exceptionText(env, exception, type));
      thrown(exception, type, destructor);
    });
  }
  return changed;
}

/** Imports with one of them changed; a library finds its own by name only, so they cannot be copied. */
function withOne(
  imports: WebAssembly.ModuleImports,
  name: string,
  value: WebAssembly.ImportValue,
): WebAssembly.ModuleImports {
  return new Proxy(imports, { get: (target, key) => key === name ? value : Reflect.get(target, key) });
}

/**
 * Makes this worker's `WebAssembly` give the engine a shared memory. To be called once, in a worker that
 * does nothing else, before the engine is loaded.
 *
 * @param clock Stands in for the engine's system call `clock_time_get`, and is given the original
 * @param onThrow Told what a library says when it throws an exception. Returns only when it can do nothing: none of the
 *   libraries was built to catch one, and it would take the engine with it
 * @returns The stack of each engine, by its memory
 */
export function useSharedMemory(
  clock: (original: ClockTimeGet) => ClockTimeGet,
  onThrow: (text: string) => void,
): WeakMap<WebAssembly.Memory, Stack> {
  const stacks = new WeakMap<WebAssembly.Memory, Stack>();
  const { Memory, Module, instantiate, compile } = WebAssembly;
  const rewrite = (source: BufferSource) => shareMemoryImport(bytesOf(source)) as Uint8Array<ArrayBuffer>;
  const scope = WebAssembly as unknown as Record<string, unknown>;
  scope.Memory = new Proxy(Memory, {
    construct: (target, [options]: [WebAssembly.MemoryDescriptor]) =>
      new target(options.maximum === MAXIMUM_PAGES ? { ...options, shared: true } : options),
  });
  scope.Module = new Proxy(Module, {
    construct: (target, [source]: [BufferSource]) => new target(rewrite(source)),
  });
  scope.compile = (source: BufferSource) => compile(rewrite(source));
  scope.instantiate = async (source: BufferSource | WebAssembly.Module, imports: WebAssembly.Imports) => {
    const result = source instanceof Module
      ? await instantiate(source, replaced(imports, clock, onThrow))
      : await instantiate(rewrite(source), replaced(imports, clock, onThrow));
    const exports = (result instanceof WebAssembly.Instance ? result : result.instance).exports;
    const memory = imports.env?.memory;
    if (memory instanceof Memory && typeof exports._emscripten_stack_restore === "function") {
      stacks.set(memory, {
        save: exports.emscripten_stack_get_current as Stack["save"],
        restore: exports._emscripten_stack_restore as Stack["restore"],
      });
    }
    return result;
  };
  return stacks;
}
