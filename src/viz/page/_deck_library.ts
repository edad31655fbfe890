/** The bundle of deck.gl: what the viewer uses of it, under the name that deck.gl's own bundle has. */
import * as deck from "../../_deps/deck.ts";

Object.assign(globalThis, { deck });
