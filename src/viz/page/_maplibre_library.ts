/** The bundle of MapLibre: what the viewer uses of it, under the name that MapLibre's own bundle has. */
import { Map } from "../../_deps/maplibre.ts";

Object.assign(globalThis, { maplibregl: { Map } });
