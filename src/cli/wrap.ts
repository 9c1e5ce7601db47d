/** Text in lines that are no wider than there is room. */
import { columnsOf } from "../domain/columns.ts";

/** The text in lines of at most `columns`, broken between words where there are any. */
export function wrap(text: string, columns: number): string[] {
  return columnsOf(text) <= columns
    ? [text]
    : filled(
        text.split(" ").flatMap((word) => pieces(word, columns)),
        columns,
      );
}

/** The same, but no word is broken: paths, hashes and commands are copied whole, and the terminal breaks them by itself. */
export function wrapWords(text: string, columns: number): string[] {
  return columnsOf(text) <= columns ? [text] : filled(text.split(" "), columns);
}

function filled(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (columnsOf(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
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
