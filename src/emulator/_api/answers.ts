import { DatabaseError } from "../_db/query.ts";
import { type HandlerRequest, jsonResponse } from "../_handler.ts";

/** A request for one of the dashboard's APIs. */
export interface PlatformRequest extends HandlerRequest {
  /** The request as it came; its body has been read, except that of an import. */
  readonly request: Request;
  /** Whether a key was given at all. */
  readonly hasKey: boolean;
}

/** Answers a request for one of the dashboard's APIs. What it throws becomes an answer `{"errors": …}`. */
export type PlatformHandler = (request: PlatformRequest) => Response | Promise<Response>;

/** An answer that is not a success, thrown by what finds out. */
export class Refusal extends Error {
  /** The name of the class. */
  override name = "Refusal";
  /** The status of the answer. */
  readonly status: number;
  /** What is told: a text, a list of texts, or lists by the member at fault. */
  readonly errors: unknown;

  /** Builds the refusal. */
  constructor(status: number, errors: unknown) {
    super(typeof errors === "string" ? errors : JSON.stringify(errors));
    this.status = status;
    this.errors = errors;
  }
}

/** Runs a handler and turns what it throws into an answer. */
export async function answering(action: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Refusal) return jsonResponse(error.status, { errors: error.errors });
    if (error instanceof DatabaseError) return jsonResponse(400, { errors: [error.message] });
    throw error;
  }
}

/**
 * Lets only the master key pass.
 *
 * @throws {Refusal} 401 without a key, 403 for any other one
 */
export function requireMaster({ key, hasKey }: PlatformRequest): void {
  if (key.type === "master") return;
  if (!hasKey || key.type === "default") throw new Refusal(401, ["Unauthorized"]);
  throw new Refusal(403, ["Forbidden"]);
}

/** What the platform has and the emulator has not. */
export function notServedHere(what: string): Refusal {
  return new Refusal(501, [`The emulator does not serve ${what}`]);
}

/** An object's members; none for what is no object. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : {};
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Cuts a list into pages by `page` and `per_page`. */
export function pageOf<T>(
  items: readonly T[],
  parameters: Readonly<Record<string, unknown>>,
): { shown: T[]; page: number; size: number; pages: number } {
  const size = positive(parameters.per_page, 20);
  const page = positive(parameters.page, 1);
  return {
    shown: items.slice((page - 1) * size, page * size),
    page,
    size,
    pages: Math.max(1, Math.ceil(items.length / size)),
  };
}

function positive(value: unknown, otherwise: number): number {
  const number = Math.trunc(Number(value ?? otherwise));
  return number >= 1 && number <= 1e6 ? number : otherwise;
}
