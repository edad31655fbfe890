/** What is wrong with a base URL, in the middle of a sentence; the hint says the way out. */
export interface UrlFault {
  readonly fault: string;
  readonly hint?: string | undefined;
}

/**
 * A base URL without slashes at its ends and otherwise as it was given, or what is wrong with it.
 * The fault shows the address only when no secret can stand in it.
 */
export function checkBaseUrl(text: string, field: string, allowNonSecure: boolean): string | UrlFault {
  const trimmed = text.trim().replace(/^\/+|\/+$/g, "");
  const shown = /[@?#]/.test(trimmed) ? "" : `, got "${trimmed}"`;
  if (!/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) {
    const hint = URL.canParse(`https://${trimmed}`) && shown !== "" && !trimmed.includes("://")
      ? `Write https://${trimmed}`
      : undefined;
    return { fault: `"${field}" must be an address that begins with https://${shown}`, hint };
  }
  const url = new URL(trimmed);
  if (url.username !== "" || url.password !== "") {
    return { fault: `"${field}" must not hold a user name or password before the host` };
  }
  if (trimmed.includes("?") || trimmed.includes("#")) {
    return { fault: `"${field}" must end with its path, without a query string or fragment` };
  }
  if (url.protocol === "http:" && !allowNonSecure && !isLoopback(url)) {
    return {
      fault: `"${field}" must use https: a key sent over http can be read on its way${shown}`,
      hint: "Write https://, or set `allowNonSecure` (`allow_non_secure` in a file) if the network is safe",
    };
  }
  return trimmed;
}

/** Whether an address stays on this machine. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** Hosts of CARTO that are nobody's account. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(["carto.com", "cartodb.com", "carto-staging.com"]);

/**
 * The user name in a base URL: the segment after `/user/` or `/u/`, else the first label of the
 * host without `www.`; nothing where the host has one label only, is a number or is shared.
 */
export function usernameOf(baseUrl: string): string | undefined {
  const { hostname, pathname } = new URL(baseUrl);
  const segment = /\/(?:user|u)\/([^/]+)/.exec(pathname)?.[1];
  if (segment !== undefined) return decodeURIComponentSafely(segment);
  const host = hostname.replace(/^www\./, "");
  if (SHARED_HOSTS.has(host) || host.startsWith("[") || /^[\d.]+$/.test(host)) return undefined;
  const labels = host.split(".");
  return labels.length > 1 ? labels[0] : undefined;
}

/** A stray per cent sign stays as it is. */
function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
