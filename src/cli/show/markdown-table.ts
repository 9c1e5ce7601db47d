/** Markdown's tables: laid out when they fit the terminal, and otherwise each row as a short list of its cells. */
import type { Style } from "../style.ts";
import { columnsOf } from "../table.ts";
import { inlined, plainly, wrapped } from "./markdown-inline.ts";

export interface MarkdownTable {
  head: readonly string[];
  aligns: readonly ("left" | "right" | "center")[];
  rows: readonly (readonly string[])[];
  /** The line after it. */
  next: number;
}

const DELIMITERS = /^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** The table that begins at this line, if one does. */
export function readTable(lines: readonly string[], at: number): MarkdownTable | undefined {
  const head = lines[at] ?? "";
  const delimiters = lines[at + 1] ?? "";
  if (!head.includes("|") || !delimiters.includes("-") || !DELIMITERS.test(delimiters)) return undefined;
  const titles = cells(head);
  const aligns = cells(delimiters).map((mark) =>
    mark.endsWith(":") ? (mark.startsWith(":") ? "center" : "right") : "left",
  );
  if (titles.length !== aligns.length) return undefined;
  const rows: string[][] = [];
  let next = at + 2;
  for (; (lines[next] ?? "").includes("|"); next++) {
    const row = cells(lines[next] ?? "");
    rows.push(titles.map((_, n) => row[n] ?? ""));
  }
  return { head: titles, aligns, rows, next };
}

/** Cells of a row; a pipe within them has a backslash before it, or stands in code. */
function cells(line: string): string[] {
  const found: string[] = [];
  let cell = "";
  let code = false;
  const text = line.trim().replace(/^\|/, "");
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\\" && text[at + 1] === "|") {
      cell += "|";
      at += 1;
      continue;
    }
    if (character === "`") code = !code;
    if (character === "|" && !code) {
      found.push(cell.trim());
      cell = "";
    } else cell += character;
  }
  return cell.trim() === "" && found.length > 0 ? found : [...found, cell.trim()];
}

/** A column keeps at least this much, or the table is shown as a list. */
const LEAST_COLUMN = 6;
const GAP = " │ ";

export function tableLines(
  { head, aligns, rows }: MarkdownTable,
  { width, style }: { width: number; style: Style },
): string[] {
  const gaps = GAP.length * (head.length - 1);
  const columns = head.map((title, n) => [title, ...rows.map((row) => row[n] ?? "")]);
  const wanted = columns.map((cells) => Math.max(1, ...cells.map(widthOf)));
  const whole = columns.map((cells) => Math.max(1, ...cells.map(longestWord)));
  const widths = fitted(wanted, whole, width - gaps);
  if (!widths) return asList(head, rows, width, style);
  const line = (row: readonly string[], bold: boolean): string[] => {
    const laid = row.map((cell, n) => wrapped(inlined(cell, style), widths[n] ?? 1));
    const height = Math.max(1, ...laid.map((parts) => parts.length));
    return Array.from({ length: height }, (_, at) =>
      laid
        .map((parts, n) => aligned(parts[at] ?? "", widths[n] ?? 1, aligns[n] ?? "left"))
        .map((text) => (bold ? style.bold(text) : text))
        .join(style.dim(GAP))
        .trimEnd(),
    );
  };
  const rule = style.dim(widths.map((columns) => "─".repeat(columns)).join("─┼─"));
  // A list of facts has titles of rows alone.
  const titled = head.some((title) => widthOf(title) > 0);
  return [...(titled ? [...line(head, true), rule] : []), ...rows.flatMap((row) => line(row, false))];
}

const widthOf = (cell: string): number => columnsOf(plainly(cell));

const longestWord = (cell: string): number => Math.max(0, ...plainly(cell).split(/\s+/).map(columnsOf));

/**
 * Takes from the widest column until it fits, from those that can be broken between words first; `undefined` when that leaves
 * too little.
 */
function fitted(wanted: readonly number[], whole: readonly number[], room: number): number[] | undefined {
  if (!Number.isFinite(room)) return [...wanted];
  const widths = [...wanted];
  for (let over = widths.reduce((sum, columns) => sum + columns, 0) - room; over > 0; over--) {
    const loose = widths.map((columns, n) => (columns > (whole[n] ?? 0) ? columns : 0));
    const from = loose.some((columns) => columns > LEAST_COLUMN) ? loose : widths;
    const widest = from.indexOf(Math.max(...from));
    if ((widths[widest] ?? 0) <= LEAST_COLUMN) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

const COLOURS = /\u001b\[\d+m/g;

function aligned(text: string, columns: number, how: "left" | "right" | "center"): string {
  const room = Math.max(0, columns - columnsOf(text.replace(COLOURS, "")));
  const before = how === "right" ? room : how === "center" ? Math.floor(room / 2) : 0;
  return " ".repeat(before) + text + " ".repeat(room - before);
}

function asList(head: readonly string[], rows: readonly (readonly string[])[], width: number, style: Style): string[] {
  return rows.flatMap((row, n) => [
    ...(n === 0 ? [] : [""]),
    ...row.flatMap((cell, at) => {
      const [first = "", ...more] = wrapped(inlined(`**${head[at] ?? ""}**: ${cell}`, style), width - 2);
      return [first, ...more.map((line) => `  ${line}`)];
    }),
  ]);
}
