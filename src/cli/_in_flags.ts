/** Options of the calls behind the commands, with those of the command line. */
const FLAGS: Readonly<Record<string, string>> = {
  encoding: "--encoding",
  delimiter: "--delimiter",
  decimalComma: "--decimal-comma",
  geometryColumn: "--geometry",
  geomCol: "--geometry",
  srid: "--srid",
  layer: "--layer",
  ifExists: "--if-exists",
};

/** A hint for programs as one for the command line: `{ encoding: "latin1" }` becomes `--encoding latin1`. */
export function inFlags(hint: string): string {
  return hint.replaceAll(/\{ (\w+): (?:"([^"]*)"|(\w+|…)) \}/g, (given, option, text, word) => {
    const flag = FLAGS[option];
    if (flag === undefined) return given;
    const value = text ?? word;
    if (value === "true") return flag;
    return `${flag} ${/[^\w.:-]/.test(value) ? JSON.stringify(value) : value}`;
  });
}
