/** Composing a prompt: what an agent is told in a phase, and the files that this names. Nothing is written here. */
import { referenceOf } from "../domain/names.ts";
import { type Envelope, layout, promptText } from "../domain/prompt.ts";
import type { Step } from "../domain/run-next.ts";
import type { RunState } from "../domain/run-state.ts";
import { openTurn, turnText, Words } from "../domain/talk.ts";
import { artifactName, type Phase, phaseOf } from "../domain/template.ts";
import { cleanText } from "../domain/text.ts";
import type { Prompt, Task } from "../ports/agent.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { StepContext } from "./step.ts";

export interface ComposeDeps {
  artifacts: ArtifactStore;
  workspaces: Workspaces;
}

type PromptStep = Extract<Step, { kind: "prompt" }>;

export interface ComposedPrompt extends Prompt {
  /** What has to be under the worktree's `.devflow/` before the prompt is handed over: the prompt itself, and all that it names. */
  files: ReadonlyMap<string, string>;
}

export async function composePrompt(
  step: PromptStep,
  context: StepContext,
  deps: ComposeDeps,
): Promise<ComposedPrompt> {
  const files = new Map<string, string>();
  const put = (relative: string, text: string): string => {
    files.set(relative, text);
    return `${deps.workspaces.pathOf(context.run)}/.devflow/${relative}`;
  };
  const { purpose } = step;
  if (purpose === "turn") {
    const words = await turnWords(step, context, deps);
    const spoken = put(layout.prompt(step.phase, step.attempt, step.number), words);
    const about: Task = { phase: step.phase, attempt: step.number };
    return { key: promptKey(step, context), text: words, file: spoken, files, task: { ...about, talk: true } };
  }
  const told = await envelope(step, purpose, context, deps, put);
  const text = cleanText(promptText(told)).text;
  // Whoever goes on with a conversation may have lost its beginning.
  if (step.purpose === "continue")
    put(layout.task(step.phase, step.attempt), cleanText(promptText({ ...told, purpose: "work" })).text);
  const file = put(layout.prompt(step.phase, step.attempt, step.number), text);
  return { key: promptKey(step, context), text, file, files, task: taskOf(step, context.state(), told) };
}

function taskOf({ phase: id, attempt }: PromptStep, { started }: RunState, { artifact }: Envelope): Task {
  const commands = started && phaseOf(started.template, id)?.commands;
  return { phase: id, attempt, artifact, ...(commands && { commands }) };
}

/** What a person has said; the first time in a session with who the agent is and what it is there for. */
async function turnWords({ phase: id, session, key }: PromptStep, context: StepContext, deps: ComposeDeps) {
  const { started, phases } = context.state();
  const phase = started && phaseOf(started.template, id);
  const turn = openTurn(phases[id]?.talk);
  const kept = turn && (await deps.artifacts.read(turn.sha256));
  if (!phase || kept === undefined) throw new Error(`run ${context.run} has no words for ${key}`);
  const { text } = Words.parse(JSON.parse(kept));
  const spoken = phases[id]?.prompts.some((prompt) => prompt.session === session && prompt.key !== key);
  const persona = started?.bindings[phase.role ?? ""]?.persona;
  const preamble = spoken ? [] : [persona?.instructions.trim() ?? "", phase.instructions.trim()];
  return cleanText(turnText(text, preamble)).text;
}

/** What the agent knows it by, for ever. */
export const promptKey = ({ key }: Pick<PromptStep, "key">, { run }: Pick<StepContext, "run">): string =>
  `${run}/${key}`;

type Put = (relative: string, text: string) => string;

async function envelope(
  step: PromptStep,
  purpose: Envelope["purpose"],
  context: StepContext,
  deps: ComposeDeps,
  put: Put,
): Promise<Envelope> {
  const state = context.state();
  const { started } = state;
  const phase = started && phaseOf(started.template, step.phase);
  if (!started || !phase) throw new Error(`run ${context.run} has no phase ${step.phase}`);
  const { run } = context;
  const path = (relative: string): string => `${deps.workspaces.pathOf(run)}/.devflow/${relative}`;
  const schemaName = phase.produces.schema;
  const schema = JSON.stringify(started.schemas[schemaName]?.schema ?? {}, null, 2);
  const now = state.phases[phase.id];
  const persona = phase.role === undefined ? undefined : started.bindings[phase.role]?.persona;
  return {
    run,
    phase: phase.id,
    title: phase.title ?? phase.id,
    attempt: step.attempt,
    purpose,
    base: { branch: started.base, commit: started.baseCommit },
    goal: started.goal,
    goalFile: put(layout.goal, started.goal),
    instructions: [persona?.instructions ?? "", phase.instructions]
      .map((text) => text.trim())
      .filter((text) => text !== ""),
    inputs: await inputs(phase, state, deps, put),
    comment: now?.comment,
    task: path(layout.task(phase.id, step.attempt)),
    accepted: takesOver(state, step) ? await accepted(state, deps, put) : undefined,
    artifact: path(layout.artifact(phase.id, step.attempt, artifactName(phase))),
    schemaName: started.schemas[schemaName] ? schemaName : referenceOf(started.template),
    schemaFile: put(layout.schema(schemaName), schema),
    schema,
    violations: now?.violations ?? [],
  };
}

/** Copies of what the phase needs, from where artifacts are kept: what an agent did to the original since does not matter. */
const inputs = (phase: Phase, state: RunState, deps: ComposeDeps, put: Put): Promise<Envelope["inputs"]> =>
  copies(readable(phase, state), state, deps, put);

/** All that the run has come to. */
const accepted = (state: RunState, deps: ComposeDeps, put: Put): Promise<Envelope["inputs"]> =>
  copies(
    Object.keys(state.phases).filter((id) => state.phases[id]?.status === "accepted"),
    state,
    deps,
    put,
  );

/** Its role had a session before it, which was told something, and it knows nothing of that. */
function takesOver({ sessions }: RunState, { session, purpose }: PromptStep): boolean {
  const { role, continues } = sessions[session] ?? {};
  if (purpose !== "work" || continues !== undefined) return false;
  return Object.values(sessions).some((one) => one.role === role && one.session !== session && one.told !== undefined);
}

async function copies(
  phases: readonly string[],
  state: RunState,
  deps: ComposeDeps,
  put: Put,
): Promise<Envelope["inputs"]> {
  const found: Envelope["inputs"][number][] = [];
  for (const need of phases) {
    const sha256 = state.phases[need]?.artifact?.sha256;
    const text = sha256 === undefined ? undefined : await deps.artifacts.read(sha256);
    if (sha256 === undefined || text === undefined) continue;
    const schema = (state.started && phaseOf(state.started.template, need)?.produces.schema) ?? "";
    found.push({ phase: need, schema, sha256, file: put(layout.input(need, sha256), text) });
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
