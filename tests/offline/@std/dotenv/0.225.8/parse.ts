import { parseEnv } from "node:util";
/** First draft: the gate's author completes this. */
export function parse(text: string): Record<string, string> {
  return { ...parseEnv(text) } as Record<string, string>;
}
