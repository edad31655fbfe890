import { ArgumentError } from "../../errors/carto_error.ts";
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

/** The same rows in frames of at most so many. */
export async function* cutFrames(
  frames: AsyncIterable<GeoDataFrame>,
  rows: number,
): AsyncGenerator<GeoDataFrame, undefined> {
  for await (const frame of frames) {
    if (frame.numRows <= rows) yield frame;
    else for (let at = 0; at < frame.numRows; at += rows) yield frame.slice(at, at + rows);
  }
}
