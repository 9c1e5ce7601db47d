/** The sign and the colour of each state, the same in every view. */
import type { SessionState } from "../../domain/session.ts";
import type { PhaseView, RunView } from "../../domain/view.ts";
import { say } from "../../messages/say.ts";
import type { Paper, Tone } from "../style.ts";
import { toned } from "../style.ts";

export type PhaseStatus = PhaseView["status"];
export type RunStatus = RunView["status"];

/** One turn of the spinner has as many steps; a step lasts as long as a frame of a live view. */
const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
export const FRAME_MS = 120;
const AT_WORK = "▸";

// biome-ignore format: read by column
const PHASES: Record<PhaseStatus, { sign: string | "spinner"; tone: Tone }> = {
  pending:           { sign: "·", tone: "dim" },
  running:           { sign: "spinner", tone: "cyan" },
  repairing:         { sign: "spinner", tone: "yellow" },
  validating:        { sign: "spinner", tone: "cyan" },
  awaiting_approval: { sign: "?", tone: "yellow" },
  accepted:          { sign: "✓", tone: "green" },
  rejected:          { sign: "✗", tone: "yellow" },
  failed:            { sign: "✗", tone: "red" },
  skipped:           { sign: "-", tone: "dim" },
};

// biome-ignore format: read by column
const RUNS: Record<RunStatus, { sign: string | "spinner"; tone: Tone }> = {
  pending:     { sign: "·", tone: "dim" },
  running:     { sign: "spinner", tone: "cyan" },
  waiting:     { sign: "?", tone: "yellow" },
  interrupted: { sign: "!", tone: "yellow" },
  completed:   { sign: "✓", tone: "green" },
  failed:      { sign: "✗", tone: "red" },
  cancelled:   { sign: "-", tone: "dim" },
};

// biome-ignore format: read by column
const SESSIONS: Record<SessionState, Tone> = {
  starting: "dim", booting: "dim", ready: "green", working: "cyan",
  awaiting_permission: "yellow", awaiting_input: "yellow", login_required: "yellow", rate_limited: "yellow",
  stalled: "red", unresponsive: "red", closed: "dim", failed: "red", lost: "red",
};

const sign = (mark: string, { live, now }: Paper): string =>
  mark !== "spinner" ? mark : live ? (SPINNER[Math.floor(now / FRAME_MS) % SPINNER.length] ?? AT_WORK) : AT_WORK;

export const phaseMark = (status: PhaseStatus, paper: Paper): string =>
  toned(paper.style, PHASES[status].tone, sign(PHASES[status].sign, paper));

export const phaseTone = (status: PhaseStatus): Tone => PHASES[status].tone;

export const runMark = (status: RunStatus, paper: Paper): string =>
  toned(paper.style, RUNS[status].tone, sign(RUNS[status].sign, paper));

export const runTone = (status: RunStatus): Tone => RUNS[status].tone;
export const runWord = (status: RunStatus): string => say(`status.${status}`);

export const sessionTone = (state: SessionState): Tone => SESSIONS[state];
export const sessionWord = (state: SessionState): string => say(`session.${state}`);

/** For tables, which colour a cell by what it says. */
export const toneOfRunWord = (word: string): Tone | undefined =>
  (Object.keys(RUNS) as RunStatus[]).filter((status) => runWord(status) === word).map(runTone)[0];

export const toneOfSessionWord = (word: string): Tone | undefined =>
  (Object.keys(SESSIONS) as SessionState[]).filter((state) => sessionWord(state) === word).map(sessionTone)[0];

export const RUN_STATUSES = Object.keys(RUNS) as readonly RunStatus[];
