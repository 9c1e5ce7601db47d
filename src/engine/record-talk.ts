/** The record of a talk: what was said in it, turn by turn, as the artifact of its phase. */
import { Failure, failureRecord } from "../domain/failure.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Step } from "../domain/run-next.ts";
import { NO_TALK, type TalkTurn, Words } from "../domain/talk.ts";
import { phaseOf } from "../domain/template.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { StepContext } from "./step.ts";

export interface RecordDeps {
  artifacts: ArtifactStore;
  workspaces: Workspaces;
}

/** Of each question and answer: the whole stands in a file of its own, under its hash. */
const MOST_CHARACTERS = 10_000;
/** The newest; a record is read by people. */
const MOST_TURNS = 500;

export async function recordTalk(
  step: Extract<Step, { kind: "record" }>,
  context: StepContext,
  { artifacts, workspaces }: RecordDeps,
): Promise<Outcome | undefined> {
  const { started, phases } = context.state();
  const phase = started && phaseOf(started.template, step.phase);
  if (!phase) return undefined;
  const { turns } = phases[step.phase]?.talk ?? NO_TALK;
  const told = await Promise.all(turns.slice(-MOST_TURNS).map((turn) => toldTurn(turn, artifacts)));
  const text = `${JSON.stringify({ turns: told }, null, 2)}\n`;
  const schema = started.schemas[phase.produces.schema]?.schema ?? {};
  const look = await artifacts.keep(text, { schema, until: undefined });
  await workspaces.unmark(context.run).catch(() => undefined); // nothing can be undone any more
  const about = { phase: phase.id, attempt: step.attempt };
  if (look.kind === "good") return { kind: "good", ...about, artifact: look.accepted };
  const problem = look.kind === "bad" ? (look.violations[0]?.problem ?? "") : "";
  const failure = new Failure("artifact.invalid", { phase: phase.id, schema: phase.produces.schema, problem });
  return { kind: "failed", ...about, failure: failureRecord(failure) };
}

async function toldTurn(turn: TalkTurn, artifacts: ArtifactStore) {
  const { number, by, how = "interrupted", undone = false, sha256, answer } = turn;
  const [said, answered] = await Promise.all([words(sha256, artifacts), words(answer, artifacts)]);
  return { number, by, said: said ?? "", ...(answered !== undefined && { answered }), how, undone };
}

async function words(sha256: string | undefined, artifacts: ArtifactStore): Promise<string | undefined> {
  const kept = sha256 === undefined ? undefined : await artifacts.read(sha256);
  const text = kept === undefined ? undefined : Words.parse(JSON.parse(kept)).text;
  return text !== undefined && text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
