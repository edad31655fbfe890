import { assertEquals } from "@std/assert";
import { splitStatements } from "../../../src/emulator/_http/sql_statements.ts";

const texts = (sql: string) => splitStatements(sql).map(({ text }) => text);

Deno.test("semicolons in quotes, names, dollar quotes and comments end no statement", () => {
  assertEquals(texts("SELECT 1; SELECT 2 ;"), ["SELECT 1", "SELECT 2"]);
  assertEquals(texts("SELECT ';', 'it''s;' ; x"), ["SELECT ';', 'it''s;'", "x"]);
  assertEquals(texts("SELECT E'\\';' ; x"), ["SELECT E'\\';'", "x"]);
  assertEquals(texts("SELECT '\\'; x"), ["SELECT '\\'", "x"]);
  assertEquals(texts('SELECT ";""" ; x'), ['SELECT ";"""', "x"]);
  assertEquals(texts("DO $a$ BEGIN; $$;$$ END $a$; x"), ["DO $a$ BEGIN; $$;$$ END $a$", "x"]);
  assertEquals(texts("SELECT 1 /* ; /* ; */ ; */; x"), ["SELECT 1 /* ; /* ; */ ; */", "x"]);
  assertEquals(texts("SELECT 1 -- ;\n; x"), ["SELECT 1 -- ;", "x"]);
  assertEquals(texts("SELECT a$1$b;x$1$"), ["SELECT a$1$b", "x$1$"], "a dollar within a name quotes nothing");
  assertEquals(texts(" ; ;"), []);
});

Deno.test("a statement tells whether it ends in a comment", () => {
  assertEquals(splitStatements("SELECT 1 -- one").map((s) => s.endsInComment), [true]);
  assertEquals(splitStatements("SELECT 1 -- one\n").map((s) => s.endsInComment), [false]);
  assertEquals(splitStatements("SELECT '-- one'").map((s) => s.endsInComment), [false]);
});
