import type { WkbColumn } from "../../../src/frame/geometry/_wkb_columns.ts";
import { ValidityBuilder } from "../../../src/frame/geometry/_wkb_columns.ts";
import { Geometry, type GeometryInput } from "../../../src/frame/geometry/mod.ts";

/** A column of canonical EWKB from values in any notation. */
export function wkbColumn(values: readonly GeometryInput[]): WkbColumn {
  const rows = values.map((value) => Geometry.from(value)?.wkb);
  const offsets = new Int32Array(rows.length + 1);
  const validity = new ValidityBuilder(rows.length);
  rows.forEach((wkb, row) => {
    if (wkb === undefined) validity.setNull(row);
    offsets[row + 1] = (offsets[row] as number) + (wkb?.length ?? 0);
  });
  const bytes = new Uint8Array(offsets[rows.length] as number);
  rows.forEach((wkb, row) => wkb !== undefined && bytes.set(wkb, offsets[row]));
  return { bytes, offsets, validity: validity.finish(), nullCount: validity.nullCount };
}
