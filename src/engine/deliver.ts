/**
 * Delivering a prompt: written down, announced in the log, handed to the agent until it shows that it has taken it.
 * Performed again after a crash it is the same prompt with the same key, and the terminal types it no second time.
 */
import type { RunEvent } from "../domain/event.ts";
import { referenceOf } from "../domain/names.ts";
import type { Outcome } from "../domain/outcome.ts";
import { type Envelope, layout, promptText } from "../domain/prompt.ts";
import { delay, exhausted, RECOVERY } from "../domain/recovery.ts";
import type { Step } from "../domain/run-next.ts";
import type { RunState } from "../domain/run-state.ts";
import { artifactName, type Phase, phaseOf } from "../domain/template.ts";
import { cleanText, utf8Bytes } from "../domain/text.ts";
import type { AgentSession, Prompt } from "../ports/agent.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Clock, Ids } from "../ports/clock.ts";
import type { Workspaces } from "../ports/workspace.ts";
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
}

type PromptStep = Extract<Step, { kind: "prompt" }>;

export async function deliverPrompt(
  step: PromptStep,
  context: StepContext,
  deps: DeliverDeps,
): Promise<Outcome | undefined> {
  const agent = await deps.sessions.get(context, step.session);
  if (!agent) return lost(step, deps, "its terminal is gone");
  const prompt = await write(step, context, deps);
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
  await context.record((state) => (announced(state, step) ? [] : [intent]));
  return offer(step, context, deps, agent, prompt);
}
/** Performed again, after a crash or since it was not taken, a prompt is the same prompt: it is announced once. */
const announced = (state: RunState, { key, phase }: PromptStep): boolean =>
  state.phases[phase]?.prompts.some((prompt) => prompt.key === key) ?? false;

async function offer(step: PromptStep, context: StepContext, deps: DeliverDeps, agent: AgentSession, prompt: Prompt) {
  const bootLimit = deps.clock.now() + agent.startMs;
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
    if (starting && deps.clock.now() >= bootLimit) {
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

/** Writes the prompt and everything it names under the worktree's `.devflow/`. */
async function write(step: PromptStep, context: StepContext, deps: DeliverDeps): Promise<Prompt> {
  const text = cleanText(promptText(await envelope(step, context, deps))).text;
  const file = await deps.workspaces.write(context.run, layout.prompt(step.phase, step.attempt, step.number), text);
  return { key: `${context.run}/${step.key}`, text, file };
}

async function envelope(step: PromptStep, context: StepContext, deps: DeliverDeps): Promise<Envelope> {
  const state = context.state();
  const { started } = state;
  const phase = started && phaseOf(started.template, step.phase);
  if (!started || !phase) throw new Error(`run ${context.run} has no phase ${step.phase}`);
  const { run } = context;
  const put = (relative: string, text: string): Promise<string> => deps.workspaces.write(run, relative, text);
  const schemaName = phase.produces.schema;
  const schema = JSON.stringify(started.schemas[schemaName]?.schema ?? {}, null, 2);
  const now = state.phases[phase.id];
  const persona = phase.role === undefined ? undefined : started.bindings[phase.role]?.persona;
  return {
    run,
    phase: phase.id,
    title: phase.title ?? phase.id,
    attempt: step.attempt,
    purpose: step.purpose,
    base: { branch: started.base, commit: started.baseCommit },
    goal: started.goal,
    goalFile: await put(layout.goal, started.goal),
    instructions: [persona?.instructions ?? "", phase.instructions]
      .map((text) => text.trim())
      .filter((text) => text !== ""),
    inputs: await inputs(phase, state, deps, put),
    comment: now?.comment,
    artifact: `${deps.workspaces.pathOf(run)}/.devflow/${layout.artifact(phase.id, step.attempt, artifactName(phase))}`,
    schemaName: started.schemas[schemaName] ? schemaName : referenceOf(started.template),
    schemaFile: await put(layout.schema(schemaName), schema),
    schema,
    violations: now?.violations ?? [],
  };
}

/** Copies of what the phase needs, from where artifacts are kept: what an agent did to the original since does not matter. */
async function inputs(
  phase: Phase,
  state: RunState,
  deps: DeliverDeps,
  put: (relative: string, text: string) => Promise<string>,
): Promise<Envelope["inputs"]> {
  const found: Envelope["inputs"][number][] = [];
  for (const need of readable(phase, state)) {
    const sha256 = state.phases[need]?.artifact?.sha256;
    const text = sha256 === undefined ? undefined : await deps.artifacts.read(sha256);
    if (sha256 === undefined || text === undefined) continue;
    const schema = (state.started && phaseOf(state.started.template, need)?.produces.schema) ?? "";
    found.push({ phase: need, schema, sha256, file: await put(layout.input(need, sha256), text) });
  }
  return found;
}

/** What a phase needs, and in a loop's further rounds what sent it back. */
function readable(phase: Phase, state: RunState): string[] {
  const senders = (state.started?.template.phases ?? [])
    .filter(({ repeat, id }) => repeat?.from === phase.id && state.phases[id]?.artifact !== undefined)
    .map(({ id }) => id);
  return [...new Set([...phase.needs, ...senders])];
}
