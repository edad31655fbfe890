/** What stands in a text where a secret was: four bullets. */
const MASK = "\u2022\u2022\u2022\u2022";

/**
 * A key as a person may see it: the last four characters, and none of a key so short
 * that four would give it away. `default_public` is no secret and stays readable.
 */
export function maskSecret(secret: string): string {
  if (secret === "default_public") return secret;
  return secret.length >= 12 ? `${MASK} ${secret.slice(-4)}` : MASK;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
};

/**
 * One character in every way in which a URL, a form, JSON text or HTML may write it, also when a
 * text was encoded more than once or only in part. Letters and digits are never written otherwise.
 */
function characterPattern(char: string): string {
  if (/[A-Za-z0-9]/.test(char)) return char;
  const raw = char.replace(/[\\^$.*+?()[\]{}|/\-]/, "\\$&");
  const bytes = [...new TextEncoder().encode(char)].map((byte) => `%(?:25)*${hexPattern(byte, 2)}`).join("");
  const units = char.split("").map((unit) => `\\\\u${hexPattern(unit.charCodeAt(0), 4)}`).join("");
  const code = char.codePointAt(0) ?? 0;
  const entity = `&(?:amp;)*(?:#0*${code}|#[xX]0*${hexPattern(code, 0)}${
    ENTITIES[char] === undefined ? "" : `|${ENTITIES[char]}`
  });`;
  const blank = char === " " ? "|\\+" : "";
  return `(?:\\\\|%(?:25)*5[cC])*(?:${raw}|${bytes}|${units}|${entity}${blank})`;
}

/** A number in hexadecimal digits of either case. */
function hexPattern(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0").replace(
    /[a-f]/g,
    (digit) => `[${digit}${digit.toUpperCase()}]`,
  );
}

/**
 * Replaces every secret in a text by a mask, however it is spelt. `default_public` and the empty
 * text are no secrets.
 */
export function redact(text: string, secrets: Iterable<string>): string {
  const wanted = [...new Set(secrets)].filter((secret) => secret !== "" && secret !== "default_public");
  // The longest first: a short secret may be a part of a longer one
  return wanted.sort((a, b) => b.length - a.length).reduce(
    (result, secret) => result.replace(new RegExp([...secret].map(characterPattern).join(""), "g"), MASK),
    text,
  );
}
