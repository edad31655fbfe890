import { ArgumentError } from "../errors/mod.ts";
import { normalizeName } from "../frame/names.ts";
import type { WriteMode } from "./_platform.ts";

/** A table name as the caller wrote it. */
export function checkTableName(name: unknown, argument = "tableName"): string {
  if (typeof name === "string" && name !== "") return name;
  const what = argument === "newTableName" ? "new table name" : "table name";
  throw new ArgumentError(`Cannot use the ${what}: it must be a text that is not empty`, { argument });
}

/** A table name made one that PostgreSQL takes as it is. */
export function normalTableName(name: unknown, argument = "tableName"): string {
  return normalizeName(checkTableName(name, argument));
}

/** What to do when a table is there already. */
export function checkIfExists<Word extends WriteMode>(
  value: unknown,
  allowed: readonly Word[],
  argument = "ifExists",
): Word {
  const word = allowed.find((item) => item === (value ?? "fail"));
  if (word !== undefined) return word;
  throw new ArgumentError(`Cannot use this ${argument}: it must be one of ${allowed.join(", ")}`, {
    argument,
  });
}

/** A number of attempts. */
export function checkAttempts(value: number | undefined): number {
  return checkWhole(value ?? 3, "retryTimes", 1);
}

/** A whole number that is not less than `least`. */
export function checkWhole(value: unknown, argument: string, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw new ArgumentError(`Cannot use this ${argument}: it must be a whole number, ${least} or more`, {
    argument,
  });
}
