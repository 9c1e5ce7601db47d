/** What must be true whenever nothing can go on without time: of the log, of the daemon beside it, and of what is left outside. */
import type { RunId } from "../src/domain/ids.ts";
import { isTidy, type RunState } from "../src/domain/run-state.ts";
import { observe } from "../src/domain/session.ts";
import { rests } from "../test/support/invariants.ts";
import type { Living } from "./daemon.ts";
import type { Outside } from "./outside.ts";

/** A call that is slow may still be ending what a run has left. */
const GRACE_MS = 60_000;

/** What nobody has settled is found by a sweep, every few minutes, and asked for at its provider. */
const SWEPT_MS = 7 * 60_000;

export interface ChecksOptions {
  outside: Outside;
  runs: ReadonlyMap<RunId, { readonly state: RunState }>;
  daemon(): Living | undefined;
  breaks(rule: string): void;
}

/** Gives the check, to be called at every such moment. */
export function checks({ outside, runs, daemon, breaks }: ChecksOptions): () => void {
  /** The states of a run that were last compared: both are made anew by each event. */
  const compared = new Map<RunId, { live: RunState | undefined; state: RunState }>();
  const tidySince = new Map<RunId, number>();
  const alike = sameness();

  function same(run: RunId, state: RunState, { ports }: Living): void {
    const live = ports.contexts.get(run)?.state();
    const before = compared.get(run);
    if (before?.live === live && before?.state === state) return;
    for (const rule of rests(state)) breaks(rule);
    if (live && !alike(live, state)) breaks("the engine's state is not what its log says");
    compared.set(run, { live, state });
  }

  /** Once everything has been told, a session is what its agent shows. */
  function shown({ sessions }: RunState, { ports }: Living): void {
    if (outside.untold > 0 || outside.clock.now() <= outside.disk.fullUntil() + GRACE_MS) return;
    for (const { session, state } of Object.values(sessions)) {
      const agent = ports.sessions.living(session);
      const shows = agent && observe(state, agent.verdict());
      // Of an agent that has ended whoever waits for it hears; one that stalls shows that it works.
      if (shows && shows !== "lost" && state !== "stalled" && state !== "unresponsive")
        breaks(`a session is ${state} in the log, and ${shows} to see`);
    }
  }

  function reserved(run: RunId, since: number): void {
    const { clock, disk, money } = outside;
    if (!money || clock.now() - Math.max(since, disk.fullUntil()) <= SWEPT_MS) return;
    for (const call of money.reserved(run)) breaks(`a reservation is left: ${call}`);
  }

  function leftBehind(run: RunId, { deleted }: RunState): void {
    const { agents, commands, reports, worktrees, deleting } = outside;
    const left = [
      ...agents
        .living()
        .filter((spec) => spec.run === run)
        .map(({ role }) => `an agent (${role})`),
      ...commands.of(run),
      ...(deleted && reports.written.has(run) ? ["a report"] : []),
      ...(deleted && worktrees.has(run) ? ["a worktree"] : []),
    ];
    if (left.length > 0) breaks(`left behind: ${left.join(", ")}`);
    if (!deleting.has(run) && !reports.written.has(run)) breaks("it has no report");
  }

  return () => {
    const now = daemon();
    for (const [run, { state }] of runs) {
      const settled = now && now.ports.appending() === 0 ? now : undefined;
      if (settled) same(run, state, settled);
      if (settled) shown(state, settled);
      if (!isTidy(state)) {
        tidySince.delete(run);
        continue;
      }
      now?.ports.contexts.delete(run); // should it be taken up again, that is another drive
      const since = tidySince.get(run) ?? outside.clock.now();
      tidySince.set(run, since);
      if (now && outside.clock.now() - Math.max(since, now.since) > GRACE_MS) leftBehind(run, state);
      if (now) reserved(run, Math.max(since, now.since));
    }
    for (const run of outside.worktrees) if (!runs.has(run as RunId)) breaks("a worktree belongs to no run");
  };
}

/**
 * The same as JSON: what is not there and what is undefined are one. States are made anew and never changed, so parts that were
 * found to be the same once are the same still.
 */
function sameness(): (one: unknown, other: unknown) => boolean {
  const found = new WeakMap<object, object>();
  function alike(one: unknown, other: unknown): boolean {
    if (one === other) return true;
    if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
    if (found.get(one) === other) return true;
    const [here, there] = [one as Record<string, unknown>, other as Record<string, unknown>];
    for (const name in here) if (!alike(here[name], there[name])) return false;
    for (const name in there) if (there[name] !== undefined && here[name] === undefined) return false;
    found.set(one, other);
    return true;
  }
  return alike;
}
