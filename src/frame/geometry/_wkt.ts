import {
  bodyAt,
  type ByteSink,
  excerpt,
  isEmptyPoint,
  M_FLAG,
  MAX_DEPTH,
  MAX_SRID,
  MULTI_POINT,
  POINT,
  SHAPE_LINE,
  SHAPE_POINT,
  SHAPE_RINGS,
  SRID_FLAG,
  strideOf,
  textFault,
  type TypeInfo,
  typeOfCode,
  typeOfTag,
  typeOfWord,
  type Where,
  wordAt,
  Z_FLAG,
} from "./_ewkb.ts";

const COMMA = 44;
const OPEN = 40;
const CLOSE = 41;

/** Reads WKT or EWKT, in either case and with or without the Z and M keywords; appends canonical EWKB. */
export function parseWkt(text: string, where: Where, sink: ByteSink): void {
  new WktParser(text, where, sink).parse();
}

class WktParser {
  readonly #text: string;
  readonly #where: Where;
  readonly #sink: ByteSink;
  readonly #start: number;
  #at = 0;
  #flags = 0;
  #srid = 0;

  constructor(text: string, where: Where, sink: ByteSink) {
    this.#text = text;
    this.#where = where;
    this.#sink = sink;
    this.#start = sink.length;
  }

  parse(): void {
    this.#srid = this.#readSrid();
    this.#flags = this.#findDimensions();
    this.#tagged(0, undefined);
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault(`The text goes on after the end: ${this.#here()}`);
  }

  /** `SRID=n;`, in either case and with blanks; 0 where there is none. */
  #readSrid(): number {
    this.#space();
    const begin = this.#at;
    if (this.#word() !== "SRID") {
      this.#at = begin;
      return 0;
    }
    this.#expect(61, '"="');
    this.#space();
    const digits = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    if (digits === this.#at) throw this.#fault("A number must follow SRID=");
    const srid = Number(this.#text.slice(digits, this.#at));
    if (srid > MAX_SRID) throw this.#fault(`No coordinate system has the number ${srid}`, digits);
    this.#expect(59, '";"');
    return srid;
  }

  /**
   * Looks ahead for the Z and M flags: those of the first keyword, or else of the first coordinate. One pass suffices
   * then, though an empty point may come before either.
   */
  #findDimensions(): number {
    const begin = this.#at;
    let flags = 0;
    while (this.#at < this.#text.length) {
      this.#space();
      const code = this.#text.charCodeAt(this.#at);
      if (isNumberStart(code)) {
        flags = this.#countNumbers();
        break;
      }
      if (!isLetter(code)) {
        this.#at++;
        continue;
      }
      const word = this.#word();
      const found = typeOfTag(word) === undefined ? keywordFlags(splitTag(word)?.suffix ?? word) : 0;
      if (found !== 0) {
        flags = found;
        break;
      }
      if (word === "NAN" || word.startsWith("INF")) {
        this.#at -= word.length;
        flags = this.#countNumbers();
        break;
      }
    }
    this.#at = begin;
    return flags;
  }

  #countNumbers(): number {
    let count = 0;
    for (;;) {
      this.#space();
      const code = this.#text.charCodeAt(this.#at);
      if (!isNumberStart(code) && !isLetter(code)) break;
      while (isNumberPart(this.#text.charCodeAt(this.#at))) this.#at++;
      count++;
    }
    return count >= 4 ? Z_FLAG | M_FLAG : count === 3 ? Z_FLAG : 0;
  }

  /** A geometry with its tag. */
  #tagged(depth: number, whole: TypeInfo | undefined): void {
    if (depth > MAX_DEPTH) throw this.#fault(`It is nested more than ${MAX_DEPTH} levels deep`);
    this.#space();
    const begin = this.#at;
    const word = this.#word();
    const { info, suffix } = splitTag(word) ?? { info: typeOfTag(word), suffix: "" };
    if (info === undefined) {
      this.#at = begin;
      throw this.#fault(`A geometry type must stand here, such as POINT, not ${this.#here()}`);
    }
    if (whole !== undefined && (whole.parts >> info.code & 1) === 0) {
      throw this.#fault(`A ${whole.tag} cannot hold a ${info.tag}`, begin);
    }
    this.#dimensionKeyword(suffix, begin);
    this.#body(info, depth);
  }

