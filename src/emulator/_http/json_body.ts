/**
 * Parses JSON and, where it is no JSON, throws with the words that the server's own engine uses.
 *
 * The recorded server ran on an engine whose messages name the token and its position
 * (`Unexpected token } in JSON at position 4`), which newer engines word differently.
 *
 * @throws {SyntaxError} When the text is no JSON
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError(describe(text, firstFault(text)));
  }
}

function describe(text: string, at: number): string {
  if (at >= text.length) return "Unexpected end of JSON input";
  const character = text[at] ?? "";
  if (character === '"') return `Unexpected string in JSON at position ${at}`;
  if (/[-0-9]/.test(character)) return `Unexpected number in JSON at position ${at}`;
  return `Unexpected token ${character} in JSON at position ${at}`;
}

/** The index of the first character that cannot stand where it stands; the length when the text just ends. */
function firstFault(text: string): number {
  const scanner = new Scanner(text);
  return scanner.value() && scanner.end() ? text.length : scanner.at;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Walks over a text by the grammar of JSON; each method tells whether its part was whole. */
class Scanner {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  end(): boolean {
    this.#space();
    return this.at >= this.#text.length;
  }

  value(): boolean {
    this.#space();
    switch (this.#text[this.at]) {
      case "{":
        return this.#list("}", () => this.#string() && this.#sign(":") && this.value());
      case "[":
        return this.#list("]", () => this.value());
      case '"':
        return this.#string();
      case "t":
        return this.#word("true");
      case "f":
        return this.#word("false");
      case "n":
        return this.#word("null");
      default:
        return this.#number();
    }
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.at] ?? "x")) this.at++;
  }

  #sign(sign: string): boolean {
    this.#space();
    if (this.#text[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  #list(close: string, item: () => boolean): boolean {
    this.at++;
    if (this.#sign(close)) return true;
    do {
      this.#space();
      if (!item()) return false;
    } while (this.#sign(","));
    return this.#sign(close);
  }

  #word(word: string): boolean {
    for (const character of word) {
      if (this.#text[this.at] !== character) return false;
      this.at++;
    }
    return true;
  }

  #number(): boolean {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.#text);
    if (match === null) {
      if (this.#text[this.at] === "-") this.at++;
      return false;
    }
    this.at += match[0].length;
    return true;
  }

  #string(): boolean {
    if (this.#text[this.at] !== '"') return false;
    for (this.at++; this.at < this.#text.length; this.at++) {
      const character = this.#text[this.at] ?? "";
      if (character === '"') {
        this.at++;
        return true;
      }
      if (character < " ") return false;
      if (character === "\\" && !this.#escape()) return false;
    }
    return false;
  }

  #escape(): boolean {
    this.at++;
    if (this.#text[this.at] !== "u") return '"\\/bfnrt'.includes(this.#text[this.at] ?? "x");
    for (let digit = 0; digit < 4; digit++) {
      this.at++;
      if (!/[0-9a-fA-F]/.test(this.#text[this.at] ?? "")) return false;
    }
    return true;
  }
}
