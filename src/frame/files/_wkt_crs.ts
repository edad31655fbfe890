/** One element of the text notation of coordinate systems: `KEYWORD["name", 1, PART[…]]`. */
export interface WktNode {
  /** In upper case. */
  readonly keyword: string;
  readonly values: readonly (string | number | WktNode)[];
}

/** Reads WKT of a coordinate system, version 1 (OGC or Esri) or 2; undefined where it is none. */
export function parseWktCrs(text: string): WktNode | undefined {
  const tokens = text.match(/"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|[-+]?[\d.]+(?:[eE][-+]?\d+)?|[[\](),]/g) ??
    [];
  let at = 0;
  const node = (): WktNode | undefined => {
    const keyword = tokens[at];
    if (keyword === undefined || !/^[A-Za-z_]/.test(keyword)) return undefined;
    at++;
    if (tokens[at] !== "[" && tokens[at] !== "(") return { keyword: keyword.toUpperCase(), values: [] };
    at++;
    const values: (string | number | WktNode)[] = [];
    while (at < tokens.length && tokens[at] !== "]" && tokens[at] !== ")") {
      const token = tokens[at] as string;
      if (token === ",") at++;
      else if (token.startsWith('"')) {
        values.push(token.slice(1, -1).replaceAll('""', '"'));
        at++;
      } else if (/^[-+\d.]/.test(token)) {
        values.push(Number(token));
        at++;
      } else {
        const inner = node();
        if (inner === undefined) return undefined;
        values.push(inner);
      }
    }
    if (at >= tokens.length) return undefined;
    at++;
    return { keyword: keyword.toUpperCase(), values };
  };
  const root = node();
  return root === undefined || root.values.length === 0 ? undefined : root;
}

/** The parts of an element with one of some keywords. */
export function wktChild(node: WktNode, ...keywords: readonly string[]): WktNode | undefined {
  return node.values.find((value): value is WktNode =>
    typeof value === "object" && keywords.includes(value.keyword)
  );
}

/** The name of an element. */
export function wktName(node: WktNode): string {
  const [name] = node.values;
  return typeof name === "string" ? name : "";
}

/** The EPSG number that an element tells of itself. */
export function wktEpsg(node: WktNode): number | undefined {
  const id = wktChild(node, "AUTHORITY", "ID");
  const [authority, code] = id?.values ?? [];
  if (String(authority).toUpperCase() === "OGC" && /^CRS84h?$/i.test(String(code))) return 4326;
  return String(authority).toUpperCase() === "EPSG" ? Number(code) || undefined : undefined;
}

/** The element of the geographic system: the root, or what the projected one stands on. */
export function wktGeographic(root: WktNode): WktNode | undefined {
  const keywords = [
    "GEOGCS",
    "GEOGCRS",
    "BASEGEOGCRS",
    "GEODCRS",
    "BASEGEODCRS",
    "GEOGRAPHICCRS",
    "GEODETICCRS",
  ];
  if (keywords.includes(root.keyword)) return root;
  for (const value of root.values) {
    const found = typeof value === "object" ? wktGeographic(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
