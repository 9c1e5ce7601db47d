/** Reads a pane's screen from tmux, as bytes that make an emulator show the same. */
import { quote } from "./tmux-quote.ts";

/** What the emulator cannot learn from the screen's text, in one line; the title comes last since it may hold anything. */
const STATE = [
  "pane_width",
  "pane_height",
  "alternate_on",
  "cursor_x",
  "cursor_y",
  "cursor_flag",
  "bracket_paste_flag",
];

export interface Seed {
  bytes: Buffer;
  title: string;
  cols: number;
  rows: number;
  /** tmux before 3.7 does not tell the mode, and a daemon that was killed may not have kept what it saw. */
  pasteUnknown: boolean;
}

/** One command list, so that nothing happens between its parts. Prints three blocks: screen, pending bytes, state. */
export const seedCommands = (pane: string): string =>
  [
    `capture-pane -p -e -N -t ${pane}`,
    `capture-pane -p -P -C -t ${pane}`,
    `display-message -p -t ${pane} ${quote(`${STATE.map((name) => `#{${name}}`).join(",")},#{@devflow_paste},#{pane_title}`)}`,
  ].join(" ; ");

export function seedFrom(blocks: readonly (readonly Buffer[])[]): Seed {
  const [screen = [], pending = [], state = []] = blocks;
  const [cols, rows, alternate, x, y, cursor, pasteFlag, pasteKept, ...title] = String(state[0] ?? "").split(",");
  const parts: (string | Uint8Array)[] = [];
  if (alternate === "1") parts.push("\x1b[?1049h");
  // tmux captures line drawing as the second character set, switched by SO and SI.
  parts.push("\x1b)0");
  screen.forEach((line, row) => {
    parts.push(`\x1b[${row + 1};1H`, line);
  });
  parts.push("\x0f\x1b)B\x1b[0m", `\x1b[${Number(y) + 1};${Number(x) + 1}H`);
  if (cursor === "0") parts.push("\x1b[?25l");
  // Only tmux 3.7 and newer tell the mode: before, we keep what the program asked for as a tag of the pane.
  if (pasteFlag === "1" || (pasteFlag === "" && pasteKept === "1")) parts.push("\x1b[?2004h");
  // The beginning of an escape sequence whose end is still to come.
  parts.push(
    Buffer.from(
      pending.join("\n").replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
      "latin1",
    ),
  );
  return {
    bytes: Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))),
    title: title.join(","),
    cols: Number(cols),
    rows: Number(rows),
    pasteUnknown: pasteFlag === "" && pasteKept !== "1",
  };
}
