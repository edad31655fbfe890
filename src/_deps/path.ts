// Each by its own entry point: the whole of @std/path is 50 files, which Deno looks up at every start.
export { dirname } from "jsr:@std/path@^1.0.0/dirname";
export { isAbsolute } from "jsr:@std/path@^1.0.0/is-absolute";
export { join } from "jsr:@std/path@^1.0.0/join";
