/** Where the daemon is killed: every effect before it, between its intent and its receipt, and behind it. The one list of these. */
import type { StoryName } from "./stories.ts";

interface More {
  /** Which time the point is passed; the first when left out. */
  nth?: number;
  /** Also where terminals live in holders. */
  pty?: true;
  /** `npm run check` leaves it to `npm run crash -- --points`: a point beside it shows nearly the same. */
  seldom?: true;
  /** Where the next daemon dies, while it takes up the run. */
  again?: string;
}

export interface Point extends More {
  /** As people say it. */
  name: string;
  /** As the ports have it (`doom.ts`). */
  at: string;
  story: StoryName;
}

const [pty, seldom] = [true, true] as const;

type Row = readonly [name: string, at: string, more?: More];

// biome-ignore format: read by line
const ROWS: Readonly<Partial<Record<StoryName, readonly Row[]>>> = {
  line: [
    ["a run is started, and nobody was told", "after log.append run.started"],
    ["a worktree is about to be made", "before worktree.prepare", { seldom }],
    ["git has made a worktree, and nobody wrote it down", "after git worktree add"],
    ["the record of a worktree has not got its name", "before file.rename worktrees"],
    ["a worktree is made, without a receipt", "after worktree.prepare"],
    ["a worktree has its receipt", "after log.append workspace.ready", { seldom }],
    ["a command is about to run", "before log.append command.starting", { seldom }],
    ["a command has its intent", "after log.append command.starting"],
    ["a command has run, and its result is not kept", "after command.run"],
    ["an artifact is there, and nothing in it", "after file.open artifacts"],
    ["the result of a command is kept, without a receipt", "after artifact.keep"],
    ["a command has its receipt", "after log.append command.finished", { seldom }],
    ["a session is about to be told of", "before log.append session.opening", { seldom }],
    ["a session has its intent", "after log.append session.opening"],
    ["a terminal is about to open", "before host.open", { pty }],
    ["a terminal is open, without a receipt", "after host.open", { pty }],
    ["a session has its receipt", "after log.append session.opened", { seldom }],
    ["a prompt is about to be written", "before worktree.write", { seldom }],
    ["a prompt's file is there, and nothing in it", "after file.open prompts"],
    ["a prompt is written, and not told of", "before log.append prompt.sending", { seldom }],
    ["a prompt has its intent", "after log.append prompt.sending"],
    ["a prompt is about to be typed", "before terminal.paste"],
    ["a prompt is typed and not entered", "after terminal.paste typed", { pty }],
    ["a prompt is about to be entered", "before terminal.press", { seldom }],
    ["a prompt is entered, without a receipt", "after terminal.press typed", { pty }],
    ["a prompt has its receipt", "after log.append prompt.delivered"],
    ["a bad artifact was read", "after artifact.look bad", { seldom }],
    ["a repair is asked for", "after log.append artifact.refused"],
    ["a repair is typed and not entered", "after terminal.paste typed", { nth: 2 }],
    ["a good artifact was read and kept", "after artifact.look good"],
    ["an artifact is checked", "after log.append artifact.checked"],
    ["an approval is asked for", "after log.append approval.requested", { seldom }],
    ["an approval is about to be recorded", "before log.append approval.answered", { seldom }],
    ["an approval is recorded, and nobody was told", "after log.append approval.answered"],
    ["a phase is about to be accepted", "before log.append phase.accepted", { nth: 2, seldom }],
    ["a phase is accepted", "after log.append phase.accepted", { nth: 2 }],
    ["a run is about to be completed", "before log.append run.completed", { seldom }],
    ["a run is completed", "after log.append run.completed"],
    ["a terminal is about to be closed", "before terminal.close", { seldom }],
    ["a terminal is closed, without a receipt", "after terminal.close", { pty }],
    ["a session is closed", "after log.append session.closed", { seldom }],
    ["half of a report is written", "before file.rename runs", { nth: 2 }],
    ["a report is written, without a receipt", "after report.write"],
    ["a report has its receipt", "after log.append report.written", { seldom }],
    ["a deletion is about to begin", "before worktree.remove", { seldom }],
    ["uncommitted work is being saved", "before git commit-tree"],
    ["uncommitted work is saved, and still there", "after git update-ref"],
    ["a worktree is removed, and its run not", "after worktree.remove"],
    ["what a run has left is removed, and nobody wrote it down", "after leavings.remove"],
    ["a deletion has its receipt", "after log.append run.deleted"],
    ["an interrupted run is told of", "after log.append prompt.sending", { again: "after log.append run.interrupted" }],
    ["a run is taken up again", "after terminal.paste typed", { again: "after log.append run.resumed" }],
    ["a terminal is taken over", "after terminal.press typed", { again: "after host.adopt", pty }],
    ["a worktree is looked for again", "after git worktree add", { again: "after worktree.prepare", seldom }],
    ["the database is opened again", "after log.append artifact.checked", { again: "after database", seldom }],
    ["an event is about to be audited", "before audit.append", { seldom }],
    ["an event is audited, and not known to be", "after audit.append", { nth: 3 }],
  ],
  saved: [
    ["a backup is written under another name", "before backup.rename"],
    ["a backup is written, and nobody was told", "after backup", { seldom }],
  ],
  asks: [
    ["a question is asked", "after log.append escalation.raised", { seldom }],
    ["a permission is about to be answered", "after log.append permission.answering", { seldom }],
    ["the answer to a permission is about to be pressed", "before terminal.press", { nth: 2 }],
    ["the answer to a permission is pressed, without a receipt", "after terminal.press typed", { nth: 2 }],
    ["the answer to a permission has its receipt", "after log.append permission.answered"],
  ],
  falls: [
    ["an agent's death is told of", "after log.append session.recovery"],
    ["an agent is about to be started again", "before host.open", { nth: 2, seldom }],
    ["an agent is started again, without a receipt", "after host.open", { nth: 2 }],
  ],
  talks: [
    ["a person's words are kept, and nobody was told", "after log.append turn.asked"],
    ["a turn is typed and not entered", "after terminal.paste typed", { seldom }],
    ["a turn is entered, without a receipt", "after terminal.press typed", { pty }],
    ["an answer is kept, and its turn is not over", "after artifact.keep", { nth: 2 }],
    ["a turn is over", "after log.append turn.ended", { seldom }],
    ["a second turn is asked", "after log.append turn.asked", { nth: 2, seldom }],
    ["a talk is ended, and not recorded", "after log.append talk.ended"],
  ],
  chain: [
    ["the next prompt is ready, and not told of", "before log.append prompt.sending", { nth: 3 }],
    ["the next prompt is told of with acceptance", "after log.append prompt.sending", { nth: 3 }],
    ["the next prompt is typed and not entered", "after terminal.paste typed", { nth: 3, seldom }],
  ],
  paid: [
    ["money is about to be reserved", "before ledger.reserve", { seldom }],
    ["money is reserved, and the call not made", "after ledger.reserve"],
    ["money was spent and is not booked", "before ledger.book"],
    ["money is booked, and nobody wrote it down", "after ledger.book"],
    ["a call of a model is told of", "after log.append model.called"],
    ["a tool is about to be told of", "before log.append tool.called", { seldom }],
    ["a limit is crossed", "after log.append budget.crossed", { seldom }],
    ["a limit is about to be raised", "before log.append escalation.settled", { seldom }],
    ["a limit is raised", "after log.append escalation.settled"],
  ],
};

export const POINTS: readonly Point[] = Object.entries(ROWS).flatMap(([story, rows]) =>
  rows.map(([name, at, more]) => ({ name, at, story: story as StoryName, ...more })),
);
