export { parseArgs } from "jsr:@std/cli@^1.0.0/parse-args";
