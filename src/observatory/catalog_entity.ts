import type { ObservatoryOptions } from "./observatory_options.ts";

/** What the catalogue tells of an entry: its members by CARTO's own names. */
export type EntityData = Readonly<Record<string, unknown>>;

/** Members that are long and for the other methods: not in `toDict` and tables. */
const BULKY = new Set(["summary_json", "geom_coverage"]);

/** What countries, categories, providers, datasets, geographies and variables have in common. */
export abstract class CatalogEntity {
  /** What the catalogue tells, as it tells it. */
  readonly data: EntityData;
  readonly #origin: ObservatoryOptions;

  static {
    const { prototype } = this;
    const inspect = function (this: CatalogEntity): string {
      return this.toString();
    };
    Object.defineProperty(prototype, Symbol.for("Deno.customInspect"), { value: inspect });
    Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), { value: inspect });
  }

  /**
   * Made by the catalogue.
   *
   * @param data What the catalogue tells
   * @param origin Whose catalogue that is: what the entry asks, it asks there
   */
  constructor(data: EntityData, origin: ObservatoryOptions = {}) {
    this.data = data;
    const { credentials, transport } = origin;
    this.#origin = { credentials, transport };
  }

  /** The id. */
  get id(): string {
    return String(this.data.id);
  }

  /** The short name, or null where there is none. */
  get slug(): string | null {
    return this.text("slug");
  }

  /** The name, or null where there is none. */
  get name(): string | null {
    return this.text("name");
  }

  /** What the catalogue tells, but for summaries and coverage. */
  toDict(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this.data).filter(([name]) => !BULKY.has(name)));
  }

  /** What the catalogue tells, as names and values in order. */
  toSeries(): Map<string, unknown> {
    return new Map(Object.entries(this.data));
  }

  /** The entry as plain data. */
  toJSON(): Record<string, unknown> {
    return this.toDict();
  }

  /** Whether another entry is of the same kind and says the same, in whatever order. */
  equals(other: CatalogEntity): boolean {
    return this.constructor === other.constructor && textOf(this.data) === textOf(other.data);
  }

  /** How to get the entry again: `<Dataset.get('ags_sociodemogr_1234567a')>`. */
  toString(): string {
    return `<${this.constructor.name}.get('${this.slug ?? this.id}')>`;
  }

  /** The options of a call, with what the entry knows by itself. */
  protected asked(options: ObservatoryOptions): ObservatoryOptions {
    const { credentials = this.#origin.credentials, transport = this.#origin.transport } = options;
    return { ...options, credentials, transport };
  }

  /** A member that is a text; null where it is missing. */
  protected text(name: string): string | null {
    const value = this.data[name];
    return value === undefined || value === null ? null : String(value);
  }
}

/** Data as JSON whose members are in the order of their names. */
function textOf(data: EntityData): string {
  return JSON.stringify(
    data,
    (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
}

/** A member of a summary; undefined where there is none. */
export function summaryOf(entity: CatalogEntity, ...path: readonly string[]): unknown {
  let value: unknown = entity.data.summary_json;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value ?? undefined;
}
