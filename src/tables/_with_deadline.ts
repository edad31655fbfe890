/** Runs a task with a signal that is aborted after so many milliseconds, whatever the caller's own signal says. */
export async function withDeadline<T>(ms: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException("Signal timed out.", "TimeoutError")), ms);
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
