// What `deno task` starts: a task runs in the project's folder, so a path that the user
// typed elsewhere is seen from the folder that `deno task` names in INIT_CWD.
import { main } from "./main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args, { folder: Deno.env.get("INIT_CWD") }));
