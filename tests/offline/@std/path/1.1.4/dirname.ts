export { dirname } from "node:path";
