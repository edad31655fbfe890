export { isAbsolute } from "node:path";
