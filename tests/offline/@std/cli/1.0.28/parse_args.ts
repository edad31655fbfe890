/**
 * Stand-in for `@std/cli/parse-args`: the part that the package uses, with the rules of the real parser.
 * `node:util`'s `parseArgs` cannot serve here: it knows no unknown-flag callback, no numbers and no `--no-` list.
 * Names with dots are not nested.
 *
 * @module
 */

/** What {@linkcode parseArgs} returns: typed for the names it was told, `unknown` for others. */
export type Args<Strings extends string, Booleans extends string, Collected extends string> =
  & { [Name in Exclude<Strings, Collected>]?: string }
  & { [Name in Strings & Collected]: string[] }
  & { [Name in Exclude<Booleans, Collected>]: boolean }
  & { [Name in Exclude<Collected, Strings>]: unknown[] }
  & { [name: string]: unknown }
  & { _: (string | number)[]; "--"?: string[] };

/** How {@linkcode parseArgs} reads its arguments. */
export interface ParseOptions<Strings extends string, Booleans extends string, Collected extends string> {
  /** Keep what follows `--` apart, under that name. */
  "--"?: boolean;
  /** Other names of a flag. */
  alias?: Record<string, string | readonly string[]>;
  /** Flags that take no value; false when absent. */
  boolean?: Booleans | readonly Booleans[];
  /** Flags whose value is never turned into a number. */
  string?: Strings | readonly Strings[];
  /** Flags that may be repeated; always a list. */
  collect?: Collected | readonly Collected[];
  /** Flags that `--no-NAME` sets to false. */
  negatable?: string | readonly string[];
  /** Values of flags that are absent. */
  default?: Record<string, unknown>;
  /** Stop at the first argument that is not a flag. */
  stopEarly?: boolean;
  /** Called for what is not declared; false leaves it out. */
  unknown?: (argument: string, name?: string, value?: unknown) => unknown;
}

type AnyOptions = ParseOptions<string, string, string>;

/** Reads command line arguments into flags and a list of the others. */
export function parseArgs<
  Strings extends string = never,
  Booleans extends string = never,
  Collected extends string = never,
>(
  args: readonly string[],
  options: ParseOptions<Strings, Booleans, Collected> = {},
): Args<Strings, Booleans, Collected> {
  const parser = new Parser(options as AnyOptions);
  const end = args.indexOf("--");
  parser.read(end < 0 ? args : args.slice(0, end));
  return parser.finish(end < 0 ? [] : args.slice(end + 1)) as Args<Strings, Booleans, Collected>;
}

function list(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === "string" ? [names] : names;
}

