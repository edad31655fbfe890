import { ApiError, type Parameters } from "../_handler.ts";

/** Milliseconds that a COPY may take, whatever the time limit of the key. */
export const COPY_TIMEOUT = 5 * 3600 * 1000;

/**
 * The statement of a COPY endpoint.
 *
 * @throws {ApiError} When it is missing or no COPY
 */
export function readCopySql(parameters: Parameters): string {
  const sql = parameters.q;
  if (typeof sql !== "string" || sql === "") throw new ApiError(400, "SQL is missing");
  if (!sql.toUpperCase().startsWith("COPY ")) throw new ApiError(400, "SQL must start with COPY");
  return sql;
}
