/**
 * Dates and times as integers: days or microseconds since 1970, and PostgreSQL's text for them.
 * The calendar is the proleptic Gregorian one, as in PostgreSQL; year 0 is 1 BC.
 */
import { asciiText, halves, isExact, joinHalves, writeAscii, writeDigits } from "./_bytes.ts";

/** Microseconds of a day. */
export const DAY: number = 86_400_000_000;
const BIG_DAY = 86_400_000_000n;
/** The infinities of a date, as PostgreSQL keeps them. */
export const DATE_INFINITY: number = 0x7fff_ffff;
/** The lower one. */
export const DATE_MINUS_INFINITY: number = -0x8000_0000;
/** The infinities of a timestamp, as PostgreSQL keeps them. */
export const TIMESTAMP_INFINITY: bigint = 0x7fff_ffff_ffff_ffffn;
/** The lower one. */
export const TIMESTAMP_MINUS_INFINITY: bigint = -0x8000_0000_0000_0000n;
/** So many days of microseconds are safe integers. */
const SAFE_DAYS = 104_000;
/** Temporal's own limits: 10^8 days around 1970, and one more for dates. */
const TEMPORAL_DAYS = 100_000_000;

/** Days since 1970 of a date; the month from 1. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** A date of days since 1970, as year * 10000 + month * 100 + day, without an object. */
function civil(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= (MONTH_DAYS[month - 1] as number)) return true;
  return month === 2 && day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** A number of exactly `count` digits, or -1. */
function digitsAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) {
    const digit = (bytes[at + i] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Days of `YYYY-MM-DD` at a position, or undefined. */
function plainDays(bytes: Uint8Array, at: number): number | undefined {
  const year = digitsAt(bytes, at, 4);
  const month = digitsAt(bytes, at + 5, 2);
  const day = digitsAt(bytes, at + 8, 2);
  if (year < 1 || bytes[at + 4] !== 45 || bytes[at + 7] !== 45 || !isDate(year, month, day)) return undefined;
  return daysOf(year, month, day);
}

const DATE = /^(\d{4,7})-(\d\d)-(\d\d)( BC)?$/;

function daysOfMatch(year: string, month: string, day: string, era: string | undefined): number | undefined {
  const number = era === undefined ? Number(year) : 1 - Number(year);
  if (Number(year) === 0 || !isDate(number, Number(month), Number(day))) return undefined;
  return daysOf(number, Number(month), Number(day));
}

/** Days since 1970 of a date as PostgreSQL writes it (ISO style), or undefined. */
export function parseDate(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start === 10) {
    const days = plainDays(bytes, start);
    if (days !== undefined) return days;
  }
  const text = asciiText(bytes, start, end);
  if (text === "infinity") return DATE_INFINITY;
  if (text === "-infinity") return DATE_MINUS_INFINITY;
  const match = DATE.exec(text);
  if (match === null) return undefined;
  return daysOfMatch(match[1] as string, match[2] as string, match[3] as string, match[4]);
}

const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$/;

/** Microseconds of a time of day; 24:00:00 is one, as in PostgreSQL. */
export function parseTime(bytes: Uint8Array, start: number, end: number): number | undefined {
  return timeOf(asciiText(bytes, start, end));
}

function timeOf(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (minutes > 59 || seconds > 60) return undefined;
  const micros = ((hours * 60 + minutes) * 60 + seconds) * 1e6 + Number((match[4] ?? "").padEnd(6, "0"));
  return micros <= DAY ? micros : undefined;
}

/** Microseconds of `HH:MM:SS[.ffffff]` from a position to `end`, or -1. */
function clockAt(bytes: Uint8Array, at: number, end: number): number {
  const hours = digitsAt(bytes, at, 2);
  const minutes = digitsAt(bytes, at + 3, 2);
  const seconds = digitsAt(bytes, at + 6, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) return -1;
  if (bytes[at + 2] !== 58 || bytes[at + 5] !== 58) return -1;
  let micros = ((hours * 60 + minutes) * 60 + seconds) * 1e6;
  if (end === at + 8) return micros;
  if (bytes[at + 8] !== 46 || end > at + 15 || end === at + 9) return -1;
  let unit = 100_000;
  for (let i = at + 9; i < end; i++, unit /= 10) {
    const digit = (bytes[i] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    micros += digit * unit;
  }
  return micros;
}

const STAMP =
  /^(\d{4,7})-(\d\d)-(\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))? ?(Z|[+-]\d\d(?::?\d\d(?::\d\d)?)?)?( BC)?$/;

/** Seconds east of Greenwich of `+02`, `-03:30` or `Z`. */
function offsetSeconds(zone: string): number {
  if (zone === "Z") return 0;
  const digits = zone.slice(1).replaceAll(":", "");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4) || 0) * 60 +
    Number(digits.slice(4, 6) || 0);
  return zone.startsWith("-") ? -seconds : seconds;
}

