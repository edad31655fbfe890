import {
  AlreadyExistsError,
  type CartoError,
  isCartoError,
  JobError,
  NetworkError,
  PermissionError,
  RateLimitError,
  ResponseError,
  TimeoutError,
} from "../errors/carto_error.ts";

/** The part of a message that says what the layer beneath was doing. */
const BEGINNING = /^(?:Cannot [^:]+: |The batch job "[^"]*" (?:failed|was cancelled|ended[^:]*)(?:: )?)/;

/** A wait that came to its end: the work on the server is what the reason is about. */
const WAITED = /^Cannot wait longer for ([^]+): it is /;

/** What a message says went wrong, without what was being done. */
export function reasonOf(error: CartoError): string {
  if (error instanceof JobError && error.reason !== undefined) return error.reason;
  if (WAITED.test(error.message)) return error.message.replace(WAITED, "$1 is ");
  return error.message.replace(BEGINNING, "");
}

/**
 * The same error told in the caller's words: `Cannot read table "cafes": …` in place of
 * `Cannot run the query: …`. Code, status and the server's own words stay. What is no error of a request is
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
  const told = { hint: hint ?? error.hint, cause: error.cause };
  if (error instanceof NetworkError) return new NetworkError(message, { ...told, host: error.host });
  if (error instanceof PermissionError) return new PermissionError(message, { ...told, flags: error.flags });
  if (error instanceof TimeoutError) {
    const { timeout } = error;
    return new TimeoutError(message, { ...told, timeout, hint: hint ?? timeoutHint(error) });
  }
  return error;
}

/** The next step after a time-out, as the callers of this layer take it. */
function timeoutHint({ message, timeout, hint }: TimeoutError): string | undefined {
  if (WAITED.test(message)) return hint;
  const option = / not done within /.test(message) ? "totalTimeout" : "timeout";
  return `Allow more, such as { transport: { ${option}: ${2 * timeout} } }, or ask for less at once`;
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
