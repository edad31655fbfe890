// Outlines that share borders made features again. ISC, no permissions; loaded only when the emulator's Data Observatory is
// asked.
import { feature as toFeature } from "npm:topojson-client@3.1.0";

/** A feature as far as it is used. */
export interface OutlineFeature {
  readonly id?: string | number;
  readonly properties: { readonly name?: string };
  readonly geometry: unknown;
}

/** The features of one object of a topology. */
export function outlines(
  topology: { readonly objects: Readonly<Record<string, unknown>> },
  name: string,
): readonly OutlineFeature[] {
  return (toFeature as (topology: unknown, object: unknown) => { features: OutlineFeature[] })(
    topology,
    topology.objects[name],
  ).features;
}
