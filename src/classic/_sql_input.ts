import { ArgumentError } from "../errors/carto_error.ts";
import { countStatements, isClosedSql, isSqlQuery, scanSql, trimSql } from "./_sql_scan.ts";
import { type SqlInput, SqlText } from "./sql_text.ts";

/**
 * The text of the SQL a caller gave, without white space at its ends.
 *
 * @throws {ArgumentError} When it is no text or empty
 */
export function sqlInputText(input: SqlInput, argument = "query"): string {
  const text = (input instanceof SqlText ? input.text : input) as unknown;
  if (typeof text !== "string" || text.trim() === "") {
    throw new ArgumentError("Cannot send a query: it is empty or no text", { argument });
  }
  return text.trim();
}

/** As {@link sqlInputText}, for a piece of SQL that is put into a larger one: it must stand on its own. */
export function sqlFragment(input: SqlInput, argument: string): string {
  const text = sqlInputText(input, argument);
  let depth = 0;
  for (const token of scanSql(text)) {
    const piece = text.slice(token.start, token.end);
    if (piece === "(") depth++;
    if (piece === ")") depth--;
    if (depth < 0 || piece === ";" || token.kind === "comment" || !token.closed) {
      throw new ArgumentError(`Cannot use the given ${argument}: it is not one piece of SQL`, {
        argument,
        hint: "Leave out semicolons and comments, and close every quote and parenthesis",
      });
    }
  }
  if (depth !== 0) {
    throw new ArgumentError(`Cannot use the given ${argument}: a parenthesis is not closed`, { argument });
  }
  return text;
}

/**
 * A query in parentheses, to stand after `FROM` or `COPY`. Semicolons and comments at its ends are
 * taken away, for they would end the statement or swallow the parenthesis.
 *
 * @throws {ArgumentError} It is not one whole `SELECT` or `WITH`
 */
export function subquery(input: SqlInput, argument = "query"): string {
  const whole = sqlInputText(input, argument);
  const text = trimSql(whole);
  if (!isSqlQuery(text) || countStatements(text) !== 1 || !isClosedSql(whole)) {
    throw new ArgumentError(`Cannot use the given ${argument}: it is not one whole SELECT`, { argument });
  }
  return `(${text})`;
}
