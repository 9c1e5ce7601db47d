/**
 * Markdown as text for a terminal: what agents answer and what reports say, laid into columns.
 *
 * M1. Nothing of the text drives the terminal: control characters are taken out before anything is read.
 * M2. What is no markdown stays as it was written; only the name after a fence is ever cut.
 * M3. No line is wider than the terminal, code and tables included.
 */
import { cleanText } from "../../domain/text.ts";
import { type Style, styleFor } from "../style.ts";
import { columnsOf, cut } from "../table.ts";
import { inlined, plainly, wrapped } from "./markdown-inline.ts";
import { readTable, tableLines } from "./markdown-table.ts";

export interface MarkdownOptions {
  /** Columns; `Infinity` where nothing is wrapped. */
  width: number;
  color: boolean;
}

/** Narrower than this no text can be read: it gets that much all the same. */
const LEAST_WIDTH = 20;

/** Quotes in quotes in lists go no deeper than anybody reads. */
const DEEPEST = 8;

export function renderMarkdown(text: string, { width, color }: MarkdownOptions): string {
  const lines = cleanText(text.replaceAll("\r\n", "\n").replaceAll("\t", "    ")).text.split("\n");
  const style = styleFor(color);
  return blocks(lines, { width: Math.max(LEAST_WIDTH, width), style, depth: 0 }).join("\n");
}

interface Room {
  width: number;
  style: Style;
  depth: number;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])( +|$)/;
const SETEXT = /^ {0,3}(=+|-+)\s*$/;

/** The blocks one after the other, an empty line between them. */
function blocks(lines: readonly string[], room: Room): string[] {
  const shown: string[] = [];
  for (let at = 0; at < lines.length; ) {
    if (isBlank(lines[at])) {
      at += 1;
      continue;
    }
    const { text, next } = block(lines, at, room);
    if (shown.length > 0) shown.push("");
    shown.push(...text);
    at = next;
  }
  return shown;
}

interface Block {
  text: string[];
  /** The line after it. */
  next: number;
}

function block(lines: readonly string[], at: number, room: Room): Block {
  const line = lines[at] ?? "";
  const { style, width, depth } = room;
  const fence = FENCE.exec(line);
  if (fence) return code(lines, at, fence[1] ?? "", fence[2] ?? "", room);
  const heading = HEADING.exec(line);
  if (heading) return { text: headed(heading[2] ?? "", heading[1]?.length ?? 1, room), next: at + 1 };
  if (RULE.test(line)) return { text: [style.dim("─".repeat(Math.min(width, 40)))], next: at + 1 };
  if (QUOTE.test(line) && depth < DEEPEST) return quote(lines, at, room);
  if (ITEM.test(line) && depth < DEEPEST) return list(lines, at, room);
  const table = readTable(lines, at);
  if (table) return { text: tableLines(table, { width, style }), next: table.next };
  return paragraph(lines, at, room);
}

const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === "";

function headed(text: string, level: number, { width, style }: Room): string[] {
  const title = wrapped(inlined(text, style), width).map((line) => style.bold(level === 1 ? style.cyan(line) : line));
  if (level > 2) return title;
  const rule = Math.min(width, columnsOf(plainly(text)));
  return [...title, style.dim((level === 1 ? "═" : "─").repeat(Math.max(1, rule)))];
}

