// The answers that reading and writing a table waits for are checked here by hand. A schema of zod does the same for all
// others (`_check.ts`), but resolving the package costs every program 2 ms at its start, and the first check 15 ms.
import { ResponseError } from "../errors/carto_error.ts";

/** What the answer to be checked came with. */
export interface CheckContext {
  readonly operation: string;
  readonly status: number;
}

/** Looks at one value: where it differs and from what, or nothing when it is as documented. */
type Shape = (value: unknown) => Fault | undefined;
interface Fault {
  readonly path: readonly string[];
  readonly expected: string;
}

const kind = (expected: string, fits: (value: unknown) => boolean): Shape => (value) =>
  fits(value) ? undefined : { path: [], expected };
const text = kind("a text", (value) => typeof value === "string");
const count = kind("a number", (value) => typeof value === "number");
const truth = kind("true or false", (value) => typeof value === "boolean");
/** Rows are converted one by one later; looking at each here would be work done twice. */
const list = kind("a list", Array.isArray);
const word = (expected: string): Shape => kind(`"${expected}"`, (value) => value === expected);

/** A member that may be missing or null. */
const optional = (shape: Shape): Shape => (value) =>
  value === undefined || value === null ? undefined : shape(value);

/** A list whose every item has one shape. */
const listOf = (shape: Shape): Shape => (value) =>
  list(value) ?? firstFault((value as unknown[]).map((item, index) => [String(index), item]), () => shape);

/** An object of any names, each member of one shape. */
const recordOf = (shape: Shape): Shape => (value) =>
  object({})(value) ?? firstFault(Object.entries(value as object), () => shape);

/** An object with these members at least; others pass through. */
function object(members: Readonly<Record<string, Shape>>): Shape {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { path: [], expected: "an object" };
    }
    const own = Object.keys(members).map((name): [string, unknown] => [name, Reflect.get(value, name)]);
    return firstFault(own, (name) => members[name]);
  };
}

/** The first member that differs. */
function firstFault(
  members: readonly (readonly [string, unknown])[],
  shapeOf: (name: string) => Shape | undefined,
): Fault | undefined {
  for (const [name, value] of members) {
    const fault = shapeOf(name)?.(value);
    if (fault !== undefined) return { path: [name, ...fault.path], expected: fault.expected };
  }
  return undefined;
}

const dataset = object({
  id: text,
  name: text,
  privacy: optional(text),
  type: optional(text),
  description: optional(text),
  tags: optional(listOf(text)),
  created_at: optional(text),
  updated_at: optional(text),
  locked: optional(truth),
  dependent_visualizations_count: optional(count),
});

/** One of several words. */
const oneOf = (...words: readonly string[]): Shape =>
  kind(words.map((word) => `"${word}"`).join(" or "), (value) => words.includes(value as string));

const SHAPES = {
  /** The answer of `api/v2/sql` in JSON. */
  sqlAnswer: object({
    rows: list,
    time: optional(count),
    total_rows: optional(count),
    fields: optional(recordOf(object({
      type: text,
      pgtype: optional(text),
      wkbtype: optional(text),
      dims: optional(count),
      srid: optional(count),
    }))),
    notices: optional(listOf(text)),
    warnings: optional(listOf(text)),
    infos: optional(listOf(text)),
  }),
  /** The answer of `api/v2/sql` in GeoJSON. */
  geojsonAnswer: object({ type: word("FeatureCollection"), features: list }),
  /** The answer of `api/v2/sql/copyfrom`. */
  copyAnswer: object({ total_rows: count, time: optional(count) }),
  /** A document of `api/v2/sql/job`. */
  jobDocument: object({
    job_id: text,
    status: text,
    user: optional(text),
    created_at: optional(text),
    updated_at: optional(text),
    failed_reason: optional(text),
    fallback_status: optional(text),
  }),
  /** The answer of `api/v3/me`. */
  meDocument: object({
    user_data: optional(object({
      id: text,
      username: text,
      email: optional(text),
      remaining_byte_quota: optional(count),
      quota_in_bytes: optional(count),
      organization: optional(object({})),
    })),
    config: optional(object({ user_name: optional(text) })),
  }),
  /** One dataset of `api/v1/viz`. */
  dataset,
  /** One page of `api/v1/viz`. */
  datasetPage: object({
    visualizations: listOf(dataset),
    total_entries: optional(count),
    total_user_entries: optional(count),
    total: optional(count),
  }),
  /** One page of `api/v4/datasets`. */
  datasetSummaryPage: object({
    result: listOf(object({
      name: text,
      cartodbfied: optional(truth),
      privacy: optional(text),
      mode: optional(text),
      updated_at: optional(text),
    })),
    total: optional(count),
  }),
  /** A permission, as `api/v1/viz` and `api/v1/perm` tell it. */
  permission: object({
    id: text,
    owner: optional(object({ id: text, username: optional(text) })),
    acl: optional(listOf(object({
      type: oneOf("user", "org", "group"),
      entity: object({ id: text }),
      access: oneOf("r", "rw", "n"),
    }))),
  }),
} as const;

/**
 * The body of an answer when it has the shape that CARTO documents; members beyond that pass through.
 *
 * @throws {ResponseError} `unexpected-response`, naming the first member that differs
 */
export function checkCore<T>(name: keyof typeof SHAPES, body: unknown, context: CheckContext): T {
  const fault = SHAPES[name](body);
  if (fault === undefined) return body as T;
  throw unexpectedAnswer(fault.path, `expected ${fault.expected}`, context);
}

/** The error of an answer that is not what CARTO documents. */
export function unexpectedAnswer(
  path: readonly PropertyKey[],
  reason: string,
  context: CheckContext,
): ResponseError {
  const place = path.length === 0 ? "the body" : path.map(String).join(".");
  return new ResponseError(
    "unexpected-response",
    `Cannot ${context.operation}: the answer is not what CARTO documents: ${place}: ${reason}`,
    { status: context.status, hint: "Check the base URL: another server may have answered" },
  );
}
