/** Markdown within a line: emphasis, code, links; as pieces that keep their tone wherever the line is broken. */
import type { Style, Tone } from "../style.ts";
import { columnsOf } from "../table.ts";

/** A text in one tone; it may be broken at its spaces unless it is code. */
interface Piece {
  text: string;
  tones: readonly Tone[];
}

export interface Inlined {
  pieces: readonly Piece[];
  style: Style;
}

const ESCAPABLE = /^\\([!-/:-@[-`{-~])/;
const CODE = /^(`+)([\s\S]*?[^`])\1(?!`)/;
const LINK =
  /^(!?)\[((?:[^[\]\\]|\\.|\[[^[\]]*\])*)\]\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+["'(][^"')]*["')])?\s*\)/;
const AUTOLINK = /^<((?:https?:\/\/|mailto:)[^\s<>]+)>/;
const STRONG = /^(\*\*|__)(?=\S)([\s\S]*?\S)\1/;
const EMPHASIS = /^(\*|_)(?=\S)([\s\S]*?\S)\1/;
const STRIKE = /^~~(?=\S)([\s\S]*?\S)~~/;

export const inlined = (text: string, style: Style): Inlined => ({ pieces: pieces(text, [], 0), style });

/** The same without tones. */
export const plainly = (text: string): string =>
  pieces(text, [], 0)
    .map((piece) => piece.text)
    .join("");

/** Emphasis in emphasis goes no deeper. */
const DEEPEST = 6;

function pieces(text: string, tones: readonly Tone[], depth: number): Piece[] {
  const found: Piece[] = [];
  let plain = "";
  const flush = (): void => {
    if (plain !== "") found.push({ text: plain, tones });
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at, at + LONGEST);
    const special = depth < DEEPEST ? specialAt(rest, text[at - 1] ?? " ", tones, depth) : undefined;
    if (special) {
      flush();
      found.push(...special.pieces);
      at += special.length;
      continue;
    }
    const escaped = ESCAPABLE.exec(rest);
    plain += escaped?.[1] ?? text[at] ?? "";
    at += escaped ? 2 : 1;
  }
  flush();
  return found;
}

/** A span that is longer is none: so reading stays fast on whatever an agent writes. */
const LONGEST = 2_000;
const SPECIAL = /^[`*_~[!<]/;
const WORD = /[\p{L}\p{N}]/u;

function specialAt(
  rest: string,
  before: string,
  tones: readonly Tone[],
  depth: number,
): { pieces: Piece[]; length: number } | undefined {
  if (!SPECIAL.test(rest)) return undefined;
  const inside = (text: string, ...more: Tone[]): Piece[] => pieces(text, [...tones, ...more], depth + 1);
  const code = CODE.exec(rest);
  if (code) return { pieces: [{ text: unpadded(code[2] ?? ""), tones: [...tones, "yellow"] }], length: code[0].length };
  const link = LINK.exec(rest);
  if (link) return { pieces: linked(link, inside, tones), length: link[0].length };
  const auto = AUTOLINK.exec(rest);
  if (auto) return { pieces: [{ text: auto[1] ?? "", tones: [...tones, "blue"] }], length: auto[0].length };
  const strike = STRIKE.exec(rest);
  if (strike) return { pieces: inside(strike[1] ?? "", "dim"), length: strike[0].length };
  for (const [pattern, tone] of [
    [STRONG, "bold"],
    [EMPHASIS, "cyan"],
  ] as const) {
    const emphasis = pattern.exec(rest);
    if (!emphasis) continue;
    const [whole, mark = "", text = ""] = emphasis;
    // snake_case is no emphasis, and neither is the beginning of a list of stars.
    if (mark.startsWith("_") && (WORD.test(before) || WORD.test(rest[whole.length] ?? " "))) continue;
    return { pieces: inside(text, tone), length: whole.length };
  }
  return undefined;
}

const unpadded = (code: string): string => (/^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code);

/** A link shows where it leads: a terminal cannot be hovered over. */
function linked(
  [, image = "", text = "", address = ""]: RegExpExecArray,
  inside: (text: string, ...more: Tone[]) => Piece[],
  tones: readonly Tone[],
): Piece[] {
  const shown = inside(text === "" ? address : text, "blue");
  const mark: Piece[] = image === "" ? [] : [{ text: "▣ ", tones: [...tones, "dim"] }];
  if (address === "" || text === "" || text === address) return [...mark, ...shown];
  return [...mark, ...shown, { text: ` (${address})`, tones: [...tones, "dim"] }];
}

const painted = ({ text, tones }: Piece, style: Style): string =>
  tones.reduceRight((shown, tone) => style[tone](shown), text);

/** The pieces in lines of at most `width`, broken between words where there are any. */
export function wrapped({ pieces: all, style }: Inlined, width: number): string[] {
  const lines: Piece[][] = [];
  let line: Piece[] = [];
  let used = 0;
  let gap: Piece | undefined;
  const end = (): void => {
    lines.push(line);
    line = [];
    used = 0;
    gap = undefined;
  };
  const put = (word: readonly Piece[], columns: number): void => {
    const space = gap && line.length > 0 ? 1 : 0;
    if (used + space + columns > width && line.length > 0) end();
    else if (gap && space === 1) {
      line.push(gap);
      used += 1;
    }
    line.push(...word);
    used += columns;
    gap = undefined;
  };
  for (const word of words(all)) {
    const columns = word.reduce((sum, { text }) => sum + columnsOf(text), 0);
    if (word.length === 1 && word[0]?.text === " ") gap = word[0];
    else if (columns <= width) put(word, columns);
    else for (const part of broken(word, width)) put([part], columnsOf(part.text));
  }
  if (line.length > 0 || lines.length === 0) end();
  return lines.map((parts) =>
    joined(parts)
      .map((piece) => painted(piece, style))
      .join(""),
  );
}

/** Words, each of one or more pieces, and the spaces between them as pieces of one space. */
function words(all: readonly Piece[]): Piece[][] {
  const found: Piece[][] = [];
  let word: Piece[] = [];
  for (const { text, tones } of all) {
    for (const part of text.split(/(\s+)/)) {
      if (part === "") continue;
      if (/^\s+$/.test(part)) {
        if (word.length > 0) found.push(word);
        found.push([{ text: " ", tones }]);
        word = [];
      } else word.push({ text: part, tones });
    }
  }
  if (word.length > 0) found.push(word);
  return found;
}

/** A word that is wider than a line, in pieces that are not. */
function broken(word: readonly Piece[], width: number): Piece[] {
  return word.flatMap(({ text, tones }) => {
    const parts: Piece[] = [];
    let part = "";
    for (const character of text) {
      if (columnsOf(part + character) > width) {
        parts.push({ text: part, tones });
        part = "";
      }
      part += character;
    }
    return [...parts, { text: part, tones }];
  });
}

/** Neighbours of one tone are painted once. */
function joined(parts: readonly Piece[]): Piece[] {
  const found: Piece[] = [];
  for (const piece of parts) {
    const last = found.at(-1);
    if (last && last.tones.join() === piece.tones.join()) last.text += piece.text;
    else found.push({ ...piece });
  }
  return found;
}
