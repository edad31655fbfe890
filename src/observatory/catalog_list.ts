import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { CatalogEntity } from "./catalog_entity.ts";

/**
 * Entries of the catalogue, in its order: an array that also finds by name and becomes a table.
 *
 * @example Find, filter, tabulate
 * ```ts
 * import { Catalog } from "@cartoframes/cartoframes/observatory";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask the real catalogue; here an answer stands ready
 * const fetch = () => Promise.resolve(Response.json([{ id: "esp", name: "Spain" }, { id: "usa", name: "USA" }]));
 * const countries = await new Catalog({ transport: { fetch } }).countries();
 *
 * assertEquals(countries.get("Spain")?.id, "esp");
 * assertEquals(countries.toDataFrame().columnNames, ["id", "name"]);
 * ```
 */
export class CatalogList<Entity extends CatalogEntity> extends Array<Entity> {
  static {
    // A notebook shows the list as the table that it becomes; names of others are escaped there.
    const display = function (this: CatalogList<CatalogEntity>): Record<string, string> {
      const frame = this.toDataFrame() as unknown as Record<symbol, () => Record<string, string>>;
      return frame[Symbol.for("Jupyter.display")]?.() ?? {};
    };
    Object.defineProperty(this.prototype, Symbol.for("Jupyter.display"), { value: display });
  }

  /** What `map` and `filter` give: plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /**
   * The entry of an id, short name or name; of a variable also by its column.
   *
   * @param name The id, short name, name or column
   * @returns The first that fits, or undefined
   */
  get(name: string): Entity | undefined {
    return this.find((entity) => entity.id === name || entity.slug === name) ??
      this.find((entity) => entity.name === name || entity.data.column_name === name);
  }

  /** A row for each entry, a column for each member but summaries and coverage. */
  toDataFrame(): GeoDataFrame {
    const rows = this.map((entity) => entity.toDict());
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return GeoDataFrame.fromColumns(
      Object.fromEntries(names.map((name) => [name, rows.map((row) => cell(row[name]))])),
    );
  }
}

function cell(value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return JSON.stringify(value);
}
