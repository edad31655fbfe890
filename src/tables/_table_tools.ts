// What the functions of this folder work with, as one thing to load when the first of them is called.
export { checkIfExists, checkTableName, normalTableName } from "./_arguments.ts";
export { readBatches } from "./_read_request.ts";
export { resolvePlatform } from "./_resolve_platform.ts";
export { parseSource, querySource, sourceName } from "./_source.ts";
