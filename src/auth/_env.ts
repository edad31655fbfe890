import { type Access, advise, flagsFor, isRefusal } from "../permissions/mod.ts";
import { brokenCredentials, type Fields, type Loaded, type Missed } from "./_fields.ts";
import { pathText, readOptional } from "./_file.ts";

/** The variables and the fields that they fill. */
const VARIABLES = {
  CARTO_USERNAME: "username",
  CARTO_API_KEY: "apiKey",
  CARTO_BASE_URL: "baseUrl",
} as const;
type Variable = keyof typeof VARIABLES;

/** Variables as they were found, and those that Deno did not let be read. */
interface Variables {
  readonly values: Partial<Record<Variable, string>>;
  readonly refused: readonly Variable[];
}

/** One variable of the environment; `refused` when Deno does not let it be read. */
export function readVariable(name: string): { value: string | undefined; refused: boolean } {
  if (!("Deno" in globalThis)) return { value: undefined, refused: false };
  try {
    const value = Deno.env.get(name);
    return { value: value === "" ? undefined : value, refused: false };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { value: undefined, refused: true };
  }
}

/** Credentials from the environment, or why there are none. */
export function loadEnvironment(): Loaded | Missed {
  const values: Variables["values"] = {};
  const refused: Variable[] = [];
  for (const name of Object.keys(VARIABLES) as Variable[]) {
    const variable = readVariable(name);
    if (variable.value !== undefined) values[name] = variable.value;
    if (variable.refused) refused.push(name);
  }
  return fromVariables({ values, refused }, "environment");
}

/** Credentials from a `.env` file, or why there are none. */
export async function loadEnvFile(path: string | URL): Promise<Loaded | Missed> {
  const source = pathText(path);
  const file = await readOptional(path);
  if (file === "refused") {
    return { source, reason: "not allowed to read it", refused: [{ kind: "read", path: source }] };
  }
  if (file === "missing") return { source, reason: "no such file", refused: [] };
  const all = await parseEnv(file.text.replace(/^\uFEFF/, ""), source);
  const values: Variables["values"] = {};
  for (const name of Object.keys(VARIABLES) as Variable[]) {
    const value = all[name];
    if (value !== undefined && value !== "") values[name] = value;
  }
  return fromVariables({ values, refused: [] }, source);
}

/** An unquoted value that refers to its own name: the parser would look for its end in vain. */
const SELF_REFERENCE = /^\s*(?:export\s+)?(\w+)[ \t]*=[^'"\r\n]*\$\{?\1\b/m;

async function parseEnv(text: string, source: string): Promise<Record<string, string>> {
  // Loaded only now: most runs have no such file
  const { parse } = await import("../_deps/dotenv.ts");
  return await advise(
    // An unquoted value may name another variable, which is looked up in the environment
    { operation: `read "${source}"`, needs: [{ kind: "env", variable: referredVariable(text) }] },
    () => {
      try {
        if (!SELF_REFERENCE.test(text)) return parse(text);
      } catch (error) {
        if (isRefusal(error)) throw error;
        // Values that refer to each other; the parser's own error tells nothing
      }
      throw brokenCredentials(
        source,
        "a value without quotes refers to a variable that cannot be filled in",
        "Put values with a dollar sign between single quotes",
      );
    },
  );
}

/** The first variable that an unquoted value refers to, for the advice when it cannot be read. */
function referredVariable(text: string): string {
  return /=[^'"\n]*\$\{?(\w+)/.exec(text)?.[1] ?? "NAME";
}

/** A user name or a base URL makes a set; a key alone is a mistake that must be told. */
function fromVariables({ values, refused }: Variables, source: string): Loaded | Missed {
  const lacking = refused.map((variable): Access => ({ kind: "env", variable }));
  const flags = flagsFor(lacking).join(" ");
  if (values.CARTO_USERNAME === undefined && values.CARTO_BASE_URL === undefined) {
    if (values.CARTO_API_KEY !== undefined) {
      throw brokenCredentials(
        source === "environment" ? "the environment" : source,
        "CARTO_API_KEY is set, but neither CARTO_USERNAME nor CARTO_BASE_URL",
        flags !== ""
          ? `Add to this run: ${flags}`
          : "Set CARTO_USERNAME or CARTO_BASE_URL in the same place: the sources are not mixed",
      );
    }
    const reason = refused.length > 0
      ? `not allowed to read ${refused.join(", ")}`
      : "neither CARTO_USERNAME nor CARTO_BASE_URL is set";
    return { source, reason, refused: lacking };
  }
  const fields: Fields = {};
  for (const [name, value] of Object.entries(values)) fields[VARIABLES[name as Variable]] = value;
  const warnings = refused.length > 0
    ? [`Counted as not set, for they could not be read: ${refused.join(", ")} (allow with ${flags})`]
    : [];
  return { fields, source, warnings };
}
