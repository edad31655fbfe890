import { ResponseError } from "../errors/mod.ts";

/** What {@link check} needs of a zod schema. */
interface Schema<T> {
  safeParse(value: unknown):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** The schemas, by name, loaded on first use. */
type Schemas = typeof import("./_schemas.ts");
/** What the schema of a name yields. */
type Checked<Name extends keyof Schemas> = Schemas[Name] extends { _zod: { output: infer T } } ? T : never;

/** What the answer to be checked came with. */
export interface CheckContext {
  readonly operation: string;
  readonly status: number;
}

/**
 * The body of an answer when it has the shape that CARTO documents; members beyond that pass through.
 *
 * @throws {ResponseError} `unexpected-response`, naming the first member that differs
 */
export async function check<Name extends keyof Schemas>(
  name: Name,
  body: unknown,
  context: CheckContext,
): Promise<Checked<Name>> {
  const schema = (await import("./_schemas.ts"))[name] as unknown as Schema<Checked<Name>>;
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? "the body" : issue.path.join(".");
  throw new ResponseError(
    "unexpected-response",
    `Cannot ${context.operation}: the answer is not what CARTO documents: ${place}: ${
      issue?.message ?? "unknown"
    }`,
    { status: context.status, hint: "Check the base URL: another server may have answered" },
  );
}
