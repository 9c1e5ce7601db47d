/**
 * Delivering a prompt: written down, announced in the log, handed to the agent until it shows that it has taken it.
 * Performed again after a crash it is the same prompt with the same key, and the terminal types it no second time.
 */
import type { RunEvent } from "../domain/event.ts";
import { referenceOf } from "../domain/names.ts";
import type { Outcome } from "../domain/outcome.ts";
import { delay, exhausted, RECOVERY } from "../domain/recovery.ts";
import type { Redact } from "../domain/redact.ts";
import type { Step } from "../domain/run-next.ts";
import type { RunState } from "../domain/run-state.ts";
import { openTurn } from "../domain/talk.ts";
import { utf8Bytes } from "../domain/text.ts";
import type { AgentSession, Prompt } from "../ports/agent.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Clock, Ids } from "../ports/clock.ts";
import type { Waiting } from "../ports/spending.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { Accounts } from "./accounts.ts";
import { composePrompt, promptKey } from "./compose-prompt.ts";
import { beforeTurn } from "./listen.ts";
import type { Party } from "./reserving.ts";
import type { StepContext } from "./run-loop.ts";
import type { Sessions } from "./sessions.ts";
import { type Wakeable, wakeable } from "./wakeable.ts";

/** A prompt that is held is offered again when the agent changes, and at least this often: a person's draft goes without a word. */
const HELD_AGAIN_MS = 1_000;

export interface DeliverDeps {
  sessions: Sessions;
  artifacts: ArtifactStore;
  workspaces: Workspaces;
  clock: Clock;
  ids: Ids;
  random: () => number;
  digest: (text: string) => string;
  /** Accounts of agents; without them, as in some tests, nobody waits for another's trouble. */
  accounts?: Accounts;
  /** Whether an agent may be given more work whose calls are only told afterwards; resolves when that is known. */
  affords?: (by: Party, signal: AbortSignal) => Promise<boolean>;
  /** Takes secrets out of what agents answer in talks. */
  redact?: Redact;
}

type PromptStep = Extract<Step, { kind: "prompt" }>;

export async function deliverPrompt(
  step: PromptStep,
  context: StepContext,
  deps: DeliverDeps,
): Promise<Outcome | undefined> {
  const agent = await deps.sessions.get(context, step.session);
  if (!agent) return lost(step, deps, "its terminal is gone");
  // Asked at once: the answer comes while the rest is made ready.
  agent.prepare?.(promptKey(step, context));
  if (deps.affords && !(await affordable(step, context, deps.affords))) return undefined;
  const [prompt] = await Promise.all([composePrompt(step, context, deps), deps.workspaces.check(context.run)]);
  const turn = openTurn(context.state().phases[step.phase]?.talk);
  // Without a mark the turn cannot be undone, and that is said when somebody wants to.
  if (turn) await deps.workspaces.mark(context.run, beforeTurn(turn.number)).catch(() => undefined);
  const intent: RunEvent = {
    type: "prompt.sending",
    key: step.key,
    phase: step.phase,
    attempt: step.attempt,
    number: step.number,
    session: step.session,
    purpose: step.purpose,
    sha256: deps.digest(prompt.text),
    bytes: utf8Bytes(prompt.text),
    file: prompt.file,
  };
  agent.prepare?.(prompt.key, prompt);
  // Side by side: what it names is of no use to anybody before the prompt is typed, and that waits for both.
  await Promise.all([
    context.record((state) => (context.signal.aborted || announced(state, step) ? [] : [intent])),
    ...[...prompt.files].map(([relative, text]) => deps.workspaces.write(context.run, relative, text)),
  ]);
  if (context.signal.aborted) return undefined;
  return offer(step, context, deps, agent, prompt);
}

/** A prompt that was announced may have been taken; an agent that asks for each call needs no leave for the prompt. */
async function affordable(
  step: PromptStep,
  context: StepContext,
  affords: NonNullable<DeliverDeps["affords"]>,
): Promise<boolean> {
  const { started, sessions } = context.state();
  const persona = started?.bindings[sessions[step.session]?.role ?? ""]?.persona;
  if (!persona || persona.adapter === "agent" || announced(context.state(), step)) return true;
  const by = { run: context.run, session: step.session, persona: referenceOf(persona), phase: step.phase };
  return affords(by, context.signal);
}

