import { type CartoError, DataError } from "../errors/mod.ts";
import type { CheckUploadCode, CheckUploadProblem } from "./check_upload.ts";

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
