import { CartoError, type CartoErrorCode, type CartoErrorOptions } from "./carto_error.ts";

/** What an answer of the server tells besides its message. */
export interface ResponseErrorOptions extends CartoErrorOptions {
  /** The HTTP status; 200 when the body of a good answer holds an error. */
  status: number;
  /** The server's own number for the request, when it sent one. */
  requestId?: string | undefined;
  /** What the server called the context, such as `limit`. */
  context?: string | undefined;
  /** What the server added in detail, such as `datasource`. */
  detail?: string | undefined;
  /** Every message that the server sent, the first of them being in `message`. */
  serverMessages?: readonly string[] | undefined;
}

/** The server answered with an error; `code` tells which kind, `status` is the HTTP status. */
export class ResponseError extends CartoError {
  /** The name of the class. */
  override name = "ResponseError";
  /** The HTTP status; 200 when the body of a good answer holds an error. */
  readonly status: number;
  /** The server's own number for the request, when it sent one. */
  readonly requestId: string | undefined;
  /** What the server called the context, such as `limit`. */
  readonly context: string | undefined;
  /** What the server added in detail, such as `datasource`. */
  readonly detail: string | undefined;
  /** Every message that the server sent, without secrets. */
  readonly serverMessages: readonly string[];

  /**
   * Builds the error.
   *
   * @param code What went wrong, by meaning
   * @param message The server's message or what replaces it
   * @param options Status and what else the server told
   */
  constructor(code: CartoErrorCode, message: string, options: ResponseErrorOptions) {
    super(code, message, options);
    this.status = options.status;
    this.requestId = options.requestId;
    this.context = options.context;
    this.detail = options.detail;
    this.serverMessages = options.serverMessages ?? [];
  }
}
