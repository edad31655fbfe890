import { fullTypeName, isTextType } from "./_sql_types.ts";
import type { TargetColumn } from "./_target.ts";

/** How the values of one staging column get into a column of another type without a change. */
export interface Cast {
  /** The SQL of the value; `column` stands quoted in it. */
  readonly expression: string;
  /** The SQL that is true for a value which would be changed on the way; none where that cannot be. */
  readonly misfit?: string | undefined;
  /** What the user should know. */
  readonly warning?: string | undefined;
}

const NUMBERS: readonly string[] = ["int2", "int4", "int8", "numeric", "float4", "float8"];
/** For each number type those that hold all of its values. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  int2: ["int4", "int8", "numeric", "float4", "float8"],
  int4: ["int8", "numeric", "float8"],
  int8: ["numeric"],
  numeric: [],
  float4: ["float8"],
  float8: [],
};
/** Types whose text says all there is to them, and reads well. */
const PLAIN: readonly string[] = [
  ...NUMBERS,
  "bool",
  "date",
  "time",
  "timetz",
  "timestamp",
  "timestamptz",
  "interval",
  "uuid",
  "json",
  "jsonb",
];

/** The target's type as SQL. */
function sqlTypeOf(target: TargetColumn): string {
  return target.sqlType ?? fullTypeName(target.type);
}

/** Whether the type is narrowed by numbers in parentheses, so that PostgreSQL would round or cut. */
function isNarrowed(target: TargetColumn): boolean {
  return target.sqlType !== undefined && /\(\d/.test(target.sqlType);
}

/** There and back again: true for a value that does not come back as it was. */
function changed(column: string, there: string, back: string): string {
  return `(${there})::${back} IS DISTINCT FROM ${column}`;
}

/**
 * How a staging column of type `from` goes into a standing column, or undefined when its values cannot be
 * what they were there.
 *
 * @param column The staging column's name, quoted
 * @param from The short name of its type
 */
export function castTo(column: string, from: string, target: TargetColumn): Cast | undefined {
  const to = target.type;
  const sqlType = sqlTypeOf(target);
  if (from === to || (isTextType(from) && isTextType(to))) {
    const narrow = isNarrowed(target) && from !== "geometry" && from !== "geography" && to !== "bpchar";
    return {
      expression: column,
      misfit: narrow ? changed(column, `${column}::${sqlType}`, fullTypeName(from)) : undefined,
    };
  }
  if (isTextType(from)) return fromText(column, target);
  if (isTextType(to)) return PLAIN.includes(from) ? asText(column, target) : undefined;
  if (NUMBERS.includes(from) && NUMBERS.includes(to)) return number(column, from, target);
  if (from.startsWith("_") && to.startsWith("_")) return list(column, from, target);
  switch (`${from} ${to}`) {
    case "date timestamp":
    case "json jsonb":
    case "jsonb json":
      return { expression: `${column}::${sqlType}` };
    case "timestamp date":
      return { expression: `${column}::date`, misfit: changed(column, `${column}::date`, "timestamp") };
    default:
      return undefined;
  }
}

/** A text is read as the target's type; one that is none is PostgreSQL's error, which names the value. */
function fromText(column: string, target: TargetColumn): Cast {
  const expression = `${column}::${sqlTypeOf(target)}`;
  if (
    !isNarrowed(target) || !["numeric", "timestamp", "timestamptz", "time", "timetz"].includes(target.type)
  ) {
    return { expression };
  }
  return { expression, misfit: `${column}::${fullTypeName(target.type)} IS DISTINCT FROM ${expression}` };
}

function asText(column: string, target: TargetColumn): Cast {
  return {
    expression: `${column}::text`,
    misfit: isNarrowed(target)
      ? changed(`${column}::text`, `${column}::text::${sqlTypeOf(target)}`, "text")
      : undefined,
    warning: `Column "${target.name}" of the table is text: the values were written as text`,
  };
}

function number(column: string, from: string, target: TargetColumn): Cast {
  const to = target.type;
  const sqlType = sqlTypeOf(target);
  // PostgreSQL turns a float into a numeric of 15 digits; its text has all of them
  const viaText = from.startsWith("float") && to === "numeric";
  const expression = viaText ? `${column}::text::${sqlType}` : `${column}::${sqlType}`;
  if (WIDER[from]?.includes(to) === true && !isNarrowed(target)) return { expression };
  if (from === "float8" && to === "float4") {
    return {
      expression,
      warning: `Column "${target.name}" of the table holds 32-bit floats: the values were rounded`,
    };
  }
  const back = to.startsWith("float") && from === "numeric" ? "text::numeric" : fullTypeName(from);
  return { expression, misfit: changed(column, expression, back) };
}

function list(column: string, from: string, target: TargetColumn): Cast | undefined {
  const [source, goal] = [from.slice(1), target.type.slice(1)];
  if (!NUMBERS.includes(source) || WIDER[source]?.includes(goal) !== true) return undefined;
  return { expression: `${column}::${sqlTypeOf(target)}` };
}
