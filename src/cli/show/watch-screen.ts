/** The full-screen view of `watch`: runs above or on the left, the selected one below or on the right. */
import { isLive } from "../../domain/session.ts";
import { say } from "../../messages/say.ts";
import { cutColoured } from "../live-block.ts";
import { progress } from "../progress.ts";
import type { Paper } from "../style.ts";
import { toned } from "../style.ts";
import { columnsOf, cut, oneLine } from "../table.ts";
import { cell, padStart } from "../text-width.ts";
import { ordered, selectedOf, type Watched, type WatchState } from "../watch-state.ts";
import { eventLine } from "./events.ts";
import { shortId } from "./ids.ts";
import { runMark, runTone, runWord } from "./marks.ts";
import { clock, duration } from "./times.ts";

/** From this width on, list and run stand side by side. */
const WIDE = 150;
const LIST_WIDTH = 66;
/** Rows that are not the middle: title and its blank line, blank line and keys. */
const FRAME_ROWS = 4;
/** The list never takes more of a narrow screen than this share. */
const LIST_SHARE = 0.35;

/** Exactly `rows` lines. */
export function watchScreen(state: WatchState, paper: Paper, rows: number): string[] {
  const hints = state.attach ? attachLines(state, paper) : [];
  const room = Math.max(1, rows - FRAME_ROWS - hints.length);
  const middle = filled(middleLines(state, paper, room), room);
  const lines = [title(state, paper), "", ...middle, ...hints, "", keys(state, paper)];
  return filled(lines, rows).map((line) => cutColoured(line, paper.columns));
}

const filled = (lines: readonly string[], rows: number): string[] =>
  Array.from({ length: rows }, (_, at) => lines[at] ?? "");

function title(state: WatchState, { style, columns, now }: Paper): string {
  const count = (status: string) => [...state.runs.values()].filter(({ summary }) => summary.status === status).length;
  const running = count("running") + count("pending");
  const waiting = count("waiting") + count("interrupted");
  const said = say("watch.running", { count: running });
  const asked = state.away
    ? `  ${say("watch.away")}`
    : waiting > 0
      ? `  ${say("watch.waiting", { count: waiting })}`
      : "";
  const gap = Math.max(2, columns - columnsOf(`devflow  ${said}${asked}`) - 8);
  return `${style.bold("devflow")}  ${said}${style.yellow(asked)}${" ".repeat(gap)}${style.dim(clock(now))}`;
}

function middleLines(state: WatchState, paper: Paper, room: number): string[] {
  const chosen = selectedOf(state);
  if (!chosen) return [paper.style.dim(say("watch.none"))];
  if (state.detail) return detailLines(chosen, paper, room);
  if (paper.columns >= WIDE) {
    const left = listLines(state, { ...paper, columns: LIST_WIDTH }, room);
    const right = runLines(chosen, { ...paper, columns: paper.columns - LIST_WIDTH - 3 });
    return Array.from({ length: room }, (_, at) => {
      const line = left[at] ?? "";
      const fill = " ".repeat(Math.max(0, LIST_WIDTH - columnsOf(bare(line))));
      return `${line}${fill} ${paper.style.dim("│")} ${right[at] ?? ""}`;
    });
  }
  const below = runLines(chosen, paper);
  const least = Math.min(state.runs.size, Math.max(3, Math.floor(room * LIST_SHARE)));
  const list = listLines(state, paper, Math.min(state.runs.size, Math.max(least, room - below.length - 1)));
  return [...list, paper.style.dim("─".repeat(paper.columns)), ...below];
}

const bare = (line: string): string => line.replace(/\u001b\[[0-9;]*m/g, "");

/** As many runs as there is room for, the selected one among them. */
function listLines(state: WatchState, paper: Paper, room: number): string[] {
  const all = ordered(state);
  const at = Math.max(
    0,
    all.findIndex(({ summary }) => summary.id === state.selected),
  );
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), all.length - room));
  return all.slice(first, first + room).map((run) => listLine(run, run.summary.id === state.selected, paper));
}

const TEMPLATE = { most: 24, share: 0.28 };

function listLine({ summary }: Watched, selected: boolean, paper: Paper): string {
  const { style, columns, now } = paper;
  const { id, status, template, accepted, phases, at, startedAt, endedAt, goal } = summary;
  const name = cell(template, Math.min(TEMPLATE.most, Math.floor(columns * TEMPLATE.share)));
  const done = padStart(`${accepted}/${phases}`, 5);
  const took = padStart(duration((endedAt ?? now) - startedAt), 7);
  const state = status === "running" && at !== "" ? at : runWord(status);
  const fixed = 2 + 2 + 6 + 2 + columnsOf(name) + 1 + 5 + 2 + 12 + 1 + 7 + 2;
  const row = [
    selected ? style.cyan("›") : " ",
    runMark(status, paper),
    selected ? style.bold(shortId(id)) : shortId(id),
    "",
    selected ? style.bold(name) : name,
    style.dim(done),
    "",
    toned(style, runTone(status), cell(state, 12)),
    style.dim(took),
    "",
    style.dim(cut(oneLine(goal), Math.max(0, columns - fixed))),
  ];
  return row.join(" ").trimEnd();
}

function runLines({ folding }: Watched, paper: Paper): string[] {
  return folding ? progress(folding.view, paper) : [paper.style.dim(say("watch.loading"))];
}

/** The run, and under it what happened last. */
function detailLines(chosen: Watched, paper: Paper, room: number): string[] {
  const top = runLines(chosen, paper);
  const left = room - top.length - 2;
  if (left < 1) return top;
  const events = chosen.history
    .slice(-left)
    .map((event) => `  ${eventLine(event, { ...paper, columns: paper.columns - 2 })}`);
  return [...top, "", paper.style.bold(say("watch.history")), ...events];
}

function attachLines(state: WatchState, { style }: Paper): string[] {
  const sessions = selectedOf(state)?.folding?.view.sessions.filter((s) => s.closedAt === undefined && isLive(s.state));
  if (!sessions?.length) return ["", style.dim(say("watch.nothing_to_attach"))];
  return [
    "",
    style.dim(say("watch.attach")),
    ...sessions.map(({ id, role }) => `  devflow attach ${shortId(id)}  ${style.dim(oneLine(role))}`),
  ];
}

function keys({ detail }: WatchState, { style }: Paper): string {
  const all = [
    ["↑↓", say("watch.key.select")],
    ["Enter", say(detail ? "watch.key.back" : "watch.key.detail")],
    ["a", say("watch.key.attach")],
    ["q", say("watch.key.quit")],
  ];
  return all.map(([key = "", text = ""]) => `${style.bold(key)} ${style.dim(text)}`).join("   ");
}
