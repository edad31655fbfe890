/** Errors of the layers beneath, in the words of who asked. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import {
  ArgumentError,
  type CartoError,
  NetworkError,
  PermissionError,
  TimeoutError,
} from "../../src/errors/carto_error.ts";
import type { TransportOptions } from "../../src/http/transport.ts";
import { retell } from "../../src/tables/_retell.ts";
import {
  copyTable,
  createTableFromQuery,
  deleteTable,
  describeTable,
  getTableNames,
  hasTable,
  listTables,
  readCarto,
  renameTable,
  type TableOptions,
  toCarto,
  updatePrivacyTable,
} from "../../src/tables/mod.ts";

const KEY = "0123456789abcdef0123";
const credentials = new Credentials({ username: "ana", apiKey: KEY });

/** Every function on tables, with what it says it cannot do. */
const CALLS: readonly (readonly [operation: RegExp, call: (options: TableOptions) => Promise<unknown>])[] = [
  [/^Cannot read table "cafes": /, (o) => readCarto("cafes", o)],
  [/^Cannot read the query: /, (o) => readCarto("SELECT 1 AS n", o)],
  [/^Cannot upload table "cafes": /, (o) => toCarto([{ n: 1 }], "cafes", o)],
  [/^Cannot describe table "cafes": /, (o) => describeTable("cafes", o)],
  [/^Cannot look for table "cafes": /, (o) => hasTable("cafes", o)],
  [/^Cannot list the tables: /, (o) => listTables(o)],
  [/^Cannot find the tables of the query: /, (o) => getTableNames("SELECT 1", o)],
  [/^Cannot delete table "cafes": /, (o) => deleteTable("cafes", o)],
  [/^Cannot rename table "cafes" to "bars": /, (o) => renameTable("cafes", "bars", o)],
  [/^Cannot copy table "cafes" to "bars": /, (o) => copyTable("cafes", "bars", o)],
  [/^Cannot create table "bars": /, (o) => createTableFromQuery("SELECT 1 AS n", "bars", o)],
  [/^Cannot update the privacy of table "cafes": /, (o) => updatePrivacyTable("cafes", "public", o)],
];

/** The error of a call whose every request ends so. */
async function errorOf(
  call: (options: TableOptions) => Promise<unknown>,
  transport: TransportOptions,
): Promise<CartoError> {
  const error = await assertRejects(() =>
    call({ credentials, transport: { sleep: () => Promise.resolve(), ...transport } })
  );
  return error as CartoError;
}

/** No key in anything that is shown of an error. */
function assertNoKey(error: unknown): void {
  for (const text of [Deno.inspect(error), JSON.stringify(error)]) assert(!text.includes(KEY), text);
}

Deno.test("a network that fails is told as what could not be done, with the host and the next step", async () => {
  for (const [operation, call] of CALLS) {
    const fetch = () =>
      Promise.reject(
        new TypeError(`error sending request for url (https://ana.carto.com/?api_key=${KEY}): dns error`),
      );
    const error = await errorOf(call, { fetch });
    assertInstanceOf(error, NetworkError);
    assertStringIncludes(error.message, 'no answer from "ana.carto.com:443": the host name is not known');
    assert(operation.test(error.message), error.message);
    assertEquals([error.code, error.host], ["network", "ana.carto.com:443"]);
    assertStringIncludes(error.hint ?? "", "Check the user name or base URL");
    assertInstanceOf(error.cause, Error);
    assertNoKey(error);
  }
});

Deno.test("a server that stays silent is told as what could not be done, with the option to set", async () => {
  const silent = (_url: unknown, init?: RequestInit) =>
    new Promise<Response>((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  for (const [operation, call] of CALLS) {
    const error = await errorOf(call, { fetch: silent, timeout: 5, retries: 0 });
    assertInstanceOf(error, TimeoutError);
    assert(operation.test(error.message), error.message);
    assertStringIncludes(error.message, "nothing came for 5 ms");
    assertEquals([error.code, error.timeout], ["timeout", 5]);
    assertEquals(error.hint, "Allow more, such as { transport: { timeout: 10 } }, or ask for less at once");
    assertNoKey(error);
  }
});

Deno.test("a permission that lacks is told as what could not be done, with the flag", async () => {
  for (const [operation, call] of CALLS) {
    const fetch = () => Promise.reject(new Deno.errors.NotCapable("Requires net access"));
    const error = await errorOf(call, { fetch });
    assertInstanceOf(error, PermissionError);
    assert(operation.test(error.message), error.message);
    assertEquals(error.flags, ["--allow-net=ana.carto.com:443"]);
  }
});

Deno.test("a wait that ends is told with the work that was waited for; what is no request's stays", () => {
  const hint = "Look again later";
  const waited = new TimeoutError('Cannot wait longer for the batch job "j": it is running after 9 ms', {
    timeout: 9,
    hint,
  });
  const told = retell(waited, 'read table "cafes"');
  assertInstanceOf(told, TimeoutError);
  assertEquals(told.message, 'Cannot read table "cafes": the batch job "j" is running after 9 ms');
  assertEquals([told.hint, told.timeout], [hint, 9]);
  const slow = new TimeoutError("Cannot run the SQL query: not done within 50 ms", { timeout: 50 });
  assertStringIncludes(
    (retell(slow, "read") as CartoError).hint ?? "",
    "{ transport: { totalTimeout: 100 } }",
  );
  for (const other of [new ArgumentError("no"), new RangeError("no"), "no"]) {
    assertEquals(retell(other, "read"), other);
  }
});
