/**
 * Delivering a prompt: announced in the log, handed to the agent until it shows that it has taken it.
 * Performed again after a crash it is the same prompt with the same key, and the terminal types it no second time.
 */
import type { Outcome } from "../domain/outcome.ts";
import { delay, exhausted, RECOVERY } from "../domain/recovery.ts";
import type { Redact } from "../domain/redact.ts";
import { openTurn } from "../domain/talk.ts";
import type { AgentSession, Prompt } from "../ports/agent.ts";
import type { Ids } from "../ports/clock.ts";
import type { Waiting } from "../ports/spending.ts";
import type { Accounts } from "./accounts.ts";
import { composePrompt, promptKey } from "./compose-prompt.ts";
import { beforeTurn } from "./listen.ts";
import {
  affordable,
  announced,
  type Made,
  type MakeDeps,
  madeBefore,
  type PromptStep,
  sending,
  writeFiles,
} from "./make-prompt.ts";
import type { StepContext } from "./step.ts";
import { type Wakeable, wakeable } from "./wakeable.ts";

/** A prompt that is held is offered again when the agent changes, and at least this often: a person's draft goes without a word. */
const HELD_AGAIN_MS = 1_000;

export interface DeliverDeps extends MakeDeps {
  ids: Ids;
  random: () => number;
  /** Accounts of agents; without them, as in some tests, nobody waits for another's trouble. */
  accounts?: Accounts;
  /** Takes secrets out of what agents answer in talks. */
  redact?: Redact;
}

export async function deliverPrompt(
  step: PromptStep,
  context: StepContext,
  deps: DeliverDeps & { made: Made },
): Promise<Outcome | undefined> {
  const agent = await deps.sessions.get(context, step.session);
  if (!agent) return lost(step, deps, "its terminal is gone");
  const prompt = madeBefore(agent, step, context, deps) ?? (await announce(agent, step, context, deps));
  if (!prompt || context.signal.aborted) return undefined;
  return offer(step, context, deps, agent, prompt);
}

/** Composes the prompt and tells the log of it; `undefined` when the agent may be given nothing. */
async function announce(
  agent: AgentSession,
  step: PromptStep,
  context: StepContext,
  deps: DeliverDeps,
): Promise<Prompt | undefined> {
  // Asked at once: the answer comes while the rest is made ready.
  const fresh = !announced(context.state(), step);
  agent.prepare?.({ key: promptKey(step, context), fresh });
  if (!(await affordable(step, context, deps))) return undefined;
  // It may have waited for money until the talk was over: then there is nothing to say any more.
  if (context.signal.aborted) return undefined;
  const [prompt] = await Promise.all([composePrompt(step, context, deps), deps.workspaces.check(context.run)]);
  const turn = openTurn(context.state().phases[step.phase]?.talk);
  // Without a mark the turn cannot be undone, and that is said when somebody wants to.
  if (turn) await deps.workspaces.mark(context.run, beforeTurn(turn.number)).catch(() => undefined);
  const intent = sending(step, prompt, deps);
  agent.prepare?.(prompt, prompt);
  // Side by side: what it names is of no use to anybody before the prompt is typed, and that waits for both.
  await Promise.all([
    context.record((state) => (context.signal.aborted || announced(state, step) ? [] : [intent])),
    writeFiles(prompt, context, deps),
  ]);
  return { ...prompt, fresh };
}

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
  let offered = 0;
  // By the time that it can be written the run may have ended.
  const tellHeld = (why: { reason: string; until?: number }): Promise<void> =>
    context.record(() =>
      context.signal.aborted ? [] : [{ type: "prompt.held", key, phase, attempt, session, ...why }],
    );
  while (!context.signal.aborted) {
    if (context.left(phase) <= 0) return { kind: "timeout", phase, attempt };
    const wait = (why: Waiting): void => {
      const { until = deps.clock.now() } = { until: undefined, ...why };
      const reason = `${why.said} (another try at ${new Date(until).toISOString()})`;
      void tellHeld({ reason, until });
    };
    const { account } = agent;
    if (account !== undefined) await deps.accounts?.pass(account, session, key, context.signal, wait);
    if (context.signal.aborted) return undefined;
    const delivery = await agent.deliver({ ...prompt, fresh: prompt.fresh === true && offered === 0 }, context.signal);
    offered += 1;
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
      await tellHeld({ reason: held });
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
