/** One thing that Deno can refuse: a file, a host with its port, an environment variable, a program. */
export type Access =
  | { readonly kind: "read" | "write"; readonly path: string }
  | { readonly kind: "net"; readonly host: string }
  | { readonly kind: "env"; readonly variable: string }
  | { readonly kind: "run"; readonly program: string };

/** Access to the host of a URL, with its port: a flag without one allows more than is needed. */
export function netAccess(url: URL): Access {
  const port = url.port === "" ? { "http:": "80", "https:": "443" }[url.protocol] : url.port;
  return { kind: "net", host: port === undefined ? url.hostname : `${url.hostname}:${port}` };
}

/** The path in a file URL, as the system writes it. */
export function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}

/** What is accessed, as a person says it: `read access to "creds.json"`. */
export function describeAccess(access: Access): string {
  switch (access.kind) {
    case "read":
    case "write":
      return `${access.kind} access to "${access.path}"`;
    case "net":
      return `network access to "${access.host}"`;
    case "env":
      return `access to the environment variable "${access.variable}"`;
    case "run":
      return `running "${access.program}"`;
  }
}

/** What follows the sign of equality in the flag. */
function target(access: Access): string {
  if (access.kind === "net") return access.host;
  if (access.kind === "run") return access.program;
  return access.kind === "env" ? access.variable : access.path;
}

/**
 * The narrowest flags that allow all of these, one flag per kind: `--allow-read=.env,creds.json`.
 * A value that a shell would take apart is quoted.
 */
export function flagsFor(accesses: Iterable<Access>): string[] {
  const targets = new Map<Access["kind"], Set<string>>();
  for (const access of accesses) {
    const found = targets.get(access.kind);
    if (found === undefined) targets.set(access.kind, new Set([target(access)]));
    else found.add(target(access));
  }
  return [...targets].map(([kind, names]) => {
    // Deno has no way to write a comma inside a value: such a path needs the wide flag.
    const list = [...names];
    if (list.some((name) => name.includes(","))) return `--allow-${kind}`;
    const flag = `--allow-${kind}=${list.join(",")}`;
    return /^[\w\-=.,:/@\\[\]~+]*$/.test(flag) ? flag : `"${flag.replace(/["$`\\]/g, "\\$&")}"`;
  });
}
