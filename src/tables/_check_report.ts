import { type CartoError, DataError } from "../errors/carto_error.ts";
import type { RenamedColumn } from "../frame/types.ts";
import type {
  CheckUploadCode,
  CheckUploadColumn,
  CheckUploadGeometry,
  CheckUploadProblem,
  CheckUploadReport,
  CheckUploadSize,
  CheckUploadTable,
} from "./check_upload_report.ts";

/** Gathers problems: each is counted, the first of each code are kept. */
export class Problems {
  readonly #limit: number;
  readonly #operation: string;
  readonly #kept: CheckUploadProblem[] = [];
  readonly #counts = new Map<CheckUploadCode, number>();
  #errors = 0;

  /** `limit` is the most of one code that are kept; `operation` the words that errors begin with. */
  constructor(limit: number, operation: string) {
    this.#limit = limit;
    this.#operation = operation;
  }

  /** Whether an error was found. */
  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** How often each code was found. */
  get counts(): Partial<Record<CheckUploadCode, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** The problems kept: errors first, then by rows. */
  get list(): CheckUploadProblem[] {
    const rank = ({ severity }: CheckUploadProblem) => severity === "error" ? 0 : 1;
    return this.#kept.toSorted((a, b) => rank(a) - rank(b) || (a.row ?? 0) - (b.row ?? 0));
  }

  /** Adds a problem; answers whether another of its code would be kept. */
  add(problem: CheckUploadProblem): void {
    const count = (this.#counts.get(problem.code) ?? 0) + 1;
    this.#counts.set(problem.code, count);
    if (problem.severity === "error") this.#errors++;
    if (count <= this.#limit) this.#kept.push(problem);
  }

  /** Adds what an upload refuses. */
  refuse(code: CheckUploadCode, error: CartoError, more: Partial<CheckUploadProblem> = {}): void {
    const place = error instanceof DataError ? error.place : {};
    this.add({
      severity: "error",
      code,
      refused: true,
      ...(place.row === undefined ? {} : { row: place.row }),
      ...(place.line === undefined ? {} : { line: place.line }),
      ...(place.column === undefined ? {} : { column: place.column }),
      message: this.reasonOf(error),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...more,
    });
  }

  /** Adds what should be known. */
  warn(code: CheckUploadCode, message: string, more: Partial<CheckUploadProblem> = {}): void {
    this.add({ severity: "warning", code, refused: false, message, ...more });
  }

  /** What an error says, without its place and what was being done. */
  reasonOf(error: CartoError): string {
    let text = error.message;
    if (error instanceof DataError) {
      const { row: _row, line: _line, column: _column, file: _file, ...within } = error.place;
      const [prefix, kept] = [error.place, within].map((place) => new DataError("", { place }).message);
      if (prefix !== undefined && text.startsWith(`${prefix}: `)) {
        text = `${kept === "" ? "" : `${kept}: `}${text.slice(prefix.length + 2)}`;
      }
    }
    const doing = `Cannot ${this.#operation}: `;
    return text.startsWith(doing) ? text.slice(doing.length) : text;
  }
}

/** What a report holds. */
export type ReportParts = Omit<CheckUploadReport, "ok" | "toString">;

/** A report that a person can read. */
export class CheckReport implements CheckUploadReport {
  readonly ok: boolean;
  readonly tableName: string;
  readonly rows: number;
  readonly complete: boolean;
  readonly columns: readonly CheckUploadColumn[];
  readonly renamed: readonly RenamedColumn[];
  readonly geometry: CheckUploadGeometry | undefined;
  readonly problems: readonly CheckUploadProblem[];
  readonly counts: Readonly<Partial<Record<CheckUploadCode, number>>>;
  readonly table: CheckUploadTable | undefined;
  readonly size: CheckUploadSize;
  readonly notes: readonly string[];

  constructor(parts: ReportParts) {
    this.ok = parts.problems.every(({ severity }) => severity !== "error");
    this.tableName = parts.tableName;
    this.rows = parts.rows;
    this.complete = parts.complete;
    this.columns = parts.columns;
    this.renamed = parts.renamed;
    this.geometry = parts.geometry;
    this.problems = parts.problems;
    this.counts = parts.counts;
    this.table = parts.table;
    this.size = parts.size;
    this.notes = parts.notes;
  }

  toString(): string {
    return [
      this.#head(),
      ...this.#columnLines(),
      ...this.#geometryLines(),
      ...this.#problemLines("error"),
      ...this.#problemLines("warning"),
      ...this.notes.map((note) => `note: ${note}`),
      this.#verdict(),
    ].map(printable).join("\n");
  }

  #head(): string {
    const { rows, complete, size, table } = this;
    const state = table === undefined ? "" : table.exists ? ", which is there already" : ", which is new";
    const left = size.remainingBytes === undefined ? "" : `, room for ${sizeText(size.remainingBytes)}`;
    return `Table "${this.tableName}"${state}: ${counted(rows, "row")}${complete ? "" : " looked at"}, ${
      counted(this.columns.length, "column")
    }, ${sizeText(size.bytes)}${left}`;
  }

  #columnLines(): string[] {
    const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
    const names = widest(this.columns.map(({ name }) => name));
    const types = widest(this.columns.map(({ type }) => type));
    return this.columns.map(({ name, type, from, nulls }) => {
      const more = [
        ...(from === undefined ? [] : [`from "${from}"`]),
        ...(nulls === 0 ? [] : [`${counted(nulls, "null")}`]),
      ].join(", ");
      return `  ${name.padEnd(names)}  ${type.padEnd(types)}  ${more}`.trimEnd();
    });
  }

