/** The whole terminal as a canvas: an alternate screen, of which only changed lines are written. */
import type { Terminal } from "./terminal.ts";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[H\u001b[2J";
// Cleared first: tmux keeps what is on an alternate screen that was resized.
const LEAVE = "\u001b[H\u001b[2J\u001b[?25h\u001b[?1049l";
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";

export interface FullScreen {
  draw(lines: readonly string[]): void;
  leave(): void;
}

export function fullScreen(terminal: Pick<Terminal, "write" | "size">): FullScreen {
  terminal.write(ENTER);
  let drawn: readonly string[] = [];
  let size = "";
  return {
    draw(lines) {
      const { columns, rows } = terminal.size();
      const fresh = `${columns}x${rows}` !== size;
      size = `${columns}x${rows}`;
      const changed = lines
        .map((line, at) => (!fresh && line === drawn[at] ? "" : `\u001b[${at + 1};1H${line}\u001b[K`))
        .join("");
      if (changed !== "") terminal.write(`${BEGIN}${fresh ? "\u001b[2J" : ""}${changed}${END}`);
      drawn = lines;
    },
    leave: () => terminal.write(LEAVE),
  };
}
