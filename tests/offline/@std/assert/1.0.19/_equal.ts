/** Values whose text says all there is to compare. */
const COMPARED_AS_TEXT: ReadonlySet<unknown> = new Set(
  [
    RegExp,
    URL,
    URLSearchParams,
    Intl.Locale,
    Temporal.Duration,
    Temporal.Instant,
    Temporal.PlainDate,
    Temporal.PlainDateTime,
    Temporal.PlainMonthDay,
    Temporal.PlainTime,
    Temporal.PlainYearMonth,
    Temporal.ZonedDateTime,
  ].map((type) => type.prototype),
);

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array);

type Keyed = Record<PropertyKey, unknown>;

/**
 * Deep equality with the rules of `@std/assert`, which `node:assert` does not share: 0 equals -0, NaN equals NaN,
 * an object without prototype equals a plain one, an undefined property is not an absent one, Temporal values are
 * compared by what they say, and instances of a class by all they show, getters included.
 */
export function equal(actual: unknown, expected: unknown): boolean {
  return compare(actual, expected, new Map());
}

function compare(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (a === b || (a !== a && b !== b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  const kind = Object.getPrototypeOf(a) ?? Object.prototype;
  if (kind !== (Object.getPrototypeOf(b) ?? Object.prototype)) return false;
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${a.constructor.name} instances`);
  }
  if (a instanceof WeakRef) return compare(a.deref(), (b as typeof a).deref(), seen);
  if (a instanceof ArrayBuffer || a instanceof SharedArrayBuffer) {
    return sameElements(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  }
  if (a instanceof TYPED_ARRAY) return sameElements(a as Uint8Array, b as Uint8Array);
  if (seen.get(a) === b) return true;
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  seen.set(a, b);
  if (a instanceof Set) return sameMembers([...a], [...b as Set<unknown>], seen);
  if (a instanceof Map) return sameEntries(a, b as typeof a, seen);
  if (COMPARED_AS_TEXT.has(kind)) return String(a) === String(b);
  const isPlain = kind === Object.prototype || kind === Array.prototype;
  const keys = isPlain ? [...enumerableKeys(a), ...enumerableKeys(b)] : [...allKeys(a), ...allKeys(b)];
  return [...new Set(keys)].every((key) =>
    key in a === key in b && compare((a as Keyed)[key], (b as Keyed)[key], seen)
  );
}

function sameElements(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

function sameMembers(a: readonly unknown[], b: readonly unknown[], seen: Map<object, object>): boolean {
  if (a.length !== b.length) return false;
  if (a.every((value) => typeof value !== "object")) {
    const others = new Set(b);
    return a.every((value) => others.has(value));
  }
  return a.every((value) => b.some((other) => compare(value, other, seen)));
}

function sameEntries(a: Map<unknown, unknown>, b: Map<unknown, unknown>, seen: Map<object, object>): boolean {
  if (a.size !== b.size) return false;
  if ([...a.keys()].every((key) => typeof key !== "object")) {
    return [...a].every(([key, value]) => b.has(key) && compare(value, b.get(key), seen));
  }
  return [...a].every(([key, value]) =>
    [...b].some(([otherKey, other]) => compare(key, otherKey, seen) && compare(value, other, seen))
  );
}

function enumerableKeys(value: object): PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(value);
  return [
    ...Object.keys(value),
    ...symbols.filter((key) => Object.prototype.propertyIsEnumerable.call(value, key)),
  ];
}

/** The keys of an instance and of its classes, hidden ones and getters included. */
function allKeys(value: object): PropertyKey[] {
  const keys: PropertyKey[] = [];
  let level: object | null = value;
  while (level !== null && level !== Object.prototype && level !== Array.prototype) {
    keys.push(...Reflect.ownKeys(level));
    level = Object.getPrototypeOf(level);
  }
  return keys;
}