/**
 * Microseconds since 1970 of a timestamp as PostgreSQL writes it, stored at `index`.
 *
 * @returns Whether the bytes were one
 */
export function storeTimestamp(
  values: BigInt64Array<ArrayBuffer>,
  pairs: Int32Array<ArrayBuffer>,
  index: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  zoned: boolean,
): boolean {
  let clockEnd = end;
  let offset = 0;
  if (zoned) {
    // Servers write `+00` or `+05:30`; a timestamp without that has at least 19 bytes
    const width = end - start > 24 && bytes[end - 3] === 58 ? 6 : 3;
    clockEnd = end - width;
    offset = offsetAt(bytes, clockEnd, width);
  }
  if (!Number.isNaN(offset) && clockEnd - start >= 19 && bytes[start + 10] === 32) {
    const days = plainDays(bytes, start);
    const micros = clockAt(bytes, start + 11, clockEnd);
    if (days !== undefined && micros >= 0 && days < SAFE_DAYS && days > -SAFE_DAYS) {
      storeSafe(pairs, index, days * DAY + micros - offset * 1e6);
      return true;
    }
  }
  const micros = slowTimestamp(asciiText(bytes, start, end), zoned);
  if (micros === undefined) return false;
  values[index] = micros;
  return true;
}

/** Seconds east of Greenwich of `+00` or `+05:30`, or `NaN`. */
function offsetAt(bytes: Uint8Array, at: number, width: number): number {
  const sign = bytes[at];
  const hours = digitsAt(bytes, at + 1, 2);
  const minutes = width === 6 ? digitsAt(bytes, at + 4, 2) : 0;
  if ((sign !== 43 && sign !== 45) || hours < 0 || minutes < 0) return NaN;
  const seconds = hours * 3600 + minutes * 60;
  return sign === 45 ? -seconds : seconds;
}

function storeSafe(pairs: Int32Array<ArrayBuffer>, index: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  pairs[2 * index] = (value - high * 0x1_0000_0000) | 0;
  pairs[2 * index + 1] = high;
}

function slowTimestamp(text: string, zoned: boolean): bigint | undefined {
  if (text === "infinity") return TIMESTAMP_INFINITY;
  if (text === "-infinity") return TIMESTAMP_MINUS_INFINITY;
  const match = STAMP.exec(text);
  if (match === null || (match[5] !== undefined) !== zoned) return undefined;
  const days = daysOfMatch(match[1] as string, match[2] as string, match[3] as string, match[6]);
  const clock = timeOf(match[4] ?? "00:00:00");
  if (days === undefined || clock === undefined) return undefined;
  const offset = match[5] === undefined ? 0 : offsetSeconds(match[5]);
  const micros = BigInt(days) * BIG_DAY + BigInt(clock) - BigInt(offset) * 1_000_000n;
  return micros < TIMESTAMP_INFINITY && micros > TIMESTAMP_MINUS_INFINITY ? micros : undefined;
}

/** Writes `YYYY-MM-DD` (more digits where needed), without the era; tells whether it is BC. */
function writeCivil(buffer: Uint8Array, at: number, days: number): number {
  const { year, month, day } = civil(days);
  const shown = year > 0 ? year : 1 - year;
  at = shown <= 9999 ? writeDigits(buffer, at, shown, 4) : writeAscii(buffer, at, String(shown));
  buffer[at] = 45;
  at = writeDigits(buffer, at + 1, month, 2);
  buffer[at] = 45;
  return writeDigits(buffer, at + 1, day, 2);
}

/** Day number of 1 January of year 1. */
const YEAR_ONE = -719_162;

/** Writes a date as PostgreSQL reads it. */
export function writeDate(buffer: Uint8Array, at: number, days: number): number {
  if (days === DATE_INFINITY) return writeAscii(buffer, at, "infinity");
  if (days === DATE_MINUS_INFINITY) return writeAscii(buffer, at, "-infinity");
  at = writeCivil(buffer, at, days);
  return days < YEAR_ONE ? writeAscii(buffer, at, " BC") : at;
}

/** Writes a time of day: `HH:MM:SS`, and six decimals if there are any. */
export function writeTime(buffer: Uint8Array, at: number, micros: number): number {
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - seconds * 1e6;
  at = writeDigits(buffer, at, Math.floor(seconds / 3600), 2);
  buffer[at] = 58;
  at = writeDigits(buffer, at + 1, Math.floor(seconds / 60) % 60, 2);
  buffer[at] = 58;
  at = writeDigits(buffer, at + 1, seconds % 60, 2);
  if (rest === 0) return at;
  buffer[at] = 46;
  return writeDigits(buffer, at + 1, rest, 6);
}

