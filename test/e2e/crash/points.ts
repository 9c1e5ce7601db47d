/** Where the daemon is killed: every effect before it, between its intent and its receipt, and behind it. The one list of these. */
import type { StoryName } from "./stories.ts";

export interface Point {
  /** As people say it. */
  name: string;
  /** As the ports have it (`doom.ts`), and which time it is passed. */
  at: string;
  nth?: number;
  story: StoryName;
  /** Also where terminals live in holders. */
  pty?: true;
}

const line = (points: Record<string, string | [string, number]>, story: StoryName = "line"): Point[] =>
  Object.entries(points).map(([name, at]) => {
    const [point, nth] = typeof at === "string" ? [at, undefined] : at;
    return { name, at: point, story, ...(nth !== undefined && { nth }), ...(PTY.has(name) && { pty: true as const }) };
  });

const PTY: ReadonlySet<string> = new Set([
  "a terminal is about to open",
  "a terminal is open, without a receipt",
  "a prompt is typed and not entered",
  "a prompt is entered, without a receipt",
  "a terminal is closed, without a receipt",
]);

export const POINTS: readonly Point[] = [
  ...line({
    "a run is started, and nobody was told": "after log.append run.started",
    "a worktree is about to be made": "before worktree.prepare",
    "git has made a worktree, and nobody wrote it down": "after git worktree add",
    "the record of a worktree has not got its name": ["before file.rename worktrees", 2],
    "a worktree is made, without a receipt": "after worktree.prepare",
    "a worktree has its receipt": "after log.append workspace.ready",
    "a command is about to run": "before log.append command.starting",
    "a command has its intent": "after log.append command.starting",
    "a command has run, and its result is not kept": "after command.run",
    "an artifact is written under another name": "before file.rename artifacts",
    "the result of a command is kept, without a receipt": "after artifact.keep",
    "a command has its receipt": "after log.append command.finished",
    "a session is about to be told of": "before log.append session.opening",
    "a session has its intent": "after log.append session.opening",
    "a terminal is about to open": "before host.open",
    "a terminal is open, without a receipt": "after host.open",
    "a session has its receipt": "after log.append session.opened",
    "a prompt is about to be written": "before worktree.write",
    "a prompt is written, and not told of": "before log.append prompt.sending",
    "a prompt has its intent": "after log.append prompt.sending",
    "a prompt is about to be typed": "before terminal.paste",
    "a prompt is typed and not entered": "after terminal.paste typed",
    "a prompt is about to be entered": "before terminal.press",
    "a prompt is entered, without a receipt": "after terminal.press typed",
    "a prompt has its receipt": "after log.append prompt.delivered",
    "a bad artifact was read": "after artifact.look bad",
    "a repair is asked for": "after log.append artifact.refused",
    "a repair is typed and not entered": ["after terminal.paste typed", 2],
    "a good artifact was read and kept": "after artifact.look good",
    "an artifact is checked": "after log.append artifact.checked",
    "an approval is asked for": "after log.append approval.requested",
    "an approval is about to be recorded": "before log.append approval.answered",
    "an approval is recorded, and nobody was told": "after log.append approval.answered",
    "a phase is about to be accepted": ["before log.append phase.accepted", 2],
    "a phase is accepted": ["after log.append phase.accepted", 2],
    "a run is about to be completed": "before log.append run.completed",
    "a run is completed": "after log.append run.completed",
    "a terminal is about to be closed": "before terminal.close",
    "a terminal is closed, without a receipt": "after terminal.close",
    "a session is closed": "after log.append session.closed",
    "half of a report is written": ["before file.rename runs", 2],
    "a report is written, without a receipt": "after report.write",
    "a report has its receipt": "after log.append report.written",
    "a deletion is about to begin": "before worktree.remove",
    "uncommitted work is being saved": "before git commit-tree",
    "uncommitted work is saved, and still there": "after git update-ref",
    "a worktree is removed, and its run not": "after worktree.remove",
    "what a run has left is removed, and nobody wrote it down": "after leavings.remove",
    "a deletion has its receipt": "after log.append run.deleted",
    "an event is about to be audited": "before audit.append",
    "an event is audited, and not known to be": ["after audit.append", 3],
  }),
  ...line(
    {
      "a question is asked": "after log.append escalation.raised",
      "a permission is about to be answered": "after log.append permission.answering",
      "the answer to a permission is about to be pressed": ["before terminal.press", 2],
      "the answer to a permission is pressed, without a receipt": ["after terminal.press typed", 2],
      "the answer to a permission has its receipt": "after log.append permission.answered",
    },
    "asks",
  ),
  ...line(
    {
      "an agent's death is told of": "after log.append session.recovery",
      "an agent is about to be started again": ["before host.open", 2],
      "an agent is started again, without a receipt": ["after host.open", 2],
    },
    "falls",
  ),
  ...line(
    {
      "money is about to be reserved": "before ledger.reserve",
      "money is reserved, and the call not made": "after ledger.reserve",
      "money was spent and is not booked": "before ledger.book",
      "money is booked, and nobody wrote it down": "after ledger.book",
      "a call of a model is told of": "after log.append model.called",
      "a tool is about to be told of": "before log.append tool.called",
      "a limit is crossed": "after log.append budget.crossed",
      "a limit is about to be raised": "before log.append escalation.settled",
      "a limit is raised": "after log.append escalation.settled",
    },
    "paid",
  ),
];