/** Code is not wrapped between words: a line that is too long goes on in the next one. */
function code(lines: readonly string[], at: number, fence: string, language: string, { width, style }: Room): Block {
  const closing = new RegExp(`^ {0,3}${fence[0] ?? "`"}{${fence.length},}\\s*$`);
  const end = lines.findIndex((line, n) => n > at && closing.test(line));
  const last = end === -1 ? lines.length : end; // an answer that was cut off in the middle of it
  const indent = /^ */.exec(lines[at] ?? "")?.[0].length ?? 0;
  const body = lines.slice(at + 1, last).map((line) => line.replace(new RegExp(`^ {0,${indent}}`), ""));
  while (isBlank(body.at(-1)) && body.length > 0) body.pop();
  const bar = style.dim("│");
  const label = language.trim() === "" ? [] : [`${bar} ${style.dim(cut(language.trim(), width - 2))}`];
  const text = body.flatMap((line) => chopped(line, width - 2).map((part) => `${bar} ${style.green(part)}`.trimEnd()));
  return { text: [...label, ...(text.length === 0 ? [bar] : text)], next: Math.min(last + 1, lines.length) };
}

/** Pieces of at most `columns`. */
function chopped(line: string, columns: number): string[] {
  if (columnsOf(line) <= columns) return [line];
  const pieces: string[] = [];
  let piece = "";
  let used = 0;
  for (const character of line) {
    const wide = columnsOf(character);
    if (used + wide > columns) {
      pieces.push(piece);
      piece = "";
      used = 0;
    }
    piece += character;
    used += wide;
  }
  return [...pieces, piece];
}

function quote(lines: readonly string[], at: number, room: Room): Block {
  const { next, inner } = quoted(lines, at);
  const inside = blocks(inner, { ...room, width: Math.max(LEAST_WIDTH / 2, room.width - 2), depth: room.depth + 1 });
  return { text: inside.map((line) => `${room.style.dim("▌")} ${room.style.dim(line)}`.trimEnd()), next };
}

/** A quote, and the lines of its last paragraph that have lost their mark. */
function quoted(lines: readonly string[], at: number): { next: number; inner: string[] } {
  let next = at;
  const inner: string[] = [];
  for (; !isBlank(lines[next]); next++) {
    const line = lines[next] ?? "";
    if (!QUOTE.test(line) && (isBlank(inner.at(-1)) || startsBlock(line))) break;
    inner.push(line.replace(QUOTE, ""));
  }
  return { next, inner };
}

const startsBlock = (line: string): boolean =>
  [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(line));

function list(lines: readonly string[], at: number, room: Room): Block {
  const text: string[] = [];
  let next = at;
  let loose = false;
  const base = ITEM.exec(lines[at] ?? "")?.[1]?.length ?? 0;
  const numbered = /\d/.test(ITEM.exec(lines[at] ?? "")?.[2] ?? "");
  for (;;) {
    const mark = ITEM.exec(lines[next] ?? "");
    if (!mark || RULE.test(lines[next] ?? "")) break;
    const indent = mark[1]?.length ?? 0;
    if (indent < base || indent >= base + 2 || /\d/.test(mark[2] ?? "") !== numbered) break;
    const item = itemAt(lines, next, mark);
    const shown = itemLines(item.inner, mark[2] ?? "-", room);
    if (loose) text.push("");
    text.push(...shown);
    next = item.next;
    loose = item.loose;
  }
  return { text, next };
}

/** The lines of one item, without their indentation; `loose`: an empty line comes before what follows. */
function itemAt(lines: readonly string[], at: number, mark: RegExpExecArray) {
  const content =
    mark[0].trimEnd().length === mark[0].length
      ? mark[0].length + 1
      : Math.min(mark[0].length, mark[0].trimEnd().length + 4);
  const inner = [(lines[at] ?? "").slice(mark[0].length)];
  let next = at + 1;
  let blanks = 0;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? "";
    if (isBlank(line)) {
      blanks += 1;
      continue;
    }
    const indent = line.length - line.trimStart().length;
    const belongs = indent >= Math.min(content, (mark[1]?.length ?? 0) + 2);
    if (!belongs && (blanks > 0 || startsBlock(line))) break;
    for (; blanks > 0; blanks--) inner.push("");
    inner.push(belongs ? line.slice(Math.min(indent, content)) : line.trimStart());
  }
  return { inner, next, loose: blanks > 0 };
}

const TASK = /^\[([ xX])\] +/;

function itemLines(inner: readonly string[], mark: string, room: Room): string[] {
  const [first = "", ...rest] = inner;
  const task = TASK.exec(first);
  const box = task ? (task[1] === " " ? "☐" : "☑") : undefined;
  const sign = box ?? (/\d/.test(mark) ? mark : "•");
  const hang = " ".repeat(columnsOf(sign) + 1);
  const width = Math.max(LEAST_WIDTH / 2, room.width - hang.length);
  const body = blocks([first.replace(TASK, ""), ...rest], { ...room, width, depth: room.depth + 1 });
  const tight = inner.some((line) => isBlank(line)) ? body : body.filter((line) => line !== "");
  const [head = "", ...more] = tight;
  return [`${room.style.cyan(sign)} ${head}`.trimEnd(), ...more.map((line) => (line === "" ? "" : hang + line))];
}

function paragraph(lines: readonly string[], at: number, { width, style }: Room): Block {
  const parts: string[] = [];
  let next = at;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? "";
    const level = next > at && SETEXT.exec(line);
    if (level) {
      const title = parts.join(" ");
      return { text: headed(title, level[1]?.startsWith("=") ? 1 : 2, { width, style, depth: 0 }), next: next + 1 };
    }
    if (isBlank(line) || (next > at && (startsBlock(line) || readTable(lines, next)))) break;
    // Two spaces or a backslash at the end break the line there.
    parts.push(/( {2,}|\\)$/.test(line) ? `${line.trim().replace(/\\$/, "")}\n` : line.trim());
  }
  const joined = parts.join(" ").replaceAll("\n ", "\n");
  return {
    text: joined
      .trimEnd()
      .split("\n")
      .flatMap((line) => wrapped(inlined(line, style), width)),
    next,
  };
}
