import { ArgumentError } from "../errors/carto_error.ts";

/** Refuses what is no text, and the empty text. */
export function checkName(name: string, argument: string): void {
  if (typeof name !== "string" || name === "") {
    throw new ArgumentError(`Cannot use an empty ${argument}`, { argument });
  }
}

/** Refuses numbers that count nothing. */
export function checkCount(argument: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw new ArgumentError(`Cannot use ${value} as ${argument}: it is a whole number from 0`, { argument });
}

/** Refuses a word that is none of those known; in any case of letters. */
export function checkWord<Word extends string>(
  argument: string,
  value: string,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word.toLowerCase() === String(value).toLowerCase());
  if (found !== undefined) return found;
  throw new ArgumentError(`Cannot use "${value}" as ${argument}: it is one of ${words.join(", ")}`, {
    argument,
  });
}

/** A name or id as one part of a path. */
export function segment(name: string, argument: string): string {
  checkName(name, argument);
  // These two would be taken out of the path, and another endpoint be asked
  if (name === "." || name === "..") {
    throw new ArgumentError(`Cannot use "${name}" as ${argument}`, { argument });
  }
  return encodeURIComponent(name);
}
