/** What stands in a text where a secret was. */
export const MASK = "••••";

/**
 * A key as a person may see it: the last four characters, and none of a key so short
 * that four would give it away. `default_public` is no secret and stays readable.
 */
export function maskSecret(secret: string): string {
  if (secret === "default_public") return secret;
  return secret.length >= 12 ? `${MASK} ${secret.slice(-4)}` : MASK;
}

/** Every spelling in which a secret can turn up in a URL, a form, JSON text or a header. */
function spellings(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    encoded,
    encoded.toLowerCase(),
    // encodeURIComponent leaves these five alone; form encoding and stricter clients do not
    encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    new URLSearchParams([["", secret]]).toString().slice(1),
    encodeURI(secret),
    json,
    json.replaceAll("/", "\\/"),
    encodeURIComponent(json),
  ];
}

/**
 * Replaces every secret in a text by a mask, however it is spelt. `default_public` and the
 * empty text are no secrets.
 */
export function redact(text: string, secrets: Iterable<string>): string {
  const wanted = new Set<string>();
  for (const secret of secrets) {
    if (secret === "" || secret === "default_public") continue;
    for (const spelling of spellings(secret)) wanted.add(spelling);
  }
  let result = text;
  // The longest first: a short spelling may be a part of a longer one.
  for (const spelling of [...wanted].sort((a, b) => b.length - a.length)) {
    result = result.replaceAll(spelling, MASK);
  }
  return result;
}
