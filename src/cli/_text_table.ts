/** The widest that one cell gets before it is cut with an ellipsis. */
const MAX_CELL = 40;

/**
 * Lines up cells in columns, numbers to the right, long cells cut. Control characters become
 * spaces or escapes, so that a value cannot move the terminal's cursor or change its colours.
 */
export function textTable(header: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map(cellText));
  const rightAligned = header.map((_, i) =>
    rows.some((row) => isNumber(row[i])) && rows.every((row) => row[i] === null || isNumber(row[i]))
  );
  const widths = header.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => rightAligned[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))
      .join("  ").trimEnd();
  return [line(header), line(widths.map((width) => "─".repeat(width))), ...cells.map(line), ""].join("\n");
}

/** Whether a value lines up to the right. */
function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

/** One value as one short line of printable text. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text =
    typeof value === "object" && !("toString" in value && value.toString !== Object.prototype.toString)
      ? JSON.stringify(value)
      : String(value);
  // deno-lint-ignore no-control-regex
  const printable = text.replace(/[\t\r\n]+/g, " ").replace(/[\x00-\x1f\x7f-\x9f]/g, "·");
  return printable.length > MAX_CELL ? `${printable.slice(0, MAX_CELL - 1)}…` : printable;
}
