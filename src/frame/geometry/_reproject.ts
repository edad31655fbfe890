import { DataError, UnsupportedError } from "../../errors/mod.ts";
import { strideOf } from "./_layout.ts";
import { type Projection, projectionOf } from "./_projections.ts";
import { viewOf, visitRuns, wordAt } from "./_walk.ts";

/** Moves the coordinates of canonical bytes, in place, from one coordinate system to another; answers the bytes. */
export function reproject(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const inverse = known(from).inverse;
  const forward = known(to).forward;
  const view = viewOf(bytes);
  const step = 8 * strideOf(wordAt(view, 0));
  const place: [number, number] = [0, 0];
  visitRuns(view, 0, (at, count) => {
    for (let i = 0; i < count; i++) {
      const here = at + i * step;
      const x = place[0] = view.getFloat64(here, true);
      const y = place[1] = view.getFloat64(here + 8, true);
      inverse(place);
      forward(place);
      if (!(Number.isFinite(place[0]) && Number.isFinite(place[1]))) throw noPlace(x, y, from, to);
      view.setFloat64(here, place[0], true);
      view.setFloat64(here + 8, place[1], true);
    }
  });
  return bytes;
}

function known(srid: number): Projection {
  const projection = projectionOf(srid);
  if (projection !== undefined) return projection;
  throw new UnsupportedError(`Cannot reproject from or to SRID ${srid}: its formulas are not known here`, {
    hint: "Reproject before, for example with ST_Transform in SQL, to SRID 4326",
  });
}

function noPlace(x: number, y: number, from: number, to: number): DataError {
  return new DataError(
    `Cannot reproject the coordinate ${x} ${y} from SRID ${from} to ${to}: it has no place there`,
  );
}
