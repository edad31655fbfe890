import { type CheckContext, unexpectedAnswer } from "./_core_check.ts";

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
  throw unexpectedAnswer(issue?.path ?? [], issue?.message ?? "unknown", context);
}
