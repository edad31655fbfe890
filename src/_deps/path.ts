export { basename, dirname, extname, isAbsolute, join, normalize, resolve } from "jsr:@std/path@^1.0.0";
