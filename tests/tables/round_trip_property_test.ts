import { assert, assertEquals, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { DataError } from "../../src/errors/carto_error.ts";
import { type ColumnInput, GeoDataFrame } from "../../src/frame/mod.ts";
import {
  hasTable,
  readCarto,
  readCartoBatches,
  type ReadCartoOptions,
  toCarto,
  type ToCartoReport,
} from "../../src/tables/mod.ts";
import { Random, type RandomFrame, randomFrame, textOf } from "./_random_frame.ts";

/** How many frames travel, and from which seed on; to see one again, `CARTOFRAMES_SEED` names its seed alone. */
const ALONE = Deno.env.get("CARTOFRAMES_SEED");
const FRAMES = ALONE === undefined ? Number(Deno.env.get("CARTOFRAMES_FRAMES") ?? "2000") : 1;
const FIRST_SEED = Number(ALONE ?? "0");
/** Frames under way at a time, so that the client works while the database does. */
const TOGETHER = 4;
const ORDER = "number_of_the_row";

Deno.test(`${FRAMES} random frames come back from an upload and a download as they were`, async () => {
  await using carto = await startEmulator({ accounts: [{ username: "demo" }] });
  const credentials = new Credentials(carto.credentials("demo"));
  let seed = FIRST_SEED;
  let cells = 0;
  const travel = async () => {
    while (seed < FIRST_SEED + FRAMES) {
      const mine = seed++;
      try {
        const compared = await roundTrip(mine, credentials);
        cells += compared;
      } catch (cause) {
        seed = Infinity;
        const told = cause instanceof Error ? cause.message : cause;
        throw new Error(`The frame of seed ${mine} did not come back (CARTOFRAMES_SEED=${mine}): ${told}`, {
          cause,
        });
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: TOGETHER }, travel));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  assert(ALONE !== undefined || cells > 10 * FRAMES, `${cells} values`);
});

/** Uploads the frame of a seed, downloads it, and compares each value; tells how many there were. */
async function roundTrip(seed: number, credentials: Credentials): Promise<number> {
  const random = new Random(seed);
  const made = randomFrame(random);
  const table = `frame_${seed}`;
  const isConverted = random.chance(0.1);
  const report = await toCarto(made.frame, table, {
    credentials,
    copyFormat: random.pick(["auto", "csv"]),
    gzip: random.chance(0.2),
    cartodbfy: isConverted,
    skipQuotaWarning: true,
    // A table has no order of its own
    ...(isConverted ? {} : { index: true, indexLabel: ORDER }),
  });
  assertEquals([report.table, report.rows, report.warnings], [table, made.frame.numRows, []]);
  const key = isConverted ? "cartodb_id" : ORDER;
  const names = namesInTable(made, report);
  const frame = await download(random, table, key, isConverted, credentials);
  const own = new Set(["cartodb_id", "the_geom", ORDER]);
  const extra = frame.columnNames.filter((name) => !names.includes(name) && !own.has(name));
  assertEquals(extra, [], "columns that nobody sent");
  return compare(made, names, frame);
}

/** What the columns are called in the table. */
function namesInTable({ frame, columns }: RandomFrame, { renamed }: ToCartoReport): string[] {
  return columns.map(({ name }) => {
    if (name === frame.geometryColumn) return "the_geom";
    return renamed.find(({ from }) => from === name)?.to ?? name;
  });
}

/** The rows in their order, got in one of the ways. */
async function download(
  random: Random,
  table: string,
  key: string,
  isConverted: boolean,
  credentials: Credentials,
): Promise<GeoDataFrame> {
  const options: ReadCartoOptions = { credentials };
  if (isConverted && random.chance(0.5)) {
    return join(await Array.fromAsync(readCartoBatches(table, { ...options, pageRows: random.whole(1, 9) })));
  }
  const source = `SELECT * FROM "${table}" ORDER BY "${key}"`;
  if (random.chance(0.02)) return await readCarto(source, { ...options, strategy: "job" });
  if (random.chance(0.7)) return await readCarto(source, options);
  return join(await Array.fromAsync(readCartoBatches(source, { ...options, batchRows: random.whole(1, 5) })));
}

function join([first, ...others]: readonly GeoDataFrame[]): GeoDataFrame {
  return (first as GeoDataFrame).concat(...others);
}

function compare({ frame, columns }: RandomFrame, names: readonly string[], back: GeoDataFrame): number {
  assertEquals(back.numRows, frame.numRows);
  for (const [index, { name, type, samples }] of columns.entries()) {
    const column = back.column(names[index] as string);
    assertEquals(column.type, type, `column ${JSON.stringify(name)}`);
    for (const [row, sample] of samples.entries()) {
      const value = column.get(row);
      const text = value === null ? null : textOf(value, type);
      if (text === (sample?.text ?? null)) continue;
      assertEquals(text, sample?.text ?? null, `row ${row + 1} of column ${JSON.stringify(name)}, ${type}`);
    }
    assert(column.equals(frame.column(name)), `column ${JSON.stringify(name)}, ${type}, by equals`);
  }
  return columns.length * frame.numRows;
}

Deno.test("random frames with a value that PostgreSQL cannot store are refused by its place, and leave no table", async () => {
  await using carto = await startEmulator({ accounts: [{ username: "demo" }] });
  const credentials = new Credentials(carto.credentials("demo"));
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed);
    const { frame } = randomFrame(random);
    if (frame.numRows === 0) continue;
    const row = random.whole(1, frame.numRows);
    const bad = random.pick<unknown>(["\0", "a\0b", "ü\0", { "a\0": 1 }, ["\0"]]);
    const isJson = typeof bad === "object";
    const values = Array.from(
      { length: frame.numRows },
      (_, at) => at + 1 === row ? bad : isJson ? {} : `text ${at}`,
    );
    const broken = GeoDataFrame.fromColumns(
      new Map<string, ColumnInput>([...frame.columns.map((column) => [column.name, column] as const), [
        "broken",
        values,
      ]]),
      { types: { broken: isJson ? "jsonb" : "text" } },
    );
    const upload = () =>
      toCarto(broken, `broken_${seed}`, {
        credentials,
        copyFormat: random.pick(["auto", "csv"]),
        skipQuotaWarning: true,
      });
    const error = await assertRejects(upload, Error);
    if (!isJson) {
      assert(error instanceof DataError, `seed ${seed}: ${error}`);
      assertEquals([error.place.row, error.place.column], [row, "broken"], `seed ${seed}`);
    }
    assertEquals(await hasTable(`broken_${seed}`, { credentials }), false, `seed ${seed}`);
  }
});
