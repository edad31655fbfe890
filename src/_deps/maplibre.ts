// Street maps beneath the layers: bundled into pages that name a vector style, never loaded by Deno. BSD-3-Clause.
export { Map } from "npm:maplibre-gl@5.24.1";
