/** The kinds of things that a killed daemon, an agent or a cut-off deletion can leave behind, and how each is freed. */
import { Failure, failureRecord } from "../domain/failure.ts";
import { RunId, type SessionId } from "../domain/ids.ts";
import type { Outcome } from "../domain/outcome.ts";
import { fold } from "../domain/run-evolve.ts";
import { isTidy, type RunState } from "../domain/run-state.ts";
import { isLive } from "../domain/session.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { EndProcesses } from "../ports/processes.ts";
import type { Terminal, TerminalHost } from "../ports/terminal-host.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { Leftover, SweepTable } from "./sweep.ts";

/** What of a host is needed here. */
interface Terminals extends Pick<TerminalHost, "list"> {
  adopt(session: SessionId): Promise<Pick<Terminal, "close"> | undefined>;
}

/** A process that carries devflow's marks, and works in a directory of this devflow home. */
export interface Marked {
  pid: number;
  run: string;
  session: SessionId;
}

/** A file or folder that is devflow's by its name and place, and of no use to anybody. */
export interface Stray {
  path: string;
  remove(): Promise<unknown>;
}

export interface LeftoversOf {
  log: Pick<EventLog, "read" | "runs">;
  host: Terminals;
  marked(): Promise<readonly Marked[]>;
  endProcesses: EndProcesses;
  ledger: Pick<Ledger, "open">;
  settleLeft(gone: (session: string) => boolean): Promise<void>;
  workspaces: Pick<Workspaces, "check" | "remove">;
  /** The runs that have a folder among the worktrees. */
  worktrees(): Promise<readonly RunId[]>;
  learn(run: RunId, outcome: Outcome): Promise<unknown>;
  /** Kind → what lies about of it. */
  strays: Readonly<Record<string, () => Promise<readonly Stray[]>>>;
}

/** What an agent or a command that nobody waits for gets to come to its end. */
const GRACE_MS = 5_000;

export function leftovers(of: LeftoversOf): SweepTable {
  return {
    terminals: terminalsLeft(of),
    processes: () => processesLeft(of),
    reservations: () => reservationsLeft(of),
    worktrees: () => worktreesLeft(of),
    runs: () => runsBeyondResume(of),
    ...Object.fromEntries(Object.entries(of.strays).map(([kind, find]) => [kind, async () => strays(await find())])),
  };
}

type Log = Pick<EventLog, "read">;

/** Runs as they stand, each read once for the whole of a look; `undefined` for one that this log does not know. */
function standing(log: Log): (run: string) => RunState | undefined {
  const known = new Map<string, RunState | undefined>();
  const read = (run: string): RunState | undefined => {
    const id = RunId.safeParse(run);
    const events = id.success ? log.read(id.data) : [];
    return events.length > 0 ? fold(events.map(({ event }) => event)) : undefined;
  };
  return (run) => {
    if (!known.has(run)) known.set(run, read(run));
    return known.get(run);
  };
}

/** By the log. What it does not know may be somebody else's; commands have marks that are no session's, and end with their run. */
function isOver(state: RunState | undefined, session: string): boolean {
  if (!state) return false;
  const known = state.sessions[session];
  return known ? !isLive(known.state) : isTidy(state);
}

/** Panes and holders. They are this home's own by where they were found, so one that the log does not know goes too. */
export function terminalsLeft({ host, log }: Pick<LeftoversOf, "host"> & { log: Log }): () => Promise<Leftover[]> {
  return async () => {
    const stateOf = standing(log);
    return (await host.list()).flatMap(({ session, run }) => {
      if (isLive(stateOf(run)?.sessions[session]?.state ?? "closed")) return [];
      return [{ what: session, free: async () => (await host.adopt(session))?.close() }];
    });
  };
}

/** Agents without a terminal, commands, and helpers of either that have gone their own way. */
async function processesLeft({ marked, log, endProcesses }: LeftoversOf): Promise<Leftover[]> {
  const stateOf = standing(log);
  const bySession = new Map((await marked()).map((one) => [one.session, one]));
  return [...bySession.values()]
    .filter(({ run, session }) => isOver(stateOf(run), session))
    .map(({ session }) => ({ what: session, free: () => endProcesses({ session }, GRACE_MS) }));
}

/** Money that is held for calls whose session is over. */
export async function reservationsLeft({
  ledger,
  log,
  settleLeft,
}: Pick<LeftoversOf, "ledger" | "settleLeft"> & { log: Log }): Promise<Leftover[]> {
  const stateOf = standing(log);
  const over = ledger.open().filter(({ run, session }) => isOver(stateOf(run), session));
  return over.map(({ call, session }) => ({ what: call, free: () => settleLeft((one) => one === session) }));
}

/** Worktrees of runs that were deleted. One of a run that this log does not know may hold somebody's work: it stays. */
async function worktreesLeft({ worktrees, log, workspaces }: LeftoversOf): Promise<Leftover[]> {
  const stateOf = standing(log);
  return (await worktrees()).flatMap((run) => {
    const state = stateOf(run);
    if (!state?.deleted || !state.started) return [];
    const { repo: root, base, baseCommit } = state.started;
    return [{ what: run, free: () => workspaces.remove(run, { root, base, baseCommit }) }];
  });
}

const BEYOND: ReadonlySet<string> = new Set(["worktree.gone", "repo.gone"]);

/** Runs that stand still, and whose worktree or repository is gone: they fail, and free the place on their base branch. */
async function runsBeyondResume({ log, workspaces, learn }: LeftoversOf): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const { id, status } of log.runs({ limit: 1_000, active: true })) {
    if (status !== "interrupted" && status !== "waiting") continue;
    const failure = await workspaces.check(id).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(failure instanceof Failure) || !BEYOND.has(failure.code)) continue;
    found.push({ what: id, free: () => learn(id, { kind: "impossible", failure: failureRecord(failure) }) });
  }
  return found;
}

const strays = (found: readonly Stray[]): Leftover[] => found.map(({ path, remove }) => ({ what: path, free: remove }));
