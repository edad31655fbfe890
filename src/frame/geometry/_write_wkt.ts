import { POINT, SHAPE_LINE, SHAPE_POINT, SHAPE_RINGS, strideOf, typeOfWord } from "./_layout.ts";
import { bodyAt, isEmptyPoint, wordAt } from "./_walk.ts";

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
