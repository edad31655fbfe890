/**
 * Reads the identifiers of the edge cases out of the specification's tables, with their marks:
 * `=` to reproduce, `≠` to do better, `~` free to choose. As a program it writes them to
 * `tests/fixtures/edge_cases.json`, so that the tests need no copy of the text:
 *
 *     deno run --allow-read=FILE --allow-write=tests/fixtures/edge_cases.json tests/_tools/edge_cases.ts FILE
 */

/** What to do about a case. */
export type Mark = "=" | "≠" | "~";

/** The marks by identifier, in the order of the text. */
export function readEdgeCases(markdown: string): Record<string, Mark> {
  const marks: Record<string, Mark> = {};
  for (const line of markdown.split(/\r?\n/)) {
    const id = /^\| ([A-Z]+-\d+) \|/.exec(line)?.[1];
    if (id === undefined) continue;
    // A vertical bar inside a cell is escaped.
    const keep = line.trimEnd().split(/(?<!\\)\|/).at(-2)?.trim().charAt(0);
    if (keep !== "=" && keep !== "≠" && keep !== "~") {
      throw new Error(`Cannot read the mark of ${id}: ${line}`);
    }
    if (id in marks) throw new Error(`Cannot read the table: ${id} stands there twice`);
    marks[id] = keep;
  }
  return marks;
}

if (import.meta.main) {
  const [file] = Deno.args;
  if (file === undefined) throw new Error("Cannot start: name the file of the specification");
  const marks = readEdgeCases(await Deno.readTextFile(file));
  const target = new URL("../fixtures/edge_cases.json", import.meta.url);
  await Deno.writeTextFile(target, JSON.stringify(marks, null, 2) + "\n");
}
