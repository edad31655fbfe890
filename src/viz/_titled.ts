import { ArgumentError } from "../errors/carto_error.ts";

/** The texts of a legend or widget. */
export interface TitledOptions {
  /** What stands above; plain text. Default: what the element is about. An empty text hides it. */
  title?: string | undefined;
  /** What stands below the title; plain text. */
  description?: string | undefined;
  /** What stands at the foot. It may be HTML, of which links stay links and the rest becomes text. */
  footer?: string | undefined;
}

/** What the texts have become. */
export interface Titled {
  /** Undefined for what the element is about. */
  readonly title: string | undefined;
  /** Empty for none. */
  readonly description: string;
  /** Empty for none. */
  readonly footer: string;
}

/** The texts, checked. */
export function checkTitled(options: TitledOptions): Titled {
  return {
    title: checkText(options.title, "title"),
    description: checkText(options.description, "description") ?? "",
    footer: checkText(options.footer, "footer") ?? "",
  };
}

/** A text, or undefined where there is none. */
export function checkText(value: unknown, argument: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new ArgumentError(`Cannot use this ${argument}: it must be a text`, { argument });
}

/** A format of d3, such as `.2f` or `,`. */
export function checkFormat(format: unknown): string | undefined {
  const text = checkText(format, "format");
  if (text === undefined || FORMAT.test(text)) return text;
  throw new ArgumentError(`Cannot use format ${JSON.stringify(text)}: it is no specifier of d3-format`, {
    argument: "format",
    hint: 'Such as ".2f" for two decimals, ",d" for whole numbers with separators, ".0%" for percent',
  });
}

/** [[fill]align][sign][symbol][0][width][,][.precision][~][type] */
const FORMAT = /^(?:.?[<>=^])?[-+( ]?[$#]?0?\d*,?(?:\.\d+)?~?[bcdeEfgGoprsxX%n]?$/u;