  /** Z, M or ZM, at the end of the tag or after it; must be what the whole geometry has. */
  #dimensionKeyword(suffix: string, begin: number): void {
    let flags = keywordFlags(suffix);
    if (flags === 0) {
      this.#space();
      const before = this.#at;
      flags = keywordFlags(this.#word());
      if (flags === 0) this.#at = before;
    }
    if (flags !== 0 && flags !== this.#flags) {
      throw this.#fault("All parts of a geometry must have the same dimensions", begin);
    }
  }

  /** What follows a tag, or stands where the tag is left out. */
  #body(info: TypeInfo, depth: number): void {
    this.#header(info);
    const stride = strideOf(this.#flags);
    const begin = this.#at;
    const empty = this.#empty();
    if (info.shape === SHAPE_POINT) {
      if (empty) { for (let i = 0; i < stride; i++) this.#sink.float64(NaN); }
      else this.#parenthesised(() => this.#coordinate(stride));
      return;
    }
    const countAt = this.#sink.length;
    this.#sink.uint32(0);
    if (empty) return;
    if (info.shape === SHAPE_LINE) return this.#line(stride, countAt, begin);
    let count = 0;
    this.#list(() => {
      count++;
      if (info.shape === SHAPE_RINGS) this.#ring(stride);
      else this.#part(info, depth, stride);
    });
    this.#sink.uint32At(countAt, count);
  }

  #header(info: TypeInfo): void {
    const srid = this.#sink.length === this.#start ? this.#srid : 0;
    this.#sink.header(info.code | this.#flags | (srid === 0 ? 0 : SRID_FLAG), srid);
  }

  #part(info: TypeInfo, depth: number, stride: number): void {
    this.#space();
    const code = this.#text.charCodeAt(this.#at);
    const plain = typeOfCode(info.plainPart);
    if (plain === undefined) return this.#tagged(depth + 1, info);
    if (code === OPEN || this.#peekWord() === "EMPTY") return this.#body(plain, depth + 1);
    if (info.code === MULTI_POINT && !isTagStart(this.#peekWord())) {
      this.#header(typeOfCode(POINT) as TypeInfo);
      return this.#coordinate(stride);
    }
    return this.#tagged(depth + 1, info);
  }

  #line(stride: number, countAt: number, begin: number): void {
    const count = this.#coordinates(stride, countAt);
    if (count < 2) throw this.#fault("A line needs at least two points", begin);
  }

  #ring(stride: number): void {
    this.#space();
    const begin = this.#at;
    const countAt = this.#sink.length;
    this.#sink.uint32(0);
    if (this.#empty()) return;
    const count = this.#coordinates(stride, countAt);
    const first = countAt + 4;
    const last = first + (count - 1) * 8 * stride;
    const closed = this.#sink.float64At(first) === this.#sink.float64At(last) &&
      this.#sink.float64At(first + 8) === this.#sink.float64At(last + 8);
    if (count < 4) throw this.#fault("A ring needs at least four points, the last of them the first", begin);
    if (!closed) throw this.#fault("A ring must end where it began", begin);
  }

  #coordinates(stride: number, countAt: number): number {
    let count = 0;
    this.#list(() => {
      count++;
      this.#coordinate(stride);
    });
    this.#sink.uint32At(countAt, count);
    return count;
  }

  /** The numbers of one place; too few or too many are an error. */
  #coordinate(stride: number): void {
    this.#space();
    const begin = this.#at;
    for (let i = 0; i < stride; i++) {
      this.#space();
      const code = this.#text.charCodeAt(this.#at);
      if (i > 0 && (code === COMMA || code === CLOSE)) throw this.#fault(dimensionMessage(stride, i), begin);
      this.#sink.float64(this.#number());
    }
    this.#space();
    const code = this.#text.charCodeAt(this.#at);
    if (isNumberStart(code)) throw this.#fault(dimensionMessage(stride, stride + 1), begin);
  }

  /** One number: digits by hand where that is exact, anything else by the platform. */
  #number(): number {
    const text = this.#text;
    const begin = this.#at;
    let at = begin;
    let code = text.charCodeAt(at);
    const negative = code === 45;
    if (negative) code = text.charCodeAt(++at);
    let mantissa = 0;
    let digits = 0;
    let decimals = 0;
    for (; code >= 48 && code <= 57; code = text.charCodeAt(++at), digits++) {
      mantissa = mantissa * 10 + code - 48;
    }
    if (code === 46) {
      code = text.charCodeAt(++at);
      for (; code >= 48 && code <= 57; code = text.charCodeAt(++at), decimals++) {
        mantissa = mantissa * 10 + code - 48;
      }
    }
    digits += decimals;
    if (digits > 0 && digits <= 15 && !isNumberPart(code)) {
      this.#at = at;
      // Both are exact, so the quotient is the nearest double.
      const value = mantissa / (POWERS[decimals] as number);
      return negative ? -value : value;
    }
    return this.#oddNumber(begin);
  }

  /** A number with an exponent, with many digits, or a word. */
  #oddNumber(begin: number): number {
    let at = begin;
    while (isNumberPart(this.#text.charCodeAt(at))) at++;
    const token = this.#text.slice(begin, at);
    const value = isDecimal(token) ? Number(token) : wordValue(token);
    if (value === undefined) throw this.#fault(`A number must stand here, not ${this.#here(begin)}`, begin);
    this.#at = at;
    return value;
  }

  /** `(`, items with commas between them, `)`. */
  #list(item: () => void): void {
    this.#parenthesised(() => {
      do item(); while (this.#comma());
    });
  }

  #comma(): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== COMMA) return false;
    this.#at++;
    return true;
  }

  #parenthesised(inside: () => void): void {
    this.#expect(OPEN, '"("');
    inside();
    this.#expect(CLOSE, '")"');
  }

  #expect(code: number, name: string): void {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== code) {
      throw this.#fault(
        this.#at < this.#text.length
          ? `${name} must stand here, not ${this.#here()}`
          : `${name} is missing at the end`,
      );
    }
    this.#at++;
  }

  #empty(): boolean {
    this.#space();
    if (this.#peekWord() !== "EMPTY") return false;
    this.#at += 5;
    return true;
  }

  /** The letters that stand here, in upper case, passed over. */
  #word(): string {
    const word = this.#peekWord();
    this.#at += word.length;
    return word;
  }

  #peekWord(): string {
    let end = this.#at;
    while (isLetter(this.#text.charCodeAt(end))) end++;
    return end === this.#at ? "" : this.#text.slice(this.#at, end).toUpperCase();
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && (code < 9 || code > 13 || code !== code)) return;
      this.#at++;
    }
  }

  /** What stands here, for a message. */
  #here(at = this.#at): string {
    if (at >= this.#text.length) return "the end of the text";
    return excerpt(this.#text.slice(at, at + 12));
  }

  #fault(message: string, at = this.#at): Error {
    return textFault(this.#where, at, message);
  }
}

