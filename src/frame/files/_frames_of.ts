import { ArgumentError } from "../../errors/carto_error.ts";
import { dataOf } from "../column.ts";
import { GeoDataFrame } from "../geo_data_frame.ts";

/** What can be written: one frame, or frames of one schema. */
export type FramesInput = GeoDataFrame | Iterable<GeoDataFrame> | AsyncIterable<GeoDataFrame>;

/** The frames of an input, which all have the same columns. */
export async function* framesOf(
  input: FramesInput,
  operation: string,
): AsyncGenerator<GeoDataFrame, undefined> {
  if (input instanceof GeoDataFrame) return void (yield input);
  let names: string | undefined;
  for await (const frame of input) {
    if (!(frame instanceof GeoDataFrame)) {
      throw new ArgumentError(`Cannot ${operation}: the input is no frame`, {
        argument: "frames",
        hint: "Make one first: GeoDataFrame.fromRows(rows)",
      });
    }
    const own = frame.schema.map(({ name, type }) => `"${name}" (${type})`).join(", ");
    if (names !== undefined && own !== names) {
      throw new ArgumentError(
        `Cannot ${operation}: a frame has the columns ${own} where the first has ${names}`,
        {
          argument: "frames",
        },
      );
    }
    names = own;
    yield frame;
  }
  if (names === undefined) {
    throw new ArgumentError(`Cannot ${operation}: there is no frame, so that the columns are not known`, {
      argument: "frames",
    });
  }
}

/** About how many bytes frames may have so that they are joined. */
const JOINED_BYTES = 64 * 1024 * 1024;

/** The same rows in frames of at most so many: longer ones are cut, and short ones that are described alike are joined. */
export async function* regroupFrames(
  frames: AsyncIterable<GeoDataFrame>,
  rows: number,
): AsyncGenerator<GeoDataFrame, undefined> {
  let short: GeoDataFrame[] = [];
  let count = 0;
  let bytes = 0;
  function* joined(): Generator<GeoDataFrame, void> {
    const [first, ...others] = short;
    if (first !== undefined) yield others.length === 0 ? first : first.concat(...others);
    short = [];
    count = bytes = 0;
  }
  for await (const frame of frames) {
    for (let at = 0; at === 0 || at < frame.numRows; at += rows) {
      const piece = frame.numRows <= rows ? frame : frame.slice(at, at + rows);
      const [first] = short;
      if (count + piece.numRows > rows || (first !== undefined && !isAlike(first, piece))) yield* joined();
      short.push(piece);
      count += piece.numRows;
      bytes += bytesOf(piece);
      if (count === rows || bytes > JOINED_BYTES) yield* joined();
    }
  }
  yield* joined();
}

function bytesOf(frame: GeoDataFrame): number {
  return frame.columns.reduce((sum, column) => {
    const data = dataOf(column);
    const wide = data.kind === "bytes"
      ? (data.offsets[data.length] as number) - (data.offsets[0] as number)
      : 0;
    return sum + 8 * data.length + wide;
  }, 0);
}

function isAlike(one: GeoDataFrame, other: GeoDataFrame): boolean {
  const [mine, theirs] = [one, other].map(({ schema, geometryColumn }) =>
    JSON.stringify([geometryColumn, schema.map(({ srid, pgType }) => [srid, pgType])])
  );
  return mine === theirs;
}
