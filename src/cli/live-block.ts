/**
 * Lines at the bottom of a terminal that are drawn again in place. Only what changed is written, in one write,
 * between the marks that keep a terminal from showing half of it.
 */
import { columnsOf, cut } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const BEGIN = "\u001b[?2026h\u001b[?25l";
const END = "\u001b[?25h\u001b[?2026l";
const CLEAR_TO_END = "\u001b[J";
const CLEAR_LINE = "\u001b[K";
const COLOURS = /\u001b\[[0-9;]*m/g;

export interface LiveBlock {
  draw(lines: readonly string[]): void;
  /** Draws a last time; what is written afterwards comes under it. */
  end(lines: readonly string[]): void;
  /** Takes it off the screen. */
  clear(): void;
}

export function liveBlock(terminal: Pick<Terminal, "write" | "size">): LiveBlock {
  let drawn: readonly string[] = [];
  let drawnAt = 0;

  /** A terminal that was made narrower has broken the lines that were there: count what they take now. */
  const rowsAbove = (columns: number): number =>
    drawn.reduce((rows, line) => rows + Math.max(1, Math.ceil(columnsOf(line.replace(COLOURS, "")) / columns)), 0);

  function redraw(lines: readonly string[]): void {
    const { columns } = terminal.size();
    const up = columns < drawnAt ? rowsAbove(columns) : drawn.length;
    const same = columns === drawnAt;
    if (same && drawn.length === lines.length && drawn.every((line, at) => line === lines[at])) return;
    const home = up === 0 ? "" : `\u001b[${up}A\r`;
    const body = lines.map((line, at) => (same && line === drawn[at] ? "\n" : `${line}${CLEAR_LINE}\n`)).join("");
    const shorter = !same || drawn.length > lines.length;
    terminal.write(`${BEGIN}${home}${same ? "" : CLEAR_TO_END}${body}${shorter ? CLEAR_TO_END : ""}${END}`);
    drawn = lines;
    drawnAt = columns;
  }

  return {
    draw(lines) {
      const { rows } = terminal.size();
      // A block taller than the screen cannot be gone back over: its end would be drawn again and again.
      redraw(lines.length < rows ? lines : [...lines.slice(0, Math.max(1, rows - 2)), "…"]);
    },
    end(lines) {
      const { rows } = terminal.size();
      if (lines.length < rows) redraw(lines);
      else {
        this.clear();
        terminal.write(`${lines.join("\n")}\n`);
      }
      drawn = [];
    },
    clear() {
      if (drawn.length > 0) terminal.write(`\u001b[${rowsAbove(terminal.size().columns)}A\r${CLEAR_TO_END}`);
      drawn = [];
    },
  };
}

/** A coloured line in at most so many columns; colours end with it. */
export function cutColoured(line: string, columns: number): string {
  const bare = line.replace(COLOURS, "");
  if (columnsOf(bare) <= columns) return line;
  let room = columnsOf(cut(bare, columns)) - 1;
  let kept = "";
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith("\u001b")) {
      kept += part;
      continue;
    }
    if (room < 0) continue;
    const wide = columnsOf(part);
    kept += wide <= room ? part : cut(part, room + 1);
    room = wide <= room ? room - wide : -1;
  }
  return kept;
}
