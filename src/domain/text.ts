/** Text from people on its way to a terminal: only what a terminal cannot take for a command. */

// C0 but newline and tab, DEL, and C1: any of them can end a bracketed paste or drive the terminal.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Takes out control characters (carriage returns among them) and says how many there were. */
export function cleanText(text: string): { text: string; removed: number } {
  let removed = 0;
  const clean = text.replace(CONTROL, () => {
    removed += 1;
    return "";
  });
  return { text: clean, removed };
}

/** The beginning of a text: at most `most` UTF-16 units, as schemas count them, and no half of a character. */
export const beginning = (text: string, most: number): string => text.slice(0, most).replace(/[\ud800-\udbff]$/, "");

/** Bytes of UTF-8 without encoding it: the domain has no encoder. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
