import {
  AlreadyExistsError,
  type CartoError,
  isCartoError,
  JobError,
  RateLimitError,
  ResponseError,
} from "../errors/mod.ts";

/** The part of a message that says what the layer beneath was doing. */
const BEGINNING = /^(?:Cannot [^:]+: |The batch job "[^"]*" (?:failed|was cancelled|ended[^:]*)(?:: )?)/;

/** What a message says went wrong, without what was being done. */
export function reasonOf(error: CartoError): string {
  if (error instanceof JobError && error.reason !== undefined) return error.reason;
  return error.message.replace(BEGINNING, "");
}

/**
 * The same error told in the caller's words: `Cannot read table "cafes": …` in place of
 * `Cannot run the query: …`. Code, status and the server's own words stay. What is no error of a server is
 * returned as it is.
 *
 * @param hint The next step, where this layer knows a better one
 */
export function retell(error: unknown, operation: string, hint?: string): unknown {
  if (!isCartoError(error)) return error;
  const reason = reasonOf(error);
  const message = `Cannot ${operation}: ${reason}`;
  if (error instanceof RateLimitError) {
    const { retryAfter, limit, remaining, reset } = error;
    return new RateLimitError(message, {
      ...responseOptions(error, hint),
      retryAfter,
      limit,
      remaining,
      reset,
    });
  }
  if (error instanceof ResponseError) {
    if (error.code === "already-exists") {
      return new AlreadyExistsError(message, { hint: hint ?? error.hint, cause: error.cause });
    }
    return new ResponseError(error.code, message, responseOptions(error, hint));
  }
  if (error instanceof JobError) {
    const { jobId, status } = error;
    const why = error.reason ?? `the batch job ended with status "${status}"`;
    return new JobError(`Cannot ${operation}: ${why}`, {
      jobId,
      status,
      reason: error.reason,
      hint: hint ?? error.hint,
      cause: error.cause,
    });
  }
  return error;
}

function responseOptions(error: ResponseError, hint: string | undefined) {
  const { status, requestId, context, detail, serverMessages, cause } = error;
  return { status, requestId, context, detail, serverMessages, cause, hint: hint ?? error.hint };
}

/**
 * Whether the database itself says that a table is not there. A page of some gateway with status 404 says nothing of
 * the kind.
 *
 * @param name A part of the table's name that the message must hold
 */
export function isMissing(error: unknown, name = ""): boolean {
  return isCartoError(error) && error.code !== "server-error" &&
    /^(?:relation|table) ".*" does not exist$/.test(reasonOf(error)) && reasonOf(error).includes(name);
}

/** Runs a task and tells its errors in the caller's words. */
export async function telling<T>(operation: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw retell(error, operation);
  }
}
