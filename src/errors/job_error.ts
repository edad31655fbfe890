import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** A batch job ended otherwise than well. Codes `job-failed` and `job-cancelled`. */
export class JobError extends CartoError {
  /** The name of the class. */
  override name = "JobError";
  /** The job's id. */
  readonly jobId: string;
  /** The last state the server told, such as `failed`, `cancelled` or `unknown`. */
  readonly status: string;
  /** The server's reason, when it gave one. */
  readonly reason: string | undefined;

  /**
   * Builds the error.
   *
   * @param message What ended how
   * @param options The job, its last state and its reason
   */
  constructor(
    message: string,
    options: CartoErrorOptions & { jobId: string; status: string; reason?: string | undefined },
  ) {
    super(/^cancell?ed$/.test(options.status) ? "job-cancelled" : "job-failed", message, options);
    this.jobId = options.jobId;
    this.status = options.status;
    this.reason = options.reason;
  }
}