  #geometryLines(): string[] {
    const { geometry } = this;
    if (geometry === undefined) return [];
    const { types, nulls, empties, srid, bounds } = geometry;
    const kinds = Object.entries(types).map(([type, rows]) => `${number(rows)} ${type}`);
    if (nulls > 0) kinds.push(`${number(nulls)} without`);
    if (empties > 0) kinds.push(`${number(empties)} empty`);
    const box = bounds === undefined
      ? ""
      : `, from ${bounds[0]} ${bounds[1]} to ${bounds[2]} ${bounds[3]} (EPSG:${srid})`;
    return [`Geometry: ${kinds.length === 0 ? "none" : kinds.join(", ")}${box}`];
  }

  #problemLines(severity: CheckUploadProblem["severity"]): string[] {
    const problems = this.problems.filter((problem) => problem.severity === severity);
    if (problems.length === 0) return [];
    const codes = [...new Set(problems.map(({ code }) => code))];
    const listed = (code: CheckUploadCode) => this.problems.filter((problem) => problem.code === code).length;
    const beyond = codes.map((code) => [code, (this.counts[code] ?? 0) - listed(code)] as const)
      .filter(([, more]) => more > 0);
    const all = problems.length + beyond.reduce((sum, [, more]) => sum + more, 0);
    const hints = [...new Set(problems.flatMap(({ hint }) => hint ?? []))];
    return [
      `${counted(all, severity)}:`,
      ...problems.map((problem) => `  ${this.#problemLine(problem)}`),
      ...beyond.map(([code, more]) => `  and ${number(more)} more of ${code}`),
      ...hints.map((hint) => `  → ${hint}`),
    ];
  }

  #problemLine({ row, line, column, message }: CheckUploadProblem): string {
    const place = [
      ...(row === undefined ? [] : [`row ${row}`]),
      ...(line === undefined ? [] : [`line ${line}`]),
      // Of a row's geometry everybody knows where it is
      ...(column === undefined || (row !== undefined && column === this.geometry?.column)
        ? []
        : [`column "${column}"`]),
    ].join(", ");
    if (place === "") return message;
    return `${place}: ${
      /^[A-Z][a-z ]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message
    }`;
  }

  #verdict(): string {
    if (this.ok) return "Nothing stands in the way of the upload";
    return this.problems.some(({ refused }) => refused)
      ? "The upload would be refused"
      : "The upload would go through, with rows that are of no use";
  }
}

/** What a value holds must not move the terminal's cursor, nor begin a line of its own. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, " ");
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function counted(count: number, word: string): string {
  return `${number(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** A size as a person reads it, in steps of a thousand. */
function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}
