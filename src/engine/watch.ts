/**
 * Waiting for an artifact: woken by the file, by the agent, and by time; each time the same question is asked anew.
 */
import type { Look, Violation } from "../domain/artifact.ts";
import type { Outcome } from "../domain/outcome.ts";
import { layout } from "../domain/prompt.ts";
import { delay, exhausted, RECOVERY } from "../domain/recovery.ts";
import type { Step } from "../domain/run-next.ts";
import type { AgentState } from "../domain/session.ts";
import { artifactName, phaseOf } from "../domain/template.ts";
import { parkedBecause, TROUBLES } from "../domain/trouble.ts";
import { type Moment, REACTS_MS, turn } from "../domain/turn.ts";
import type { AgentSession } from "../ports/agent.ts";
import type { ArtifactStore, Expectation } from "../ports/artifacts.ts";
import type { Clock, Ids } from "../ports/clock.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { Sessions } from "./sessions.ts";
import type { StepContext } from "./step.ts";
import { wakeable } from "./wakeable.ts";

export interface WatchDeps {
  sessions: Sessions;
  artifacts: ArtifactStore;
  workspaces: Workspaces;
  clock: Clock;
  ids: Ids;
  random: () => number;
}

/** The longest wait without a look at the phase's own clock, which stands still while a person is asked. */
const CLOCK_LOOK_MS = 60_000;

type WatchStep = Extract<Step, { kind: "watch" }>;

export async function watchArtifact(
  step: WatchStep,
  context: StepContext,
  deps: WatchDeps,
): Promise<Outcome | undefined> {
  const { clock } = deps;
  const about = { phase: step.phase, attempt: step.attempt };
  const expected = expectation(step, context, deps);
  const counters = context.state().sessions[step.session]?.counters ?? {};
  const patienceMs = delay("nudge", counters.nudge ?? 0, deps.random());
  const backoffMs = delay("backoff", counters.backoff ?? 0, deps.random());
  const agent = await deps.sessions.get(context, step.session);
  // A one-shot command says nothing while a long tool runs; its adapter has limits of its own.
  const stallMs = agent?.host === "process" ? Number.POSITIVE_INFINITY : RECOVERY.interrupt.delayMs;
  const patience = { patienceMs, backoffMs, stallMs };
  const reactsBy = clock.now() + ((counters.interrupt ?? 0) > 0 ? REACTS_MS : 0);
  const wake = wakeable(clock, context.signal);
  const before = [context.state().sessions[step.session]?.state, agent?.verdict().state];
  const since = stopwatch(clock, before.includes("rate_limited"));
  const unwatchFile = deps.artifacts.watch(expected.path, wake.ring);
  const unwatchAgent = agent?.watch(({ kind }) => {
    if (kind === "verdict") since.agent(agent.verdict().state);
    wake.ring();
  });
  try {
    for (;;) {
      let good: Outcome | undefined;
      const look = await deps.artifacts.look(expected, (artifact) => {
        good = { kind: "good", ...about, artifact };
        if (!agent?.finishes) context.foresee(good); // P1: it ends the wait
      });
      if (context.signal.aborted) return undefined;
      const { state = "exited", failure, trouble: said } = agent?.verdict() ?? {};
      const helps = said && TROUBLES[said.kind].helps;
      const failed = failure !== undefined;
      const { finishes = false } = agent ?? {};
      const reactsMs = Math.max(0, reactsBy - clock.now());
      const now = turn({ look, agent: state, finishes, failed, helps, reactsMs, ...patience, ...since.look(look) });
      if (now.kind === "good" && look.kind === "good")
        return good ?? { kind: "good", ...about, artifact: look.accepted };
      if (now.kind === "bad" && look.kind === "bad")
        return { kind: "bad", ...about, violations: look.violations, sha256: look.sha256 };
      if (now.kind === "bad" && look.kind === "stale")
        return { kind: "bad", ...about, violations: unchanged(step, context), sha256: undefined };
      if (now.kind === "failed" && failure) return { kind: "failed", ...about, failure };
      if (now.kind === "lost") return await lost(step, deps, agent);
      if (now.kind === "fresh") {
        if (await compacted(step, context, agent)) return await trouble(step, deps, "compact", agent, context);
        if (context.signal.aborted) return undefined;
        // What is in the worktree stays; a fresh session is told the phase's work again.
        return await lost(step, deps, agent, said && parkedBecause(said));
      }
      const left = context.left(step.phase);
      if (left <= 0) return { kind: "timeout", ...about };
      const asked = context.state().escalations.some((e) => e.phase === step.phase && e.severity === "problem");
      if (!asked && (now.kind === "nudge" || now.kind === "interrupt" || now.kind === "backoff"))
        return await trouble(step, deps, now.kind, agent, context);
      // A clock that goes again is not told here: it is looked for.
      const soon = Math.min(left, CLOCK_LOOK_MS);
      await wake.next(now.kind === "wait" ? Math.min(now.again, soon) : soon);
      if (context.signal.aborted) return undefined;
    }
  } finally {
    unwatchFile();
    unwatchAgent?.();
  }
}