const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

function dimensionMessage(stride: number, found: number): string {
  return `A coordinate of this geometry has ${stride} numbers, not ${found}`;
}

/** `POINTZ` and the like as type and suffix. */
function splitTag(word: string): { info: TypeInfo; suffix: string } | undefined {
  const suffix = word.endsWith("ZM") ? "ZM" : word.endsWith("Z") ? "Z" : word.endsWith("M") ? "M" : "";
  const info = suffix === "" ? undefined : typeOfTag(word.slice(0, -suffix.length));
  return info === undefined ? undefined : { info, suffix };
}

function keywordFlags(word: string): number {
  return word === "Z" ? Z_FLAG : word === "M" ? M_FLAG : word === "ZM" ? Z_FLAG | M_FLAG : 0;
}

/** Whether a word could begin a tagged geometry rather than be a number such as NaN. */
function isTagStart(word: string): boolean {
  return word !== "" && wordValue(word) === undefined;
}

/** Whether a text is a number in decimal, with or without an exponent; `Number` would take `0x1F` as well. */
function isDecimal(token: string): boolean {
  let at = isSign(token.charCodeAt(0)) ? 1 : 0;
  const whole = digitsEnd(token, at);
  let digits = whole - at;
  at = whole;
  if (token.charCodeAt(at) === 46) {
    const end = digitsEnd(token, at + 1);
    digits += end - at - 1;
    at = end;
  }
  if (digits === 0) return false;
  if ((token.charCodeAt(at) | 32) === 101) {
    at += isSign(token.charCodeAt(at + 1)) ? 2 : 1;
    const end = digitsEnd(token, at);
    if (end === at) return false;
    at = end;
  }
  return at === token.length;
}

