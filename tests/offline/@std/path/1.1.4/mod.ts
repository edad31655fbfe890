export {
  basename,
  dirname,
  extname,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
  SEPARATOR,
} from "./_path.ts";
export { fromFileUrl, toFileUrl } from "./_path.ts";