/** How long things have been as they are. A working agent that says so again is alive, one that is idle twice is idle still. */
function stopwatch(clock: Clock, limitedBefore: boolean) {
  let seen = "";
  let changedAt = clock.steady();
  let quietSince = clock.steady();
  let state: AgentState | undefined;
  let limited = limitedBefore;
  return {
    agent: (now: AgentState): void => {
      if (now !== state || now === "working") quietSince = clock.steady();
      state = now;
      // One that works again by itself was told so by a person, or goes on where it was.
      if (now === "rate_limited" || now === "working") limited = now === "rate_limited";
    },
    look: (look: Look): Pick<Moment, "limited" | "quietMs" | "unchangedMs"> => {
      const at = clock.steady();
      const shows = `${look.kind}/${look.kind === "bad" ? (look.sha256 ?? "") : ""}`;
      if (shows !== seen) changedAt = at;
      seen = shows;
      return { limited, quietMs: at - quietSince, unchangedMs: at - changedAt };
    },
  };
}

function expectation(step: WatchStep, context: StepContext, { workspaces }: WatchDeps): Expectation {
  const { started, phases } = context.state();
  const phase = started && phaseOf(started.template, step.phase);
  if (!started || !phase) throw new Error(`run ${context.run} has no phase ${step.phase}`);
  const path = `${workspaces.pathOf(context.run)}/.devflow/${layout.artifact(phase.id, step.attempt, artifactName(phase))}`;
  const until = phase.repeat && started.schemas[phase.repeat.until]?.schema;
  return {
    path,
    schema: started.schemas[phase.produces.schema]?.schema ?? {},
    until,
    refused: phases[step.phase]?.refused ?? [],
  };
}

/** What was wrong before is wrong still; a good artifact that a person has refused is wrong only in being the same. */
const unchanged = (step: WatchStep, context: StepContext): readonly Violation[] => [
  ...(context.state().phases[step.phase]?.violations ?? []).filter(({ problem }) => problem !== UNCHANGED),
  { at: "", problem: UNCHANGED },
];

const UNCHANGED = "it is, byte for byte, the one that was refused before";

async function lost(step: WatchStep, deps: WatchDeps, agent: AgentSession | undefined, why?: string): Promise<Outcome> {
  const cause = why ?? agent?.verdict().evidence[0]?.said ?? "its terminal is gone";
  await deps.sessions.close(step.session);
  const { phase, attempt, session } = step;
  return { kind: "lost", phase, attempt, session, cause, escalation: escalationId(deps) };
}

/** Has an agent whose context is full make it shorter, where it can, once. */
async function compacted(
  { session, prompt }: WatchStep,
  context: StepContext,
  agent: AgentSession | undefined,
): Promise<boolean> {
  const counters = context.state().sessions[session]?.counters ?? {};
  if (!agent?.compact || exhausted("compact", counters)) return false;
  return agent.compact(`${prompt}/compact`, context.signal);
}

async function trouble(
  step: WatchStep,
  deps: WatchDeps,
  counter: "nudge" | "interrupt" | "backoff" | "compact",
  agent: AgentSession | undefined,
  context: StepContext,
): Promise<Outcome> {
  const { phase, attempt, session } = step;
  const counters = context.state().sessions[session]?.counters ?? {};
  const used = counters[counter] ?? 0;
  const trouble = agent?.verdict().trouble;
  // What does not react to its own interrupt key will react to nothing: it is started again. One that goes round in a circle does react,
  // and would go round again with its conversation: a person is asked.
  if (counter === "interrupt" && exhausted(counter, counters) && trouble?.kind !== "repeating")
    return lost(step, deps, agent, "it does not react to being interrupted");
  if (counter === "interrupt") await agent?.interrupt(`${step.prompt}/interrupt/${used + 1}`);
  const cause = trouble ? parkedBecause(trouble) : CAUSES[counter];
  return { kind: "trouble", phase, attempt, session, counter, cause, escalation: escalationId(deps) };
}

const escalationId = ({ ids }: { ids: Ids }) => ids.next() as Extract<Outcome, { kind: "lost" }>["escalation"];

const CAUSES = {
  nudge: "its turn is over and there is no artifact",
  interrupt: "it works without a sign of life",
  backoff: "its usage limit is over",
  compact: "its context is full",
};
