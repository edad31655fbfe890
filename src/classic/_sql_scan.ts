/** What a piece of SQL text is. White space is skipped, comments are told because they can hide a semicolon. */
export type SqlTokenKind =
  | "word"
  | "identifier"
  | "string"
  | "number"
  | "parameter"
  | "punctuation"
  | "comment";

/** One piece of SQL text, from `start` up to but not including `end`. */
export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly start: number;
  readonly end: number;
  /** Whether the closing mark was found; only quoted text and block comments can lack it. */
  readonly closed: boolean;
}

const SPACE = /[ \t\n\r\f\v]*/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /(?:[0-9]|\.[0-9])[0-9A-Za-z_.]*/y;
const PARAMETER = /\$[0-9]+/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const CONTINUED = /[ \t\f\v]*[\n\r][ \t\n\r\f\v]*(?=')/y;
const LINE_COMMENT = /--[^\n\r]*/y;
/** `b'…'`, `x'…'`, `n'…'` and `u&'…'` are read as plain quotes; only `e'…'` knows a backslash. */
const PREFIXED_QUOTE = /(?:[eEbBxXnN]|[uU]&)(?=')|[uU]&(?=")/y;

/** Where a sticky expression ends when it matches at `at`, otherwise -1. */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** The end of a quoted piece whose opening mark is at `at`, and whether it is closed. */
function quotedEnd(text: string, at: number, backslash: boolean): { end: number; closed: boolean } {
  const quote = text[at];
  for (let i = at + 1; i < text.length; i++) {
    if (backslash && text[i] === "\\") {
      i++;
    } else if (text[i] === quote) {
      if (text[i + 1] !== quote) return { end: i + 1, closed: true };
      i++;
    }
  }
  return { end: text.length, closed: false };
}

/** The end of a block comment that starts at `at`; PostgreSQL nests them. */
function blockCommentEnd(text: string, at: number): { end: number; closed: boolean } {
  let depth = 0;
  for (let i = at; i < text.length - 1; i++) {
    const two = text.slice(i, i + 2);
    if (two === "/*") {
      depth++;
      i++;
    } else if (two === "*/") {
      depth--;
      i++;
      if (depth === 0) return { end: i + 1, closed: true };
    }
  }
  return { end: text.length, closed: false };
}

/** The token that starts at `at`, where no white space stands. */
function tokenAt(text: string, at: number): SqlToken {
  const token = (kind: SqlTokenKind, end: number, closed = true): SqlToken => ({
    kind,
    start: at,
    end,
    closed,
  });
  const two = text.slice(at, at + 2);
  if (two === "--") return token("comment", matchEnd(LINE_COMMENT, text, at));
  if (two === "/*") {
    const { end, closed } = blockCommentEnd(text, at);
    return token("comment", end, closed);
  }
  const prefixed = matchEnd(PREFIXED_QUOTE, text, at);
  const open = prefixed === -1 ? at : prefixed;
  if (text[open] === "'") {
    const backslash = /[eE]/.test(text[at] ?? "");
    let piece = quotedEnd(text, open, backslash);
    // A text goes on in a second pair of quotes on a later line, with the same rule for backslashes.
    for (let next; piece.closed && (next = matchEnd(CONTINUED, text, piece.end)) !== -1;) {
      piece = quotedEnd(text, next, backslash);
    }
    return token("string", piece.end, piece.closed);
  }
  if (text[open] === '"') {
    const { end, closed } = quotedEnd(text, open, false);
    return token("identifier", end, closed);
  }
  const dollar = matchEnd(DOLLAR_QUOTE, text, at);
  if (dollar !== -1) {
    const tag = text.slice(at, dollar);
    const close = text.indexOf(tag, dollar);
    return close === -1 ? token("string", text.length, false) : token("string", close + tag.length);
  }
  const parameter = matchEnd(PARAMETER, text, at);
  if (parameter !== -1) return token("parameter", parameter);
  const word = matchEnd(WORD, text, at);
  if (word !== -1) return token("word", word);
  const number = matchEnd(NUMBER, text, at);
  if (number !== -1) return token("number", number);
  return token("punctuation", at + 1);
}

/** Reads SQL text piece by piece as PostgreSQL does, with `standard_conforming_strings` on. */
export function* scanSql(text: string): Generator<SqlToken> {
  let at = 0;
  while (true) {
    at = matchEnd(SPACE, text, at);
    if (at >= text.length) return;
    const token = tokenAt(text, at);
    yield token;
    at = token.end;
  }
}

/** One statement of a text, without its semicolon and without comments around it. */
export interface SqlStatement {
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts a text into its statements, leaving out empty ones. A semicolon within parentheses
 * (`CREATE RULE … DO (a; b)`) or in the body of a `BEGIN ATOMIC` function ends nothing, as in psql.
 */
function splitSql(text: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let start = -1;
  let end = -1;
  let parentheses = 0;
  let blocks = 0;
  let words: string[] = [];
  const finish = () => {
    if (start !== -1) statements.push({ start, end });
    start = -1;
    words = [];
    parentheses = 0;
    blocks = 0;
  };
  for (const token of scanSql(text)) {
    if (token.kind === "comment") continue;
    const piece = text.slice(token.start, token.end);
    if (piece === ";" && parentheses <= 0 && blocks <= 0) {
      finish();
      continue;
    }
    if (start === -1) start = token.start;
    end = token.end;
    if (piece === "(") parentheses++;
    if (piece === ")") parentheses--;
    if (token.kind !== "word") continue;
    const word = piece.toLowerCase();
    if (words.length < 4) words.push(word);
    if (isRoutine(words)) blocks += blockStep(word, blocks);
  }
  finish();
  return statements;
}

/** Whether a statement that starts with these words makes a function or procedure. */
function isRoutine(words: readonly string[]): boolean {
  const kind = words[1] === "or" && words[2] === "replace" ? words[3] : words[1];
  return words[0] === "create" && (kind === "function" || kind === "procedure");
}

/** How a word of an SQL function body changes the depth of its `BEGIN … END` and `CASE … END` blocks. */
function blockStep(word: string, depth: number): number {
  if (word === "begin" || (word === "case" && depth > 0)) return 1;
  return word === "end" && depth > 0 ? -1 : 0;
}

/** How many statements a text holds. */
export function countStatements(text: string): number {
  return splitSql(text).length;
}

/** The text without white space, comments and semicolons at its ends; what is inside stays as it is. */
export function trimSql(text: string): string {
  const statements = splitSql(text);
  const first = statements[0];
  const last = statements.at(-1);
  return first === undefined || last === undefined ? "" : text.slice(first.start, last.end);
}

/** Whether every quote, comment and dollar quote of the text is closed. */
export function isClosedSql(text: string): boolean {
  for (const token of scanSql(text)) if (!token.closed) return false;
  return true;
}

/** The words of the text in lower case, in order, up to `limit` of them; quoted names and texts are no words. */
export function sqlWords(text: string, limit: number = Infinity): string[] {
  const words: string[] = [];
  for (const token of scanSql(text)) {
    if (words.length >= limit) break;
    if (token.kind === "word") words.push(text.slice(token.start, token.end).toLowerCase());
  }
  return words;
}

/**
 * Whether a text given where a table name is possible too is a query: it starts with `SELECT` or
 * `WITH` and goes on. Comments and opening parentheses before it do not count.
 */
export function isSqlQuery(text: string): boolean {
  let found = false;
  for (const token of scanSql(text)) {
    if (token.kind === "comment") continue;
    if (found) return true;
    const piece = text.slice(token.start, token.end);
    if (piece === "(") continue;
    if (token.kind !== "word" || !/^(?:select|with)$/i.test(piece)) return false;
    found = true;
  }
  return false;
}

/** A statement and the words that stand outside of its parentheses, for telling what it does. */
export function topLevelWords(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  for (const token of scanSql(text)) {
    const piece = text.slice(token.start, token.end);
    if (piece === "(") depth++;
    else if (piece === ")") depth--;
    else if (token.kind === "word" && depth === 0) words.push(piece.toLowerCase());
  }
  return words;
}
