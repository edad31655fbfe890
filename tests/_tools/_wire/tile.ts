const decoder = new TextDecoder();

/** A field of a protocol buffer's message. */
type Field = { number: number; value: bigint | Uint8Array };

/** Reads the fields of a message; enough of the format for vector tiles. */
function readFields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const wire = key & 7;
    if (wire === 0) {
      fields.push({ number: key >> 3, value: varint() });
      continue;
    }
    const length = wire === 1 ? 8 : wire === 5 ? 4 : Number(varint());
    fields.push({ number: key >> 3, value: bytes.slice(at, at + length) });
    at += length;
  }
  return fields;
}

function all(fields: readonly Field[], number: number): Uint8Array[] {
  return fields.flatMap((field) =>
    field.number === number && field.value instanceof Uint8Array ? [field.value] : []
  );
}

function integer(fields: readonly Field[], number: number): number | undefined {
  const value = fields.find((field) => field.number === number)?.value;
  return typeof value === "bigint" ? Number(value) : undefined;
}

function packed(bytes: Uint8Array | undefined): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 1;
  for (const byte of bytes ?? []) {
    value += (byte & 127) * shift;
    shift *= 128;
    if (byte >= 128) continue;
    values.push(value);
    value = 0;
    shift = 1;
  }
  return values;
}

function readValue(bytes: Uint8Array): unknown {
  const [field] = readFields(bytes);
  if (field === undefined) return undefined;
  const { number, value } = field;
  if (value instanceof Uint8Array) {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    if (number === 1) return decoder.decode(value);
    return number === 2 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  }
  if (number === 7) return value === 1n;
  return Number(number === 6 ? (value >> 1n) ^ -(value & 1n) : BigInt.asIntN(64, value));
}

/** Lines of positions, in the grid of the tile. */
function readGeometry(commands: readonly number[]): number[][][] {
  const lines: number[][][] = [];
  let [x, y] = [0, 0];
  for (let at = 0; at < commands.length;) {
    const command = commands[at++] ?? 0;
    if ((command & 7) === 7) {
      const line = lines.at(-1);
      if (line?.[0] !== undefined) line.push(line[0]);
      continue;
    }
    for (let count = command >> 3; count > 0; count--) {
      const [dx = 0, dy = 0] = [commands[at++] ?? 0, commands[at++] ?? 0].map((n) => (n >>> 1) ^ -(n & 1));
      x += dx;
      y += dy;
      if ((command & 7) === 1) lines.push([]);
      lines.at(-1)?.push([x, y]);
    }
  }
  return lines;
}

/** A ring begins anywhere: here at its least position, whichever way it goes round. */
function normalRing(ring: readonly number[][]): number[][] {
  const open = ring.slice(0, -1);
  const turns = open.map((_, start) => [...open.slice(start), ...open.slice(0, start)]);
  return turns.toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)[0] ?? [];
}

/** A vector tile as layers of features, in an order of their own, so that two can be compared. */
export function decodeTile(bytes: Uint8Array): unknown[] {
  return all(readFields(bytes), 3).map((layer) => {
    const fields = readFields(layer);
    const keys = all(fields, 3).map((key) => decoder.decode(key));
    const values = all(fields, 4).map(readValue);
    const features = all(fields, 2).map((feature) => {
      const parts = readFields(feature);
      const tags = packed(all(parts, 2)[0]);
      const properties: [string, unknown][] = [];
      for (let at = 0; at < tags.length; at += 2) {
        properties.push([keys[tags[at] ?? -1] ?? "", values[tags[at + 1] ?? -1]]);
      }
      const type = integer(parts, 3);
      const geometry = readGeometry(packed(all(parts, 4)[0]));
      return {
        id: integer(parts, 1),
        type,
        properties: Object.fromEntries(properties.toSorted(([a], [b]) => a < b ? -1 : 1)),
        geometry: type === 3 ? geometry.map(normalRing) : geometry,
      };
    });
    return {
      name: decoder.decode(all(fields, 1)[0]),
      version: integer(fields, 15),
      extent: integer(fields, 5),
      features: features.toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1),
    };
  });
}
