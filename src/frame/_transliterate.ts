import { hanEnding } from "./_han.ts";

/**
 * Lower-case text in ASCII: Latin letters without their marks, Greek, Cyrillic, kana, Hangul and Han by sound.
 * Capitals in the result stand for capitals that sound tables have; names lose them. Other scripts become `-`, and
 * emoji nothing.
 */
export function toAscii(text: string): string {
  let result = "";
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    result += code < 128 ? char : SINGLE.get(char) ?? byRule(char, code);
  }
  return result;
}

function byRule(char: string, code: number): string {
  if (code >= 0xac00 && code <= 0xd7a3) return hangul(code);
  const ending = hanEnding(code);
  if (ending !== undefined) return `X${ending} `;
  const plain = char.normalize("NFKD");
  if (plain !== char) {
    let result = "";
    for (const part of plain) {
      const partCode = part.codePointAt(0) as number;
      result += partCode < 128 ? part : MARK.test(part) ? "" : SINGLE.get(part) ?? "-";
    }
    return result;
  }
  return MARK.test(char) || code > 0xffff ? "" : "-";
}

/** Accents that stand alone, and characters without width. */
const MARK = /^[\p{M}\p{Cf}]$/u;

const INITIALS = "g gg n d dd r m b bb s ss - j jj c k t p h".split(" ");
const VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u weo we wi yu eu yi i".split(" ");
const FINALS = "- g gg gs n nj nh d l lg lm lb ls lt lp lh m b bs s ss ng j c k t p h".split(" ");

function hangul(code: number): string {
  const index = code - 0xac00;
  const parts = [
    INITIALS[Math.floor(index / 588)],
    VOWELS[Math.floor((index % 588) / 28)],
    FINALS[index % 28],
  ];
  return parts.filter((part) => part !== "-").join("");
}

const SINGLE: ReadonlyMap<string, string> = new Map([
  ...pairs("ß ss æ ae œ oe ø o đ d ð d þ th ł l ħ h ı i ŋ NG ĸ k ſ s ŉ 'n ƒ f ŧ t ə @ ɨ i ɓ b ɗ d"),
  ...pairs(
    '° deg € EUR £ PS ¥ Y= ¢ C/ © (c) ® (r) µ u × x ÷ / ⁄ / “ " ” " „ " ‘ \' ’ \' ‚ , « << » >> – - — -- ― --',
  ),
  ...pairs(
    "α a β b γ g δ d ε e ζ z η e θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ u φ ph χ kh ψ ps ω o",
  ),
  ...pairs(
    "а a б b в v г g д d е e ж zh з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh",
  ),
  ...pairs(
    "щ shch ъ ' ы y ь ' э e ю iu я ia ё io ђ dj ѓ gj є ie ѕ dz і i ї yi ј j љ lj њ nj ћ tsh ќ kj ў u џ dzh ґ g",
  ),
  ...kana(),
]);

function* pairs(list: string): Generator<[string, string]> {
  const items = list.split(" ");
  for (let i = 0; i < items.length; i += 2) yield [items[i] as string, items[i + 1] as string];
}

/** Hiragana from U+3041 and katakana from U+30A1 stand in the same order. */
function* kana(): Generator<[string, string]> {
  const sounds =
    ("a a i i u u e e o o ka ga ki gi ku gu ke ge ko go sa za shi ji su zu se ze so zo ta da chi di tsu tsu zu " +
      "te de to do na ni nu ne no ha ba pa hi bi pi hu bu pu he be pe ho bo po ma mi mu me mo ya ya yu yu yo yo " +
      "ra ri ru re ro wa wa wi we wo n vu ka ke").split(" ");
  for (const [i, sound] of sounds.entries()) {
    yield [String.fromCharCode(0x3041 + i), sound];
    yield [String.fromCharCode(0x30a1 + i), sound];
  }
}
