import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
export const { basename, dirname, extname, isAbsolute, join, normalize, relative, resolve } = path;
export const SEPARATOR: "/" | "\\" = path.sep;
/** The path that a file URL names. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}
/** The file URL that names a path. */
export function toFileUrl(pathname: string): URL {
  return pathToFileURL(pathname);
}
