// deno run --allow-read=creds.json examples/02_credentials.ts
//
// Credentials from a file, set once for every call that follows. What is printed shows no key.
import { Credentials, getDefaultCredentials, setDefaultCredentials } from "@cartoframes/cartoframes";

await setDefaultCredentials("creds.json");
console.log(getDefaultCredentials());

// Another account beside it, for the calls that are given it: public data need no key.
const open = new Credentials({ username: "opendata" });
console.log(open.baseUrl, open.apiKey);
