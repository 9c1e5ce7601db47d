/**
 * A phase that a command does: its result is an artifact like any other.
 * After a crash the command runs again, unless its receipt is in the log: what a phase runs (tests, linters) must not mind; what it
 * left behind is ended first. Its receipt and what its result means are one append.
 */
import { Failure, failureRecord } from "../domain/failure.ts";
import { milliseconds } from "../domain/names.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Step } from "../domain/run-next.ts";
import { phaseOf } from "../domain/template.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Commands } from "../ports/commands.ts";
import type { StepContext } from "./step.ts";

type CommandStep = Extract<Step, { kind: "command" }>;

export async function runCommand(
  step: CommandStep,
  context: StepContext,
  { commands, artifacts }: { commands: Commands; artifacts: ArtifactStore },
): Promise<Outcome | undefined> {
  const { started, workspace } = context.state();
  const phase = started && phaseOf(started.template, step.phase);
  const [program, ...args] = phase?.run ?? [];
  if (!started || !phase || !workspace || program === undefined) return undefined;
  const about = { phase: phase.id, attempt: step.attempt };
  const argv = [program, ...args] as const;
  await context.record(() => (context.signal.aborted ? [] : [{ type: "command.starting", ...about, argv: [...argv] }]));
  if (context.signal.aborted) return undefined;
  const timeoutMs = milliseconds(phase.timeout);
  const spec = { run: context.run, phase: phase.id, argv, cwd: workspace.path, timeoutMs };
  const result = await commands.run(spec, context.signal);
  if (context.signal.aborted) return undefined;
  const command = { exitCode: result.exitCode, durationMs: result.durationMs };
  const passed = result.exitCode === 0 && !result.timedOut;
  const until = phase.repeat && started.schemas[phase.repeat.until]?.schema;
  const schema = started.schemas[phase.produces.schema]?.schema ?? {};
  const look = await artifacts.keep(`${JSON.stringify({ command: argv, passed, ...result }, null, 2)}\n`, {
    schema,
    until,
  });
  if (look.kind === "good") return { kind: "good", ...about, artifact: look.accepted, command };
  const problem = look.kind === "bad" ? (look.violations[0]?.problem ?? "") : "";
  const failure = new Failure("artifact.invalid", { phase: phase.id, schema: phase.produces.schema, problem });
  return { kind: "failed", ...about, failure: failureRecord(failure), command };
}

/** The run has ended, and nobody knows how far its command is: it may run still, from before a restart. */
export async function endCommand(
  { phase, attempt }: Extract<Step, { kind: "end command" }>,
  { run }: StepContext,
  { commands }: { commands: Commands },
): Promise<Outcome> {
  await commands.end(run, phase);
  return { kind: "ended", phase, attempt };
}
