/**
 * A phase that a command does: its result is an artifact like any other.
 * After a crash the command runs again: what a phase runs (tests, linters) must not mind; what it left behind is ended first.
 */
import { Failure, failureRecord } from "../domain/failure.ts";
import { milliseconds } from "../domain/names.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Step } from "../domain/run-next.ts";
import { phaseOf } from "../domain/template.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Commands } from "../ports/commands.ts";
import type { StepContext } from "./run-loop.ts";

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
  await context.record(() => [{ type: "command.starting", ...about, argv: [...argv] }]);
  const timeoutMs = milliseconds(phase.timeout);
  const spec = { run: context.run, phase: phase.id, argv, cwd: workspace.path, timeoutMs };
  const result = await commands.run(spec, context.signal);
  if (context.signal.aborted) return undefined;
  const { exitCode, durationMs } = result;
  await context.record(() => [{ type: "command.finished", ...about, exitCode, durationMs }]);
  const passed = exitCode === 0 && !result.timedOut;
  const until = phase.repeat && started.schemas[phase.repeat.until]?.schema;
  const schema = started.schemas[phase.produces.schema]?.schema ?? {};
  const look = await artifacts.keep(`${JSON.stringify({ command: argv, passed, ...result }, null, 2)}\n`, {
    schema,
    until,
  });
  if (look.kind === "good") return { kind: "good", ...about, artifact: look.accepted };
  const problem = look.kind === "bad" ? (look.violations[0]?.problem ?? "") : "";
  const failure = new Failure("artifact.invalid", { phase: phase.id, schema: phase.produces.schema, problem });
  return { kind: "failed", ...about, failure: failureRecord(failure) };
}
