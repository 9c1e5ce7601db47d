/** The panes of the private server that are devflow's: what their tags say, and how their programs ended. */
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { z } from "zod";
import { SessionId } from "../../domain/ids.ts";
import type { TerminalExit } from "../../ports/terminal-host.ts";
import { quote } from "./tmux-quote.ts";

/** What a new daemon must know of a pane that an old one has opened; kept as a tag of the pane. */
const PaneTag = z.object({
  session: SessionId,
  run: z.string(),
  /** The file (inside the state directory) in which the wrapper says how the program ended. */
  exitFile: z.string(),
  record: z.object({ file: z.string(), maxBytes: z.number() }).optional(),
});
export type PaneTag = z.infer<typeof PaneTag>;

export interface Pane {
  pane: string;
  window: string;
  pid: number;
  cols: number;
  rows: number;
  dead: boolean;
  /** What tmux knows of the end: of the wrapper, not of the program. */
  status: string;
  signal: string;
  tag: PaneTag;
}

/** Tags the current pane. Hex: no character of it means anything to tmux or in a list. */
export const tagCommands = (tag: PaneTag): string[] => [
  `set-option -p @devflow_tag ${Buffer.from(JSON.stringify(PaneTag.parse(tag))).toString("hex")}`,
  // To find one pane by, and for people who list panes.
  `set-option -p @devflow_session ${tag.session}`,
  `set-option -p @devflow_run ${quote(tag.run)}`,
];

const COLUMNS = [
  "pane_id",
  "window_id",
  "pane_pid",
  "pane_width",
  "pane_height",
  "pane_dead",
  "pane_dead_status",
  "pane_dead_signal",
  "@devflow_tag",
];
export const listPanes = `list-panes -a -F '${COLUMNS.map((name) => `#{${name}}`).join(",")}'`;

export const listPanesOf = (session: SessionId) => `${listPanes} -f '#{==:#{@devflow_session},${session}}'`;
export const listDeadPanes = "list-panes -a -f '#{pane_dead}' -F '#{pane_id}'";

/** Reads the list. A window that people look at through sessions of their own appears once for each: once is enough. */
export function panesFrom(lines: readonly Buffer[]): Pane[] {
  const panes = new Map<string, Pane>();
  for (const line of lines) {
    const [pane = "", window = "", ...rest] = line.toString().split(",");
    const [pid, cols, rows, dead, status = "", signal = "", hex = ""] = rest;
    const tag = tagFrom(hex);
    if (!tag) continue;
    const size = { cols: Number(cols), rows: Number(rows) };
    panes.set(pane, { pane, window, pid: Number(pid), ...size, dead: dead === "1", status, signal, tag });
  }
  return [...panes.values()];
}

function tagFrom(hex: string): PaneTag | undefined {
  if (hex === "") return undefined;
  try {
    return PaneTag.parse(JSON.parse(Buffer.from(hex, "hex").toString()));
  } catch {
    // Not ours, or of a devflow that tags otherwise.
    return undefined;
  }
}

const ExitFile = z.union([z.object({ signal: z.string() }), z.object({ code: z.number() })]);

/** What the wrapper has written, once it has. */
export function exitFrom(file: string): TerminalExit | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return ExitFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // Written, so the program has ended; a full disk may have left the file empty.
    return {};
  }
}

/** For a pane whose wrapper was ended itself: then tmux knows best, when it knows anything. */
export function exitFromTmux({ status, signal }: { status: string; signal: string }): TerminalExit | undefined {
  if (signal !== "") return { signal: signalName(signal) };
  return status === "" ? undefined : { code: Number(status) };
}

/** tmux prints the number (some builds the name without SIG). */
function signalName(signal: string): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === Number(signal));
  return found?.[0] ?? (signal.startsWith("SIG") ? signal : `SIG${signal}`);
}
