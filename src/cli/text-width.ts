/** Text laid into terminal columns: what `table.ts` measures, padded, cut and wrapped for views that are not tables. */
import { columnsOf, cut, padded } from "./table.ts";

export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - columnsOf(text))) + text;

/** Exactly `columns` wide. Not for coloured text. */
export const cell = (text: string, columns: number): string => (columns < 1 ? "" : padded(cut(text, columns), columns));

/** The text in lines of at most `columns`, broken between words where there are any. */
export function wrap(text: string, columns: number): string[] {
  if (columnsOf(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((long) => pieces(long, columns))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (columnsOf(longer) <= columns) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}

/** A word too long for a line, in pieces that are not. */
function pieces(word: string, columns: number): string[] {
  if (columnsOf(word) <= columns) return [word];
  const found: string[] = [];
  let piece = "";
  for (const character of word) {
    if (columnsOf(piece + character) > columns) {
      found.push(piece);
      piece = "";
    }
    piece += character;
  }
  return [...found, piece];
}
