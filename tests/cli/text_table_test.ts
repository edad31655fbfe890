import { assertEquals } from "@std/assert";
import { textTable } from "../../src/cli/_text_table.ts";

Deno.test("textTable: text to the left, numbers to the right, null empty", () => {
  assertEquals(
    textTable(["name", "n"], [["a", 1], ["bcd", 10n], [null, null]]),
    "name   n\n────  ──\na      1\nbcd   10\n\n",
  );
});

Deno.test("textTable: a value cannot move the cursor or break the lines", () => {
  assertEquals(textTable(["x"], [["a\u001b[2Jb\nc"]]).split("\n")[2], "a·[2Jb c");
});

Deno.test("textTable: a long value is cut with an ellipsis", () => {
  assertEquals(textTable(["x"], [["y".repeat(60)]]).split("\n")[2], `${"y".repeat(39)}…`);
});
