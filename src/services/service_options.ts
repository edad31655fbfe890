import type { FrameInput } from "../frame/from_any.ts";
import type { TransportOptions } from "../http/transport.ts";

/** What a service reads: a table's name, a SQL query, or local data that a frame can be made of. */
export type ServiceSource = string | FrameInput;

/** What each service takes when it is made. */
export interface ServiceOptions {
  /** Times, retries, a request log, and what tests put in place of `fetch`. */
  transport?: TransportOptions | undefined;
}