/** Performed again, after a crash or since it was not taken, a prompt is the same prompt: it is announced once. */
const announced = (state: RunState, { key, phase }: PromptStep): boolean =>
  state.phases[phase]?.prompts.some((prompt) => prompt.key === key) ?? false;

async function offer(step: PromptStep, context: StepContext, deps: DeliverDeps, agent: AgentSession, prompt: Prompt) {
  const bootLimit = deps.clock.steady() + agent.startMs;
  const wake = wakeable(deps.clock, context.signal);
  const unwatch = agent.watch(wake.ring);
  try {
    return await untilTaken(step, context, deps, agent, prompt, { bootLimit, next: wake.next });
  } finally {
    unwatch();
  }
}

async function untilTaken(
  step: PromptStep,
  context: StepContext,
  deps: DeliverDeps,
  agent: AgentSession,
  prompt: Prompt,
  { bootLimit, next }: { bootLimit: number; next: Wakeable["next"] },
): Promise<Outcome | undefined> {
  const { phase, attempt, session, key } = step;
  let held = "";
  while (!context.signal.aborted) {
    if (context.left(phase) <= 0) return { kind: "timeout", phase, attempt };
    const wait = (why: Waiting): void => {
      const { until = deps.clock.now() } = { until: undefined, ...why };
      const reason = `${why.said} (another try at ${new Date(until).toISOString()})`;
      void context.record(() => [{ type: "prompt.held", key, phase, attempt, session, reason, until }]);
    };
    const { account } = agent;
    if (account !== undefined) await deps.accounts?.pass(account, session, key, context.signal, wait);
    if (context.signal.aborted) return undefined;
    const delivery = await agent.deliver(prompt, context.signal);
    if (context.signal.aborted) return undefined;
    if (delivery.kind === "delivered")
      return { kind: "delivered", phase, attempt, key, session, receipt: delivery.receipt } as const;
    if (delivery.kind === "lost") {
      await deps.sessions.close(session);
      return lost(step, deps, delivery.reason);
    }
    if (delivery.kind === "unconfirmed") return unconfirmed(step, context, deps, delivery.reason);
    const starting = agent.verdict().state === "booting" || agent.verdict().state === "unknown";
    if (starting && deps.clock.steady() >= bootLimit) {
      await deps.sessions.close(session);
      return lost(step, deps, `it was not ready within ${agent.startMs / 1_000} s (${delivery.reason})`);
    }
    // Booting is no news; whatever else holds a prompt is, once.
    if (!starting && delivery.reason !== held) {
      held = delivery.reason;
      await context.record(() => [{ type: "prompt.held", key, phase, attempt, session, reason: held }]);
    }
    await next(HELD_AGAIN_MS);
  }
  return undefined;
}

/** Typed, and nothing shows that it was taken: tried again a few times (only the submit, never the text), then a person is asked. */
async function unconfirmed(
  step: PromptStep,
  context: StepContext,
  deps: DeliverDeps,
  cause: string,
): Promise<Outcome | undefined> {
  const { phase, attempt, session } = step;
  const counters = context.state().sessions[session]?.counters ?? {};
  if (exhausted("resubmit", counters) && context.state().escalations.some((e) => e.session === session)) {
    await deps.clock.sleep(RECOVERY.resubmit.maxDelayMs, context.signal);
    return undefined;
  }
  await deps.clock.sleep(delay("resubmit", counters.resubmit ?? 0, deps.random()), context.signal);
  return { kind: "trouble", phase, attempt, session, counter: "resubmit", cause, escalation: escalationId(deps) };
}

const lost = ({ phase, attempt, session }: PromptStep, deps: DeliverDeps, cause: string): Outcome => ({
  kind: "lost",
  phase,
  attempt,
  session,
  cause,
  escalation: escalationId(deps),
});

const escalationId = ({ ids }: { ids: Ids }) => ids.next() as Extract<Outcome, { kind: "lost" }>["escalation"];
