import { DataError } from "../../errors/carto_error.ts";
import type { ByteSource } from "./_byte_source.ts";
import { placeOf } from "./_byte_source.ts";
import { ByteReader } from "./_byte_reader.ts";

/** One message of Arrow's IPC format. */
export interface ArrowMessage {
  readonly kind: "schema" | "dictionary" | "batch" | "other";
  /** All of it: length, metadata, body. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of a dictionary: which one, and whether it adds to what came before. */
  readonly id: bigint;
  readonly isDelta: boolean;
}

const KINDS = ["other", "schema", "dictionary", "batch"] as const;

/** Where a field of a flatbuffer's table stands; 0 where it is left out. */
function fieldAt(view: DataView, table: number, index: number): number {
  const vtable = table - view.getInt32(table, true);
  const slot = 4 + 2 * index;
  if (slot >= view.getUint16(vtable, true)) return 0;
  const offset = view.getUint16(vtable + slot, true);
  return offset === 0 ? 0 : table + offset;
}

/** The messages of an Arrow file or stream, one by one. */
export async function* arrowMessages(source: ByteSource): AsyncGenerator<ArrowMessage, undefined> {
  const reader = new ByteReader(source);
  const cut = () =>
    new DataError("The Arrow file is cut off", {
      place: { ...placeOf(source), byte: reader.position },
      hint: "Get it again",
    });
  const head = await source.head(6);
  if (new TextDecoder("latin1").decode(head) === "ARROW1") await reader.take(8);
  while (true) {
    const prefix = await reader.take(8);
    if (prefix === undefined) {
      if (reader.ended) return;
      throw cut();
    }
    const marks = new DataView(prefix.buffer, prefix.byteOffset, 8);
    const size = marks.getInt32(4, true);
    // The end is a length of 0; an old file goes on with its footer
    if (marks.getUint32(0, true) !== 0xffff_ffff || size === 0) return;
    const metadata = await reader.take(size);
    if (metadata === undefined) throw cut();
    const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength);
    const message = view.getUint32(0, true);
    const bodyLengthAt = fieldAt(view, message, 3);
    const bodyLength = bodyLengthAt === 0 ? 0 : Number(view.getBigInt64(bodyLengthAt, true));
    const kindAt = fieldAt(view, message, 1);
    const kind = KINDS[kindAt === 0 ? 0 : view.getUint8(kindAt)] ?? "other";
    let id = 0n;
    let isDelta = false;
    if (kind === "dictionary") {
      const headerAt = fieldAt(view, message, 2);
      const header = headerAt + view.getUint32(headerAt, true);
      const idAt = fieldAt(view, header, 0);
      const deltaAt = fieldAt(view, header, 2);
      if (idAt !== 0) id = view.getBigInt64(idAt, true);
      isDelta = deltaAt !== 0 && view.getUint8(deltaAt) !== 0;
    }
    const body = await reader.take(bodyLength);
    if (body === undefined) throw cut();
    const bytes = new Uint8Array(8 + size + bodyLength);
    bytes.set(prefix);
    bytes.set(metadata, 8);
    bytes.set(body, 8 + size);
    yield { kind, bytes, id, isDelta };
  }
}
