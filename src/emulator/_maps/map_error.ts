import { DatabaseError } from "../_db/query.ts";

/** What the error of a map tells beside its text. */
export interface MapErrorContext {
  /** What kind of trouble, `unknown` when left out. */
  readonly type?: string | undefined;
  /** More about the kind. */
  readonly subtype?: string | undefined;
  /** The layer that is at fault. */
  readonly layer?: Readonly<Record<string, unknown>> | undefined;
  /** The analysis that is at fault. */
  readonly analysis?: Readonly<Record<string, unknown>> | undefined;
}

/** An error that the Maps API answers with. */
export class MapError extends Error {
  /** The name of the class. */
  override name = "MapError";
  /** The status of the answer; found by the text where it was left out. */
  readonly status: number;
  /** What else is told. */
  readonly context: MapErrorContext;

  /** Builds the error. */
  constructor(message: string, context: MapErrorContext = {}, status: number = statusOf(message)) {
    super(message);
    this.context = context;
    this.status = status;
  }
}

/** The error of an option of a layer. */
export function layerError(message: string, layer: { id: string; index: number; type: string }): MapError {
  return new MapError(message, { type: "layer", layer });
}

/** The error of something that the platform has and the emulator has not. */
export function notServedError(what: string): MapError {
  return new MapError(
    `The emulator does not serve ${what}`,
    { type: "emulator", subtype: "not-served" },
    501,
  );
}

/** An error of the database, told as the part of the server that asked it tells it. */
export function fromDatabase(error: unknown, prefix = ""): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (/canceling statement due to statement timeout/i.test(error.message)) {
    return new MapError(
      "You are over platform's limits: SQL query timeout error. " +
        "Refactor your query before running again or contact CARTO support for more details.",
      { type: "limit", subtype: "datasource" },
      429,
    );
  }
  return new MapError(`${prefix}${error.message}`);
}

function statusOf(message: string): number {
  if (message.includes("permission denied") || message.includes("authentication failed")) return 403;
  if (/Postgis Plugin[\s\S]*column.*does not exist/.test(message)) return 400;
  if (message.includes("does not exist")) {
    if (message.includes(" role ")) return 403;
    return /function .* does not exist/.test(message) ? 400 : 404;
  }
  return 400;
}

/** The document of an error. */
export function errorDocument(error: unknown): { status: number; document: Record<string, unknown> } {
  const known = error instanceof MapError
    ? error
    : new MapError(error instanceof Error ? error.message : String(error), {}, 500);
  const { type = "unknown", subtype, layer, analysis } = known.context;
  return {
    status: known.status,
    document: {
      errors: [known.message],
      errors_with_context: [{
        type,
        message: known.message,
        ...(subtype === undefined ? {} : { subtype }),
        ...(layer === undefined ? {} : { layer }),
        ...(analysis === undefined ? {} : { analysis }),
      }],
    },
  };
}