/** Writes a timestamp of two halves; one with a zone is written in UTC. */
export function writeTimestamp(
  buffer: Uint8Array,
  at: number,
  low: number,
  high: number,
  zoned: boolean,
): number {
  let days: number;
  let micros: number;
  if (isExact(high)) {
    const value = joinHalves(low, high);
    days = Math.floor(value / DAY);
    micros = value - days * DAY;
  } else {
    const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
    if (value === TIMESTAMP_INFINITY) return writeAscii(buffer, at, "infinity");
    if (value === TIMESTAMP_MINUS_INFINITY) return writeAscii(buffer, at, "-infinity");
    [days, micros] = splitMicros(value);
  }
  at = writeCivil(buffer, at, days);
  buffer[at] = 32;
  at = writeTime(buffer, at + 1, micros);
  if (zoned) at = writeAscii(buffer, at, "+00:00");
  return days < YEAR_ONE ? writeAscii(buffer, at, " BC") : at;
}

/** Days, and microseconds of the day. */
function splitMicros(value: bigint): [days: number, micros: number] {
  let days = value / BIG_DAY;
  if (days * BIG_DAY > value) days -= 1n;
  return [Number(days), Number(value - days * BIG_DAY)];
}

const scratch = new Uint8Array(48);

/** A date as `Temporal.PlainDate`, or as text where Temporal has no such date. */
export function dateValue(days: number): Temporal.PlainDate | string {
  if (days > TEMPORAL_DAYS || days < -TEMPORAL_DAYS) {
    return asciiText(scratch, 0, writeDate(scratch, 0, days));
  }
  const { year, month, day } = civil(days);
  return new Temporal.PlainDate(year, month, day);
}

/** A time of day as `Temporal.PlainTime`; 24:00:00 stays text. */
export function timeValue(value: bigint): Temporal.PlainTime | string {
  const micros = Number(value);
  if (micros >= DAY) return "24:00:00";
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - seconds * 1e6;
  return new Temporal.PlainTime(
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
    Math.floor(rest / 1000),
    rest % 1000,
  );
}

/** A timestamp without zone as `Temporal.PlainDateTime`, or as text. */
export function timestampValue(value: bigint): Temporal.PlainDateTime | string {
  const [days, micros] = splitMicros(value);
  if (days >= TEMPORAL_DAYS || days < -TEMPORAL_DAYS) return timestampText(value, false);
  const { year, month, day } = civil(days);
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - seconds * 1e6;
  return new Temporal.PlainDateTime(
    year,
    month,
    day,
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
    Math.floor(rest / 1000),
    rest % 1000,
  );
}

/** A timestamp with zone as `Temporal.Instant`, or as text. */
export function instantValue(value: bigint): Temporal.Instant | string {
  const [days] = splitMicros(value);
  if (days >= TEMPORAL_DAYS || days < -TEMPORAL_DAYS) return timestampText(value, true);
  return Temporal.Instant.fromEpochNanoseconds(value * 1000n);
}

/** A timestamp as PostgreSQL's text. */
export function timestampText(value: bigint, zoned: boolean): string {
  const pair = halves(new BigInt64Array([value]));
  return asciiText(scratch, 0, writeTimestamp(scratch, 0, pair[0] as number, pair[1] as number, zoned));
}

/** Days of a `Temporal.PlainDate`. */
export function plainDateDays(date: Temporal.PlainDate): number {
  const iso = date.withCalendar("iso8601");
  return daysOf(iso.year, iso.month, iso.day);
}

/** Microseconds of a `Temporal.PlainTime`, or undefined where it is finer than that. */
export function plainTimeMicros(time: Temporal.PlainTime): number | undefined {
  if (time.nanosecond !== 0) return undefined;
  return ((time.hour * 60 + time.minute) * 60 + time.second) * 1e6 + time.millisecond * 1000 +
    time.microsecond;
}

/** Microseconds of a `Temporal.PlainDateTime`, or undefined where it is finer than that. */
export function plainDateTimeMicros(stamp: Temporal.PlainDateTime): bigint | undefined {
  const micros = plainTimeMicros(stamp.toPlainTime());
  if (micros === undefined) return undefined;
  return BigInt(plainDateDays(stamp.toPlainDate())) * BIG_DAY + BigInt(micros);
}

/** Microseconds of a `Temporal.Instant`, or undefined where it is finer than that. */
export function instantMicros(instant: Temporal.Instant): bigint | undefined {
  const nanoseconds = instant.epochNanoseconds;
  return nanoseconds % 1000n === 0n ? nanoseconds / 1000n : undefined;
}

/** Whether a value is a date, a time or a duration of `Temporal`. */
export function isTemporal(value: unknown): boolean {
  return value instanceof Temporal.Instant || value instanceof Temporal.ZonedDateTime ||
    value instanceof Temporal.PlainDate || value instanceof Temporal.PlainTime ||
    value instanceof Temporal.PlainDateTime || value instanceof Temporal.Duration;
}
