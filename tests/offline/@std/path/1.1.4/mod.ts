/**
 * Stand-in for `@std/path`: the part that the package uses, on top of `node:path`.
 *
 * @module
 */
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export { basename, dirname, extname, isAbsolute, join, normalize, relative, resolve } from "node:path";

/** What stands between the parts of a path on this system. */
export const SEPARATOR: "/" | "\\" = path.sep;

/** The path that a file URL names. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/**
 * The file URL that names an absolute path.
 *
 * @throws {TypeError} When the path is relative: the real package does not guess a folder either.
 */
export function toFileUrl(pathname: string): URL {
  if (!path.isAbsolute(pathname)) throw new TypeError(`Path must be absolute: received "${pathname}"`);
  return pathToFileURL(pathname);
}
