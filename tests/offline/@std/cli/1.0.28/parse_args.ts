// first draft: the gate's author completes this
import { parseArgs as nodeParseArgs } from "node:util";
export { nodeParseArgs };
