/** Options of the calls behind the commands, with those of the command line. */
const FLAGS: Readonly<Record<string, string>> = {
  encoding: "--encoding",
  delimiter: "--delimiter",
  decimalComma: "--decimal-comma",
  geometryColumn: "--geometry",
  geomCol: "--geometry",
  srid: "--srid",
  layer: "--layer",
  crs: "--crs",
  ifExists: "--if-exists",
  cartodbfy: "--cartodbfy",
  skipQuotaWarning: "--skip-quota-warning",
  strategy: "--strategy",
  pageRows: "--page-rows",
};

/** Options with a capital in them, which no sentence holds by chance. */
const NAMES = new RegExp(
  `\\b(?:${Object.keys(FLAGS).filter((name) => /[A-Z]/.test(name)).join("|")})\\b`,
  "g",
);

/** A hint for programs as one for the command line: `{ encoding: "latin1" }` becomes `--encoding latin1`. */
export function inFlags(hint: string): string {
  return hint
    .replaceAll(/\{ (\w+): (?:"([^"]*)"|(\w+|…)) \}/g, (given, option, text, word) => {
      const flag = FLAGS[option];
      if (flag === undefined) return given;
      const value = text ?? word;
      if (value === "true") return flag;
      if (value === "false") return flag.replace("--", "--no-");
      return `${flag} ${/[^\w.:-]/.test(value) ? JSON.stringify(value) : value}`;
    })
    .replaceAll(/\{ transport: \{ timeout: (\d+) \} \}/g, (_, ms) => `--timeout ${Math.ceil(ms / 1000)}`)
    .replaceAll(NAMES, (name) => FLAGS[name] ?? name);
}
