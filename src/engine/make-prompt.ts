/**
 * What a prompt needs before it is handed over: that it is affordable, its text, its files, its intent. All of it can be made before its
 * phase has begun, for an agent that is here already.
 */
import type { RunEvent } from "../domain/event.ts";
import { referenceOf } from "../domain/names.ts";
import type { Step } from "../domain/run-next.ts";
import type { RunState } from "../domain/run-state.ts";
import { utf8Bytes } from "../domain/text.ts";
import type { AgentSession, Prompt } from "../ports/agent.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Clock } from "../ports/clock.ts";
import type { Workspaces } from "../ports/workspace.ts";
import { type ComposedPrompt, composePrompt, promptKey } from "./compose-prompt.ts";
import type { Party } from "./reserving.ts";
import type { Sessions } from "./sessions.ts";
import type { StepContext } from "./step.ts";

/** How long files that were written stay unlooked at, in milliseconds: a commit may wait for room on the disk. */
const FRESH_MS = 1_000;

/** Whether an agent may be given more work whose calls are only told afterwards. */
export interface Affords {
  /** Resolves when that is known; whoever has to wait for it, or is refused, is told so in the log. */
  begin(by: Party, signal: AbortSignal): Promise<boolean>;
  /** As things stand; nobody is told. */
  beginsNow(by: Party): boolean;
}

export interface MakeDeps {
  sessions: Sessions;
  artifacts: ArtifactStore;
  workspaces: Workspaces;
  clock: Clock;
  digest: (text: string) => string;
  /** Without it, as in some tests, nothing costs anything. */
  affords?: Affords;
}

export type PromptStep = Extract<Step, { kind: "prompt" }>;

/** The prompt that was made ready for each agent last. */
export type Made = WeakMap<AgentSession, { prompt: ComposedPrompt; at: number }>;

/** All of it but the intent, which is the answer. None where the agent is not here, may be given nothing, or was told before. */
export async function makePrompt(
  step: PromptStep,
  context: StepContext,
  deps: MakeDeps & { made: Made },
): Promise<readonly RunEvent[]> {
  const agent = deps.sessions.living(step.session);
  if (!agent || step.purpose === "turn" || announced(context.state(), step)) return [];
  agent.prepare?.({ key: promptKey(step, context), fresh: true });
  const by = spender(step, context);
  if (by && deps.affords?.beginsNow(by) === false) return [];
  const prompt = await composePrompt(step, context, deps);
  agent.prepare?.(prompt, prompt);
  await writeFiles(prompt, context, deps);
  deps.made.set(agent, { prompt: { ...prompt, fresh: true }, at: deps.clock.steady() });
  return [sending(step, prompt, deps)];
}

/** What was made ready, if the log has announced just that. */
export function madeBefore(
  agent: AgentSession,
  step: PromptStep,
  context: StepContext,
  { clock, made }: Pick<MakeDeps, "clock"> & { made: Made },
): Prompt | undefined {
  const before = made.get(agent);
  made.delete(agent);
  if (before?.prompt.key !== promptKey(step, context) || clock.steady() - before.at > FRESH_MS) return undefined;
  return announced(context.state(), step) ? before.prompt : undefined;
}

export async function affordable(
  step: PromptStep,
  context: StepContext,
  { affords }: Pick<MakeDeps, "affords">,
): Promise<boolean> {
  const by = spender(step, context);
  return !affords || !by || affords.begin(by, context.signal);
}

/** A prompt that was announced may have been taken; an agent that asks for each call needs no leave for the prompt. */
function spender(step: PromptStep, context: StepContext): Party | undefined {
  const { started, sessions } = context.state();
  const persona = started?.bindings[sessions[step.session]?.role ?? ""]?.persona;
  if (!persona || persona.adapter === "agent" || announced(context.state(), step)) return undefined;
  return { run: context.run, session: step.session, persona: referenceOf(persona), phase: step.phase };
}

/** Performed again, after a crash or since it was not taken, a prompt is the same prompt: it is announced once. */
export const announced = (state: RunState, { key, phase }: PromptStep): boolean =>
  state.phases[phase]?.prompts.some((prompt) => prompt.key === key) ?? false;

export const sending = (step: PromptStep, { text, file }: Prompt, { digest }: Pick<MakeDeps, "digest">): RunEvent => ({
  type: "prompt.sending",
  key: step.key,
  phase: step.phase,
  attempt: step.attempt,
  number: step.number,
  session: step.session,
  purpose: step.purpose,
  sha256: digest(text),
  bytes: utf8Bytes(text),
  file,
});

export const writeFiles = ({ files }: ComposedPrompt, { run }: StepContext, { workspaces }: MakeDeps) =>
  Promise.all([...files].map(([relative, text]) => workspaces.write(run, relative, text)));