function isNumeric(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

class Parser {
  readonly #options: AnyOptions;
  readonly #aliases = new Map<string, string[]>();
  readonly #strings: Set<string>;
  readonly #booleans: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  readonly #result: Record<string, unknown> = {};
  readonly #others: (string | number)[] = [];

  constructor(options: AnyOptions) {
    this.#options = options;
    for (const [name, value] of Object.entries(options.alias ?? {})) {
      const group = [name, ...list(value)];
      for (const member of group) this.#aliases.set(member, group.filter((other) => other !== member));
    }
    this.#strings = this.#withAliases(options.string);
    this.#booleans = this.#withAliases(options.boolean);
    this.#collected = this.#withAliases(options.collect);
    this.#negatable = this.#withAliases(options.negatable);
  }

  read(args: readonly string[]): void {
    let rest = args;
    while (rest.length > 0) {
      const [arg = "", next] = rest;
      rest = rest.slice(1);
      // A lone dash or a negative number's dash alone names no flag: `-` is the usual word for standard input.
      if (/^--./.test(arg)) {
        if (this.#long(arg, next)) rest = rest.slice(1);
      } else if (/^-[^-]/.test(arg)) {
        if (this.#short(arg, next)) rest = rest.slice(1);
      } else {
        this.#other(arg);
        if (this.#options.stopEarly) {
          this.#others.push(...rest);
          return;
        }
      }
    }
  }

  finish(afterDashes: readonly string[]): Record<string, unknown> {
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      if (Object.hasOwn(this.#result, name)) continue;
      for (const member of this.#group(name)) this.#result[member] = value;
    }
    for (const name of this.#booleans) {
      if (!Object.hasOwn(this.#result, name)) this.#result[name] = this.#collected.has(name) ? [] : false;
    }
    for (const name of this.#strings) {
      if (!Object.hasOwn(this.#result, name) && this.#collected.has(name)) this.#result[name] = [];
    }
    if (!this.#options["--"]) this.#others.push(...afterDashes);
    return { ...this.#result, _: this.#others, ...(this.#options["--"] ? { "--": [...afterDashes] } : {}) };
  }

  /** True when the next argument was taken as the value. */
  #long(arg: string, next: string | undefined): boolean {
    const equals = arg.indexOf("=", 3);
    if (equals > 0) {
      const name = arg.slice(2, equals).replace(/^no-(?=.)/, "");
      const value = arg.slice(equals + 1);
      this.#set(name, this.#booleans.has(name) ? value !== "false" : value, arg);
      return false;
    }
    const name = arg.slice(2);
    const negated = name.startsWith("no-") ? name.slice(3) : "";
    if (negated !== "" && this.#negatable.has(negated)) {
      this.#set(negated, false, arg, false);
      return false;
    }
    return this.#setFromNext(name, arg, next, next !== undefined && !next.startsWith("-"));
  }

  /** True when the next argument was taken as the value. */
  #short(arg: string, next: string | undefined): boolean {
    for (let at = 1; at < arg.length - 1; at++) {
      const letter = arg.charAt(at);
      const rest = arg.slice(at + 1);
      const value = attachedValue(letter, rest);
      if (value !== undefined) {
        this.#set(letter, value, arg);
        return false;
      }
      this.#set(letter, this.#strings.has(letter) ? "" : true, arg);
    }
    const last = arg.slice(-1);
    return this.#setFromNext(last, arg, next, next !== undefined && !/^--?[^-]/.test(next));
  }

  #setFromNext(name: string, arg: string, next: string | undefined, isValue: boolean): boolean {
    if (next && isValue && !this.#booleans.has(name)) {
      this.#set(name, next, arg);
      return true;
    }
    if (next === "true" || next === "false") {
      this.#set(name, next === "true", arg);
      return true;
    }
    this.#set(name, this.#strings.has(name) ? "" : true, arg);
    return false;
  }

  #set(name: string, value: string | boolean, arg: string, collect = true): void {
    const declared = [this.#booleans, this.#strings, this.#aliases, this.#collected].some((set) =>
      set.has(name)
    );
    if (!declared && this.#options.unknown?.(arg, name, value) === false) return;
    const converted = typeof value === "string" && !this.#strings.has(name) && isNumeric(value)
      ? Number(value)
      : value;
    for (const member of this.#group(name)) {
      const before = this.#result[member];
      const isList = collect && this.#collected.has(name);
      this.#result[member] = isList ? [...(Array.isArray(before) ? before : []), converted] : converted;
    }
  }

  #other(arg: string): void {
    if (this.#options.unknown?.(arg) === false) return;
    this.#others.push(this.#strings.has("_") || !isNumeric(arg) ? arg : Number(arg));
  }

  #group(name: string): readonly string[] {
    return [name, ...(this.#aliases.get(name) ?? [])];
  }

  #withAliases(names: string | readonly string[] | undefined): Set<string> {
    return new Set(list(names).flatMap((name) => this.#group(name)));
  }
}

/** The value written right after a short flag: `-n5`, `-n=5`, `-n/path`. */
function attachedValue(letter: string, rest: string): string | undefined {
  if (rest === "=") return "";
  if (/[A-Za-z]/.test(letter)) {
    const equals = rest.indexOf("=");
    if (equals >= 0 && equals < rest.length - 1) return rest.slice(equals + 1);
    if (/-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) return rest;
  }
  return /^\W/.test(rest) ? rest : undefined;
}
