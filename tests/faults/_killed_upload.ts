/**
 * A program that writes a table and is killed before it is done. It waits for a line on its standard input, so that
 * starting it takes no time when it counts.
 */
import { Credentials } from "../../src/auth/credentials.ts";
import { type Mode, upload } from "./_uploads.ts";

const [mode, credentials] = Deno.args;
await Deno.stdin.read(new Uint8Array(1));
await upload(mode as Mode, { credentials: new Credentials(JSON.parse(credentials ?? "")) });
