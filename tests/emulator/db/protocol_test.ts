import { assert, assertEquals } from "@std/assert";
import {
  cancelMessage,
  copyDataHeader,
  copyDoneMessage,
  copyFailMessage,
  encodeMessage,
  errorMessage,
  MessageReader,
  parseCommandTag,
  parseDataRow,
  parseError,
  parseRowDescription,
  queryMessage,
  startupMessage,
} from "../../../src/emulator/_db/protocol.ts";

const encoder = new TextEncoder();

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const stream = join(
  encodeMessage("T", encoder.encode("first")),
  encodeMessage("Z", new Uint8Array(0)),
  encodeMessage("D", new Uint8Array(300).fill(7)),
  encodeMessage("C", encoder.encode("SELECT 1\0")),
);

Deno.test("MessageReader: the same messages wherever the stream is cut", () => {
  for (let size = 1; size <= stream.length; size++) {
    const reader = new MessageReader();
    const messages = [];
    for (let at = 0; at < stream.length; at += size) {
      messages.push(...reader.push(stream.slice(at, at + size)));
    }
    assertEquals(messages.map(({ type }) => type).join(""), "TZDC", `pieces of ${size} bytes`);
    assertEquals(new TextDecoder().decode(messages[0]?.payload), "first");
    assertEquals(messages[1]?.payload.length, 0);
    assertEquals(messages[2]?.payload, new Uint8Array(300).fill(7));
    assert(!reader.isPartial);
  }
});

Deno.test("MessageReader: a message that lies whole in a chunk is a view of it", () => {
  const [message] = new MessageReader().push(stream);
  assert(message?.payload.buffer === stream.buffer);
});

Deno.test("MessageReader: CopyData messages come joined, with their heads, wherever the stream is cut", () => {
  const rows = Array.from({ length: 20 }, (_, i) => encodeMessage("d", new Uint8Array(i * 3).fill(i)));
  const copy = join(
    encodeMessage("H", new Uint8Array(3)),
    ...rows.slice(0, 12),
    encodeMessage("N", encoder.encode("in between")),
    ...rows.slice(12),
    encodeMessage("c", new Uint8Array(0)),
  );
  for (let size = 1; size <= copy.length; size++) {
    const reader = new MessageReader();
    reader.joinsCopyData = true;
    const messages = [];
    for (let at = 0; at < copy.length; at += size) messages.push(...reader.push(copy.slice(at, at + size)));
    assertEquals(messages.map(({ type }) => type).join("").replace(/d+/g, "d"), "HdNdc");
    const data = messages.filter(({ type }) => type === "d").map(({ payload }) => payload);
    assertEquals(join(...data), join(...rows), `pieces of ${size} bytes`);
    assert(!reader.isPartial);
  }
  const reader = new MessageReader();
  reader.joinsCopyData = true;
  assertEquals(reader.push(copy).length, 5);
});

Deno.test("MessageReader: tells that a message is cut off", () => {
  const reader = new MessageReader();
  assertEquals(reader.push(stream.slice(0, 7)), []);
  assert(reader.isPartial);
});

Deno.test("messages of the frontend: the bytes that the protocol documents", () => {
  assertEquals(queryMessage("é").toHex(), "5100000007c3a900");
  assertEquals(copyDataHeader(3).toHex(), "6400000007");
  assertEquals(copyDoneMessage().toHex(), "6300000004");
  assertEquals(copyFailMessage("no").toHex(), "66000000076e6f00");
  assertEquals(cancelMessage(1, -2).toHex(), "0000001004d2162e00000001fffffffe");
  assertEquals(startupMessage({ user: "a" }).toHex(), "000000100003000075736572006100" + "00");
});

Deno.test("parseError: reads back what errorMessage writes", () => {
  const { type, payload } = errorMessage("57014", "canceling statement", "Try again");
  assertEquals(type, "E");
  const { severity, code, message, hint, detail } = parseError(payload);
  assertEquals([severity, code, message, hint, detail], [
    "ERROR",
    "57014",
    "canceling statement",
    "Try again",
    undefined,
  ]);
});

Deno.test("parseError: the untranslated severity wins, and unknown fields are passed over", () => {
  const fields = parseError(encoder.encode("SFEHLER\0VERROR\0C42P01\0Mrelation\0P15\0Rscan\0\0"));
  assertEquals([fields.severity, fields.code, fields.message, fields.position], [
    "ERROR",
    "42P01",
    "relation",
    "15",
  ]);
});

Deno.test("parseRowDescription and parseDataRow: columns, values, NULL and the empty text", () => {
  const column = Uint8Array.fromHex(
    "0001" + "69640000004001" + "0002" + "00000017" + "0004" + "ffffffff" + "0000",
  );
  assertEquals(parseRowDescription(column), [
    { name: "id", tableOid: 0x4001, column: 2, typeOid: 23, typeSize: 4, typeModifier: -1 },
  ]);
  const row = Uint8Array.fromHex("0003" + "00000002" + "3432" + "ffffffff" + "00000000");
  assertEquals(parseDataRow(row), ["42", null, ""]);
});

Deno.test("parseCommandTag: the rows of each kind of command", () => {
  const parse = (tag: string) => parseCommandTag(encoder.encode(`${tag}\0`));
  assertEquals(parse("INSERT 0 3"), { command: "INSERT", rows: 3 });
  assertEquals(parse("COPY 100000"), { command: "COPY", rows: 100000 });
  assertEquals(parse("CREATE TABLE"), { command: "CREATE TABLE", rows: undefined });
  assertEquals(parse("SELECT 0"), { command: "SELECT", rows: 0 });
});
