/** A statement of a text of SQL, and whether its last line ends in a comment that only a new line would end. */
export interface SqlStatement {
  /** The statement, without the semicolon after it. */
  readonly text: string;
  /** Whether what is put after it on the same line would be part of the comment. */
  readonly endsInComment: boolean;
}

/** Everything in which a semicolon ends nothing: quoted text and names, dollar quotes, comments. */
const TOKEN =
  /(?<![\p{L}\p{N}_$])[eE]'(?:[^'\\]|\\[\s\S]|'')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|(?<![\p{L}\p{N}_$])\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$|--[^\n]*|\/\*|;/gu;

/** Cuts a text of SQL into its statements, by the lexical rules of PostgreSQL. */
export function splitStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let start = 0;
  let commentEnd = -1;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(sql); match !== null; match = TOKEN.exec(sql)) {
    const [token] = match;
    if (token === ";") {
      add(match.index);
      start = match.index + 1;
    } else if (token.startsWith("--")) {
      commentEnd = TOKEN.lastIndex;
    } else if (token === "/*") {
      TOKEN.lastIndex = endOfComment(sql, TOKEN.lastIndex);
    } else if (token.startsWith("$")) {
      const end = sql.indexOf(token, TOKEN.lastIndex);
      TOKEN.lastIndex = end < 0 ? sql.length : end + token.length;
    }
  }
  add(sql.length);
  return statements;

  function add(end: number): void {
    const text = sql.slice(start, end).trim();
    if (text !== "") statements.push({ text, endsInComment: commentEnd === end });
  }
}

/** Where a comment ends; comments within it have ends of their own. */
function endOfComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let depth = 1; depth > 0;) {
    const match = marks.exec(sql);
    if (match === null) return sql.length;
    depth += match[0] === "/*" ? 1 : -1;
  }
  return marks.lastIndex;
}
