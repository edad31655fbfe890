/** The start of every staging table's name; nobody names a table like that by chance. */
const PREFIX = "_cartoframes_staging_";
const PATTERN = /^_cartoframes_staging_(.*)_(\d{14})_([0-9a-f]{8})$/;
/** What is left of PostgreSQL's 63 bytes for the target's name. */
const TARGET_BYTES = 63 - PREFIX.length - 1 - 14 - 1 - 8;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The staging names of a schema as a PostgreSQL regular expression, to list them by. */
export const STAGING_REGEXP = "^_cartoframes_staging_.*_[0-9]{14}_[0-9a-f]{8}$";

/**
 * The name of a new staging table: its target (shortened), when the upload started (UTC) and a random part.
 *
 * @param target The table that the rows are for; a normalised name, so ASCII
 * @param now Milliseconds since 1970
 * @param random A number from 0 up to 1
 */
export function stagingName(target: string, now: number, random: number): string {
  const time = new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
  const mark = Math.floor(random * 2 ** 32).toString(16).padStart(8, "0");
  return `${PREFIX}${target.slice(0, TARGET_BYTES)}_${time}_${mark}`;
}

/** Whether a name is that of a staging table whose upload started more than a day ago. */
export function isStaleStaging(name: string, now: number): boolean {
  const digits = PATTERN.exec(name)?.[2];
  if (digits === undefined) return false;
  const [year, month, day, hour, minute, second] =
    (/(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(digits) ?? [])
      .slice(1).map(Number);
  const started = Date.UTC(year as number, (month as number) - 1, day, hour, minute, second);
  return now - started > DAY_MS;
}
