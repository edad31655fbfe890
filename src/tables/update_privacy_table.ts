import { ArgumentError } from "../errors/mod.ts";
import type { TableOptions } from "./table_options.ts";

/** Who may see a table: only its owner, everybody, or those who have the link. */
export type TablePrivacy = "PRIVATE" | "PUBLIC" | "LINK";

const PRIVACIES: readonly TablePrivacy[] = ["PRIVATE", "PUBLIC", "LINK"];

/**
 * Sets who may see a table. Nothing is changed when it is so already. A table that CARTO does not list yet is waited
 * for, 15 s at most. Needs the master key.
 *
 * CARTOframes' `log_enabled` has no counterpart: nothing is printed.
 *
 * @param tableName The table, its name as it is
 * @param privacy `private`, `public` or `link`, in any case
 * @param options Whose account, a signal
 * @throws {ArgumentError} There is no such privacy, or the name is empty
 * @throws {ResponseError} Code `not-found`: CARTO does not list the table; others as the server refuses
 *
 * @example What is refused before anything is sent
 * ```ts
 * import { isCartoError, updatePrivacyTable } from "@cartoframes/cartoframes";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => updatePrivacyTable("cafes", "secret" as "link"), Error);
 * assertEquals(isCartoError(error) && error.code, "invalid-argument");
 * ```
 */
export async function updatePrivacyTable(
  tableName: string,
  privacy: TablePrivacy | Lowercase<TablePrivacy>,
  options: TableOptions = {},
): Promise<void> {
  const { checkTableName, resolvePlatform } = await import("./_table_tools.ts");
  const table = checkTableName(tableName);
  const wanted = PRIVACIES.find((word) => word === String(privacy).toUpperCase());
  if (wanted === undefined) {
    throw new ArgumentError(`Cannot set this privacy: it must be one of ${PRIVACIES.join(", ")}`, {
      argument: "privacy",
    });
  }
  const call = { operation: `update the privacy of table "${table}"`, signal: options.signal };
  await (await resolvePlatform(options)).updatePrivacy(table, wanted, call);
}
