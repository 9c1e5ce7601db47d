/** A log with a past: runs that have ended, with all that one of them is told, and some that wait for a person. For benches. */
import { openEventLog } from "../src/adapters/storage/sqlite-event-log.ts";
import { systemIds } from "../src/adapters/system/ids.ts";
import { type RunEvent, RunStarted } from "../src/domain/event.ts";
import { RunId, SessionId } from "../src/domain/ids.ts";
import { persona, template } from "../test/support/made.ts";

/** As many runs are written side by side: one commit for all of them. */
const ABREAST = 50;
/** Of the attempts that a run has before its end; what it is told of each is some dozen events. */
const ATTEMPTS = 9;
const SHA = "c".repeat(64);
const COMMENT = "The second requirement cannot be tested as it is written. Say what a user would see. ".repeat(2);
const LINE = template({
  specify: {},
  review: { needs: ["specify"] },
  publish: { needs: ["review"], approval: "before" },
});

const ids = systemIds();

/** Fills the database `file` with ended runs of at least so many events in all; answers with their number. */
export async function endedRuns(file: string, events: number): Promise<number> {
  const log = openEventLog({ file });
  let written = 0;
  while (written < events) {
    const runs = Array.from({ length: ABREAST }, () => ended(RunId.parse(ids.next())));
    await Promise.all(runs.map(({ run, told }) => log.append(run, 0, told, { at: Date.now(), durable: false })));
    written += runs.reduce((sum, { told }) => sum + told.length, 0);
  }
  log.close();
  return written;
}

/** Adds runs that wait for a person to agree. */
export async function waitingRuns(file: string, count: number): Promise<void> {
  const log = openEventLog({ file });
  for (let n = 0; n < count; n += 1) {
    const run = RunId.parse(ids.next());
    const waits: RunEvent = { type: "approval.requested", phase: "publish", attempt: 0, when: "before" };
    const told = [...begun(run), ...phaseOf(run, "specify"), ...phaseOf(run, "review"), waits];
    await log.append(run, 0, told, { at: Date.now() });
  }
  log.close();
}

function ended(run: RunId): { run: RunId; told: RunEvent[] } {
  const report = {
    type: "report.written",
    json: `/data/${run}.json`,
    markdown: `/data/${run}.md`,
    sha256: SHA,
  } as const;
  return {
    run,
    told: [
      ...begun(run),
      ...["specify", "review", "publish"].flatMap((phase) => phaseOf(run, phase)),
      { type: "run.completed" },
      report,
    ],
  };
}

function begun(run: RunId): RunEvent[] {
  const bindings = Object.fromEntries(
    Object.keys(LINE.roles).map((role) => [role, { persona: persona(`author-${role}`), hash: SHA }]),
  );
  return [
    RunStarted.parse({
      type: "run.started",
      repo: `/home/someone/work/${run}`,
      base: "main",
      baseCommit: "4f2a".repeat(10),
      goal: COMMENT,
      template: LINE,
      templateHash: SHA,
      bindings,
      schemas: { "note@1": { schema: { type: "object" }, hash: SHA } },
    }),
    { type: "workspace.ready", path: `/data/worktrees/${run}`, branch: `devflow/${run}`, commit: "4f2a".repeat(10) },
  ];
}

/** A phase whose artifact is sent back again and again, until it is taken. */
function phaseOf(run: RunId, phase: string): RunEvent[] {
  const session = SessionId.parse(ids.next());
  const evidence = [{ source: "title" as const, said: "⠂ working", at: 1_000 }];
  const artifact = { sha256: SHA, bytes: 4_000, satisfied: true };
  const told: RunEvent[] = [
    {
      type: "session.opening",
      session,
      role: phase,
      persona: `author-${phase}@1`,
      adapter: "terminal",
      agent: "paper",
    },
    { type: "session.opened", session, host: "tmux", key: `4711-1700000000-%${phase.length}`, pid: 4_711 },
  ];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const about = { phase, attempt };
    const key = `prompt/${phase}/${attempt}/1`;
    const file = `/data/worktrees/${run}/.devflow/prompts/${phase}-${attempt}-1.md`;
    told.push(
      { type: "phase.started", ...about, round: 1, cause: "rejected", comment: COMMENT },
      { type: "prompt.sending", key, ...about, number: 1, session, purpose: "work", sha256: SHA, bytes: 4_000, file },
      { type: "prompt.delivered", key, ...about, session, receipt: evidence },
      { type: "artifact.checked", ...about, artifact },
    );
  }
  told.push(
    { type: "phase.accepted", phase, attempt: ATTEMPTS, artifact },
    { type: "session.closed", session, cause: "the run has ended" },
  );
  return told;
}