function digitsEnd(token: string, at: number): number {
  let end = at;
  while (isDigit(token.charCodeAt(end))) end++;
  return end;
}

function isSign(code: number): boolean {
  return code === 43 || code === 45;
}

function wordValue(token: string): number | undefined {
  switch (token.toLowerCase()) {
    case "nan":
      return NaN;
    case "inf":
    case "infinity":
      return Infinity;
    case "-inf":
    case "-infinity":
      return -Infinity;
    default:
      return undefined;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

function isNumberStart(code: number): boolean {
  return isDigit(code) || code === 45 || code === 46 || code === 43;
}

function isNumberPart(code: number): boolean {
  return isNumberStart(code) || isLetter(code);
}

/** Canonical EWKB as WKT, without the SRID. */
export function writeWkt(view: DataView): string {
  return new WktWriter(view).tagged();
}

class WktWriter {
  readonly #view: DataView;
  #at = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** One geometry with its tag; every part repeats the dimensions, as the standard has it. */
  tagged(): string {
    const word = wordAt(this.#view, this.#at);
    const { tag } = typeOfWord(word);
    const dimensions = `${word >>> 31 === 1 ? "Z" : ""}${(word >>> 30 & 1) === 1 ? "M" : ""}`;
    return `${tag}${dimensions === "" ? "" : ` ${dimensions}`} ${this.#body(word)}`;
  }

  /** What follows the tag. */
  #body(word: number): string {
    const { shape, plainPart } = typeOfWord(word);
    const stride = strideOf(word);
    this.#at = bodyAt(this.#view, this.#at);
    if (shape === SHAPE_POINT) return this.#point(stride);
    const count = this.#count();
    if (shape === SHAPE_LINE) return this.#coordinates(count, stride);
    if (count === 0) return "EMPTY";
    let text = "(";
    for (let i = 0; i < count; i++) {
      if (i > 0) text += ", ";
      if (shape === SHAPE_RINGS) text += this.#coordinates(this.#count(), stride);
      else text += this.#part(plainPart);
    }
    return `${text})`;
  }

  #part(plainPart: number): string {
    const word = wordAt(this.#view, this.#at);
    const { code } = typeOfWord(word);
    if (code !== plainPart) return this.tagged();
    const body = this.#body(word);
    // The points of a multipoint stand without their own parentheses.
    return code === POINT && body !== "EMPTY" ? body.slice(1, -1) : body;
  }

  #point(stride: number): string {
    if (!isEmptyPoint(this.#view, this.#at)) return this.#coordinates(1, stride);
    this.#at += 8 * stride;
    return "EMPTY";
  }

  #coordinates(count: number, stride: number): string {
    if (count === 0) return "EMPTY";
    let text = "(";
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      if (i > 0) text += ", ";
      text += numberText(this.#view.getFloat64(at, true));
      for (let j = 1; j < stride; j++) text += ` ${numberText(this.#view.getFloat64(at + 8 * j, true))}`;
      at += 8 * stride;
    }
    this.#at = at;
    return `${text})`;
  }

  #count(): number {
    const count = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return count;
  }
}

/** The shortest text that reads back as the same number, the sign of zero included. */
function numberText(value: number): string {
  return value === 0 && 1 / value < 0 ? "-0" : String(value);
}
