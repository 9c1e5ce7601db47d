/**
 * Listening to a turn of a talk: until the agent is done with what a person has said, or cannot go on. Its words are kept, and
 * what the worktree holds then is marked, so that the turn can be undone.
 */
import type { FailureRecord } from "../domain/failure.ts";
import { EscalationId } from "../domain/ids.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Redact } from "../domain/redact.ts";
import type { Step } from "../domain/run-next.ts";
import { openTurn, turnText, Words, wordsDocument } from "../domain/talk.ts";
import { cleanText } from "../domain/text.ts";
import type { AgentSession } from "../ports/agent.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Clock, Ids } from "../ports/clock.ts";
import type { Workspaces } from "../ports/workspace.ts";
import { promptKey } from "./compose-prompt.ts";
import type { Sessions } from "./sessions.ts";
import type { StepContext } from "./step.ts";
import { wakeable } from "./wakeable.ts";

export interface ListenDeps {
  sessions: Sessions;
  artifacts: ArtifactStore;
  workspaces: Workspaces;
  clock: Clock;
  ids: Ids;
  /** Takes secrets out of what is kept; without it, as in some tests, there are none. */
  redact?: Redact;
}

type ListenStep = Extract<Step, { kind: "listen" }>;

/** An agent that does not say that it is done is believed to be when it has been idle for this long. */
const IDLE_MS = 1_500;

/** Longest answer that is kept: more is a file, and stands in the worktree. */
const MOST_CHARACTERS = 200_000;

export const beforeTurn = (turn: number): string => `turn-${turn}-before`;
export const afterTurn = (turn: number): string => `turn-${turn}-after`;

export async function listenTurn(
  step: ListenStep,
  context: StepContext,
  deps: ListenDeps,
): Promise<Outcome | undefined> {
  const agent = await deps.sessions.get(context, step.session);
  if (!agent) return lost(step, deps, "its terminal is gone");
  const end = await over(step, context, deps, agent);
  if (context.signal.aborted || end === undefined) return undefined;
  if (end === "lost") {
    const cause = agent.verdict().evidence[0]?.said ?? "it has ended";
    await deps.sessions.close(step.session);
    return lost(step, deps, cause);
  }
  const about = { phase: step.phase, attempt: step.attempt, number: step.turn } as const;
  if (end === "timeout") {
    await agent.interrupt(`${step.key}/timeout`);
    return { kind: "timeout", phase: step.phase, attempt: step.attempt };
  }
  const [sha256] = await Promise.all([
    answerOf(step, context, agent, deps),
    // Without a mark the turn cannot be undone, and that is said when somebody wants to.
    deps.workspaces.mark(context.run, afterTurn(step.turn)).catch(() => undefined),
  ]);
  const said = { ...(sha256 !== undefined && { sha256 }) };
  return end === "done"
    ? { kind: "turn", ...about, how: "answered", ...said }
    : { kind: "turn", ...about, how: "failed", failure: end, ...said };
}

type End = "done" | "lost" | "timeout" | FailureRecord;

async function over(
  step: ListenStep,
  context: StepContext,
  { clock }: ListenDeps,
  agent: AgentSession,
): Promise<End | undefined> {
  const wake = wakeable(clock, context.signal);
  // Whoever stopped it before it had begun did not reach it: it is stopped as soon as it works.
  let owed = openTurn(context.state().phases[step.phase]?.talk)?.stopped === "early";
  let since = clock.now();
  let before = agent.verdict().state;
  const unwatch = agent.watch(() => {
    const now = agent.verdict().state;
    if (now !== before) since = clock.now();
    before = now;
    wake.ring();
  });
  try {
    while (!context.signal.aborted) {
      const { state, failure } = agent.verdict();
      if (state === "exited") return "lost";
      if (owed && state === "working") {
        owed = false;
        await agent.interrupt(`${step.key}/stop`);
      }
      const left = context.left(step.phase);
      if (left <= 0) return "timeout";
      let again = left;
      if (state === "ready") {
        if (agent.finishes) return failure ?? "done";
        const idle = IDLE_MS - (clock.now() - since);
        if (idle <= 0) return failure ?? "done";
        again = idle;
      }
      await wake.next(Math.min(again, CLOCK_LOOK_MS));
    }
    return undefined;
  } finally {
    unwatch();
  }
}

/** The longest wait without a look at the phase's own clock, which stands still while a person is asked. */
const CLOCK_LOOK_MS = 60_000;

async function answerOf(
  step: ListenStep,
  context: StepContext,
  agent: AgentSession,
  deps: ListenDeps,
): Promise<string | undefined> {
  const { artifacts, redact = (text: string) => text } = deps;
  const asked = await saidIn(step, context, deps);
  const key = promptKey({ key: step.prompt }, context);
  const said = (await agent.answer?.(key, asked).catch(() => undefined))?.trim();
  if (!said) return undefined;
  const cut = said.length > MOST_CHARACTERS ? `${said.slice(0, MOST_CHARACTERS)}…` : said;
  const kept = await artifacts.keep(wordsDocument(redact(cut)), { schema: {}, until: undefined });
  return kept.kind === "good" ? kept.accepted.sha256 : undefined;
}

/** A person's words of the turn, as the agent was told them. */
async function saidIn({ phase, turn }: ListenStep, context: StepContext, { artifacts }: ListenDeps): Promise<string> {
  const sha256 = context.state().phases[phase]?.talk?.turns.find(({ number }) => number === turn)?.sha256;
  const kept = sha256 === undefined ? undefined : await artifacts.read(sha256);
  return kept === undefined ? "" : cleanText(turnText(Words.parse(JSON.parse(kept)).text, [])).text;
}

const lost = ({ phase, attempt, session }: ListenStep, { ids }: ListenDeps, cause: string): Outcome => ({
  kind: "lost",
  phase,
  attempt,
  session,
  cause,
  escalation: EscalationId.parse(ids.next()),
});
