/** The upper halves of DOS code pages, which `TextDecoder` does not know but old dBase files are in. */
const DOS: Readonly<Record<string, string>> = {
  cp437:
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  cp850:
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  cp852:
    "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0",
};

/** dBase's numbers of code pages, in the header of a table. */
const LANGUAGES: Readonly<Record<number, string>> = {
  0x01: "cp437",
  0x02: "cp850",
  0x03: "windows-1252",
  0x08: "cp437",
  0x09: "cp437",
  0x0a: "cp850",
  0x0b: "cp437",
  0x0d: "cp437",
  0x0e: "cp850",
  0x10: "cp850",
  0x11: "cp437",
  0x12: "cp850",
  0x13: "shift_jis",
  0x14: "cp850",
  0x15: "cp437",
  0x16: "cp850",
  0x18: "cp437",
  0x19: "cp437",
  0x1a: "cp850",
  0x1b: "cp437",
  0x1d: "cp850",
  0x1f: "cp852",
  0x22: "cp852",
  0x23: "cp852",
  0x25: "cp850",
  0x26: "ibm866",
  0x37: "cp850",
  0x40: "cp852",
  0x4d: "gbk",
  0x4e: "euc-kr",
  0x4f: "big5",
  0x50: "windows-874",
  0x57: "windows-1252",
  0x58: "windows-1252",
  0x59: "windows-1252",
  0x64: "cp852",
  0x65: "ibm866",
  0x78: "big5",
  0x79: "euc-kr",
  0x7a: "gbk",
  0x7b: "shift_jis",
  0x7c: "windows-874",
  0x87: "cp852",
  0xc8: "windows-1250",
  0xc9: "windows-1251",
  0xca: "windows-1254",
  0xcb: "windows-1253",
  0xcc: "windows-1257",
};

/** The encoding that the header of a dBase table tells, if it tells one. */
export function encodingOfLanguage(language: number): string | undefined {
  return LANGUAGES[language];
}

/** The encoding that a `.cpg` file tells: `UTF-8`, `ISO 8859-1`, `88591`, `1252`, `ANSI 1251`, `CP850` … */
export function encodingOfCpg(text: string): string | undefined {
  const name = text.trim().toLowerCase();
  if (name === "") return undefined;
  if (/^utf-?8$|^65001$/.test(name)) return "utf-8";
  const iso = /^(?:iso[ -]?)?8859[ -]?(\d{1,2})$/.exec(name)?.[1];
  if (iso !== undefined) return `iso-8859-${Number(iso)}`;
  const page = /^(?:ansi|cp|oem|ibm|ldid\/|windows|win)?[ -]?(\d{2,5})$/.exec(name)?.[1];
  if (page === undefined) return name;
  if (name.startsWith("ldid/")) return encodingOfLanguage(Number(page));
  const asian: Readonly<Record<string, string>> = {
    "932": "shift_jis",
    "936": "gbk",
    "949": "euc-kr",
    "950": "big5",
  };
  if (/^(?:437|850|852)$/.test(page)) return `cp${page}`;
  return asian[page] ?? (page === "866" ? "ibm866" : `windows-${page}`);
}

/** Turns bytes of an encoding into text; undefined where they are none. */
export type DecodeText = (bytes: Uint8Array) => string | undefined;

/** A decoder; undefined where the encoding is not known. */
export function textDecoder(encoding: string): DecodeText | undefined {
  const upper = DOS[encoding.toLowerCase()];
  if (upper !== undefined) {
    return (bytes) => {
      let text = "";
      for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : upper[byte - 128];
      return text;
    };
  }
  try {
    const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    return (bytes) => {
      try {
        return decoder.decode(bytes);
      } catch {
        return undefined;
      }
    };
  } catch {
    return undefined;
  }
}
