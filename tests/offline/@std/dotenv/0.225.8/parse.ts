/**
 * Stand-in for `@std/dotenv/parse`: the same reading of a `.env` text as the real package, which differs from
 * `node:util`'s `parseEnv` in escapes, in `$NAME` references and in what it does with a bad name.
 *
 * @module
 */

/** An assignment up to its equals sign; the value is read by hand after it. */
const ASSIGNMENT = /^\s*(?:export\s+)?([^\s=#]+)\s*=[ \t]*/gm;
const NAME = /^[A-Za-z_]\w*$/;
const SINGLE_QUOTED = /'([^']*)'/y;
const DOUBLE_QUOTED = /"((?:[^"\\]|\\[^])*)"/y;
const UNQUOTED = /[^\r\n#]*/y;
/** `${NAME}` and `${NAME:-default}` anywhere, `$NAME` and `$NAME:-default` unless a backslash stands before. */
const REFERENCE = /\$\{(.+?)(?::-(.+))?\}|(?<!\\)\$(\w+)(?::-(.+))?/g;
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "'": "'", "\\": "\\" };
/** The real package loops for ever on a name that refers to itself; a stand-in that hangs helps nobody. */
const MAX_PASSES = 1000;

/** The names and values that a `.env` text sets. */
export function parse(text: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  const unquotedNames: string[] = [];
  ASSIGNMENT.lastIndex = 0;
  for (let found = ASSIGNMENT.exec(text); found; found = ASSIGNMENT.exec(text)) {
    const name = found[1] ?? "";
    const value = readValue(text, ASSIGNMENT.lastIndex);
    const lineEnd = text.slice(value.end).search(/[\r\n]/);
    ASSIGNMENT.lastIndex = lineEnd < 0 ? text.length : value.end + lineEnd;
    if (!NAME.test(name)) {
      console.warn(
        `Ignored the key "${name}" as it is not a valid identifier: The key need to match the pattern /^[a-zA-Z_][a-zA-Z0-9_]*$/.`,
      );
      continue;
    }
    values[name] = value.text;
    if (value.unquoted && value.text !== "") unquotedNames.push(name);
  }
  const asWritten = { ...values };
  for (const name of unquotedNames) values[name] = expand(values[name] ?? "", asWritten);
  return values;
}

function readValue(text: string, start: number): { text: string; end: number; unquoted: boolean } {
  const single = matchAt(SINGLE_QUOTED, text, start);
  if (single) {
    return { text: withoutOuterNewlines(single[1] ?? ""), end: start + single[0].length, unquoted: false };
  }
  const double = matchAt(DOUBLE_QUOTED, text, start);
  if (double) {
    const inner = withoutOuterNewlines(double[1] ?? "");
    const unescaped = inner.replace(/\\([^])/g, (pair, char: string) => ESCAPES[char] ?? pair);
    return { text: unescaped, end: start + double[0].length, unquoted: false };
  }
  const plain = matchAt(UNQUOTED, text, start)?.[0] ?? "";
  return { text: plain.trim(), end: start + plain.length, unquoted: true };
}

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}

/** A quoted value may start and end on a line of its own. */
function withoutOuterNewlines(text: string): string {
  return text.replace(/^\r?\n/, "").replace(/\r?\n$/, "");
}

function expand(value: string, names: Record<string, string>): string {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = value.replace(REFERENCE, (_, braced, bracedDefault, bare, bareDefault) => {
      const name: string = braced ?? bare;
      return String(names[name] ?? Deno.env.get(name) ?? bracedDefault ?? bareDefault);
    });
    if (next === value) return value;
    value = next;
  }
  throw new RangeError("Cannot expand a name that refers to itself");
}
