// deno run --allow-read --allow-write --allow-net=127.0.0.1 --allow-env=HOME,XDG_CACHE_HOME,LOCALAPPDATA examples/06_local_carto.ts
//
// A local CARTO inside a program: how a job can be tested with no account. With the variables it finds the cache, and
// starts in two seconds; without them it makes its database anew.
import { Credentials, GeoDataFrame, readCarto, toCarto } from "@cartoframes/cartoframes";
import { startEmulator } from "@cartoframes/cartoframes/emulator";

await using carto = await startEmulator({ accounts: [{ username: "ana" }, { username: "joe" }] });
const ana = new Credentials(carto.credentials("ana"));
const joe = new Credentials(carto.credentials("joe"));

// Several accounts side by side: each call is given its own.
const numbers = await readCarto("SELECT generate_series(1, 3) AS n", { credentials: ana });
await toCarto(numbers, "numbers", { credentials: joe });
console.log((await readCarto("numbers", { credentials: joe })).numRows);
await toCarto(GeoDataFrame.fromRows([{ n: 4 }]), "numbers", { credentials: joe, ifExists: "append" });
console.log((await readCarto("numbers", { credentials: joe })).numRows);
