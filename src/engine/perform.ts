/** Performing a step: which part of the engine does it, and what comes of it. */

import { EscalationId } from "../domain/ids.ts";
import type { Outcome } from "../domain/outcome.ts";
import { delay } from "../domain/recovery.ts";
import type { Step } from "../domain/run-next.ts";
import type { Commands } from "../ports/commands.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Reports } from "../ports/reports.ts";
import { endCommand, runCommand } from "./command.ts";
import { type DeliverDeps, deliverPrompt } from "./deliver.ts";
import { listenTurn } from "./listen.ts";
import { makePrompt } from "./make-prompt.ts";
import { recordTalk } from "./record-talk.ts";
import { writeReport } from "./report.ts";
import type { MakeReady, Perform, StepContext } from "./step.ts";
import { watchArtifact } from "./watch.ts";

export interface PerformDeps extends DeliverDeps {
  log: EventLog;
  commands: Commands;
  reports: Reports;
}

export function performer(deps: PerformDeps): { perform: Perform; ready: MakeReady } {
  const delivering = { ...deps, made: new WeakMap() };
  return {
    ready: async (step, context) => (step.kind === "prompt" ? makePrompt(step, context, delivering) : []),
    perform: async (step, context) => {
      // Where there is no worktree any more nothing is started: an agent or a command would work somewhere else.
      if (step.kind === "session" || step.kind === "command") await deps.workspaces.check(context.run);
      switch (step.kind) {
        case "workspace":
          return workspace(context, deps);
        case "session":
          return openSession(step, context, deps);
        case "prompt":
          return deliverPrompt(step, context, delivering);
        case "watch":
          return watchArtifact(step, context, deps);
        case "listen":
          return listenTurn(step, context, deps);
        case "record":
          return recordTalk(step, context, deps);
        case "command":
          return runCommand(step, context, deps);
        case "permission":
          return answerPermission(step, context, deps);
        case "end command":
          return endCommand(step, context, deps);
        case "close":
          return closeSession(step, context, deps);
        case "report":
          return writeReport(context, deps);
      }
    },
  };
}

async function workspace({ run, state }: StepContext, { workspaces }: PerformDeps): Promise<Outcome | undefined> {
  const { started } = state();
  if (!started) return undefined;
  const { repo, base, baseCommit } = started;
  return { kind: "workspace", ...(await workspaces.prepare(run, { root: repo, base, baseCommit })) };
}

async function openSession(
  step: Extract<Step, { kind: "session" }>,
  context: StepContext,
  { sessions, clock, random, accounts }: PerformDeps,
): Promise<undefined> {
  const before = Object.values(context.state().sessions).findLast(({ role }) => role === step.role)?.trouble;
  if (step.restart > 0 && before?.account !== undefined) await accounts?.restart(before.account, context.signal);
  if (step.restart > 0 && step.session === undefined)
    await clock.sleep(delay("restart", step.restart - 1, random()), context.signal);
  if (context.signal.aborted) return undefined;
  await sessions.open(context, step.role, step.session);
  return undefined;
}

async function answerPermission(
  { key, session, pending }: Extract<Step, { kind: "permission" }>,
  context: StepContext,
  { sessions, ids }: PerformDeps,
): Promise<Outcome | undefined> {
  const agent = await sessions.get(context, session);
  const { permission, answer, digest } = pending;
  const result = agent?.permit ? await agent.permit(key, answer, digest, context.signal) : "gone";
  if (result === undefined || context.signal.aborted) return undefined;
  return { kind: "permitted", session, permission, result, escalation: EscalationId.parse(ids.next()) };
}

async function closeSession(
  { session }: Extract<Step, { kind: "close" }>,
  context: StepContext,
  { sessions }: PerformDeps,
): Promise<Outcome> {
  await sessions.end(context, session);
  // What it has told last is a part of the run too, and of its report.
  await context.heard();
  return { kind: "closed", session, cause: "the run has ended" };
}
