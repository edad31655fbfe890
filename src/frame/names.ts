import { toAscii } from "./_transliterate.ts";

/** PostgreSQL cuts names at this many bytes. */
const MAX_LENGTH = 63;

const RESERVED: ReadonlySet<string> = new Set(
  ("ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC AUTHORIZATION BETWEEN BINARY BOTH CASE CAST CHECK COLLATE COLUMN " +
    "CONSTRAINT CREATE CROSS CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEFAULT DEFERRABLE DESC " +
    "DISTINCT DO ELSE END EXCEPT FALSE FOR FOREIGN FREEZE FROM FULL GRANT GROUP HAVING ILIKE IN INITIALLY INNER INTERSECT " +
    "INTO IS ISNULL JOIN LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP NATURAL NEW NOT NOTNULL NULL OFF OFFSET OLD ON " +
    "ONLY OR ORDER OUTER OVERLAPS PLACING PRIMARY REFERENCES RIGHT SELECT SESSION_USER SIMILAR SOME SYMMETRIC TABLE THEN " +
    "TO TRAILING TRUE UNION UNIQUE USER USING VERBOSE WHEN WHERE XMIN XMAX FORMAT CONTROLLER ACTION").split(
      " ",
    ),
);

/**
 * A name that CARTO takes for a table or column, as CARTOframes makes it: lower case, transliterated to ASCII, anything
 * else as `_`, an `_` before reserved words and digits, at most 63 characters.
 *
 * Latin letters lose their marks; Greek, Cyrillic, kana, Hangul and Han are written by their sound (a capital in the
 * sound tables is lost, so 北京 is `_ei_ing`); other scripts become `_`.
 *
 * @param name Any name; numbers and booleans are taken as their text
 * @returns The name; null for null and undefined
 *
 * @example Names as they come
 * ```ts
 * import { normalizeName } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(normalizeName("São Paulo 2020"), "sao_paulo_2020");
 * assertEquals(normalizeName("2 Items"), "_2_items");
 * assertEquals(normalizeName("SELECT"), "_select");
 * ```
 */
export function normalizeName(name: string | number | bigint | boolean): string;
/** Nothing has no name. */
export function normalizeName(name: null | undefined): null;
/** A name, or nothing. */
export function normalizeName(name: string | number | bigint | boolean | null | undefined): string | null;
export function normalizeName(name: string | number | bigint | boolean | null | undefined): string | null {
  if (name === null || name === undefined) return null;
  const clean = toAscii(String(name).toLowerCase())
    .replaceAll(/<[^>]+>/g, "")
    .replaceAll(/&.+?;/g, "-")
    .replaceAll(/[^a-z0-9 _-]/g, "-")
    .trim()
    .replaceAll(/\s+/g, "-")
    .replaceAll(/-+/g, "_");
  const valid = /^[a-z_][a-z0-9_]*$/.test(clean) && !RESERVED.has(clean.toUpperCase());
  return (valid ? clean : `_${clean}`).slice(0, MAX_LENGTH);
}

/**
 * Names for a list of columns: each as {@linkcode normalizeName} makes it, and a number behind those that would be there
 * twice: `a`, `a_1`, `a_1_2`.
 *
 * @param names Any names
 * @returns As many names, all different
 *
 * @example Names that clash
 * ```ts
 * import { normalizeNames } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(normalizeNames(["a", "A", "é", "e"]), ["a", "a_1", "e", "e_1"]);
 * ```
 */
export function normalizeNames(names: Iterable<string | number | bigint | boolean>): string[] {
  const taken = new Set<string>();
  return Array.from(names, (name) => takeName(normalizeName(name), taken));
}

/** A name not yet taken, by CARTOframes' rule: `_1`, `_2` … behind the candidate, which grows with each. */
export function takeName(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let number = 1; taken.has(candidate); number++) {
    candidate = `${candidate.slice(0, MAX_LENGTH - 4)}_${number}`;
  }
  taken.add(candidate);
  return candidate;
}
