/** What the daemon answers about runs: the engine's words turned into the protocol's. */
import type { RunEvent } from "../domain/event.ts";
import { Failure } from "../domain/failure.ts";
import { RunId } from "../domain/ids.ts";
import { referenceOf } from "../domain/names.ts";
import { viewOf } from "../domain/run-view.ts";
import type { RunView } from "../domain/view.ts";
import type { Engine } from "../engine/engine.ts";
import type { Plan } from "../engine/start.ts";
import type { EventLog, RunRow } from "../ports/event-log.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { CostEstimate } from "../protocol/money.ts";
import type { Preview, RunSummary } from "../protocol/run-methods.ts";
import type { EngineApi } from "./engine-api.ts";

export interface RunAnswersDeps {
  engine: Engine;
  log: EventLog;
  workspaces: Workspaces;
  readText(path: string): Promise<string | undefined>;
  estimate(plan: Plan): CostEstimate;
}

type RunAnswers = Pick<
  EngineApi,
  | "preview"
  | "start"
  | "list"
  | "show"
  | "events"
  | "report"
  | "approve"
  | "reject"
  | "resume"
  | "cancel"
  | "diff"
  | "delete"
>;

export function runAnswers({ engine, log, workspaces, readText, estimate }: RunAnswersDeps): RunAnswers {
  const find = (part: string): RunId => findRun(log, part);
  const view = (run: RunId): RunView => {
    const found = viewOf(log.read(run));
    if (!found) throw new Failure("run.not_found", { run });
    return found;
  };
  return {
    preview: async (request) => {
      const plan = await engine.plan(request);
      return { ...previewOf(plan), estimate: estimate(plan) };
    },
    start: async (request) => {
      const cursor = log.head();
      const { run, created, warnings } = await engine.start(request);
      return { run, created, warnings: [...warnings], cursor: created ? cursor : 0 };
    },
    list: async ({ limit, active, status }) => {
      const query = { limit, ...(active !== undefined && { active }), ...(status !== undefined && { status }) };
      return { runs: log.runs(query).map(summary) };
    },
    show: async ({ run }) => view(find(run)),
    events: async ({ run, from, limit }) => {
      const id = find(run);
      const all = log.read(id, from);
      return { run: id, events: all.slice(0, limit), more: all.length > limit };
    },
    report: async ({ run }) => {
      const id = find(run);
      const { report, status } = view(id);
      const json = report && (await readText(report.json));
      const markdown = report && (await readText(report.markdown));
      if (json === undefined || markdown === undefined) throw new Failure("run.no_report", { run: id, state: status });
      return {
        run: id,
        json: report?.json ?? "",
        markdown: report?.markdown ?? "",
        text: markdown,
        data: JSON.parse(json),
      };
    },
    approve: async ({ run, phase, by, comment }) => {
      const id = find(run);
      return { run: id, phase: await engine.approve(id, "approve", phase, by, comment) };
    },
    reject: async ({ run, phase, by, comment }) => {
      const id = find(run);
      return { run: id, phase: await engine.approve(id, "reject", phase, by, comment) };
    },
    resume: async ({ run, by, from }) => {
      const id = find(run);
      await engine.resume(id, by, from);
      return { run: id };
    },
    cancel: async ({ run, by, comment }) => {
      const id = find(run);
      await engine.cancel(id, by, comment);
      return { run: id };
    },
    delete: async ({ run, by }) => {
      const id = find(run);
      const { wip } = await engine.delete(id, by);
      return { run: id, ...(wip !== undefined && { wip }) };
    },
    diff: async ({ run }) => {
      const id = find(run);
      const started = log
        .read(id)
        .map(({ event }) => event)
        .find(isStarted);
      if (!started || view(id).worktree === undefined) return { run: id, diff: "" };
      return {
        run: id,
        diff: await workspaces.diff(id, { root: started.repo, base: started.base, baseCommit: started.baseCommit }),
      };
    },
  };
}

const isStarted = (event: RunEvent): event is Extract<RunEvent, { type: "run.started" }> =>
  event.type === "run.started";

/** The one run that starts or ends with what a person typed. */
export function findRun(log: Pick<EventLog, "resolve">, part: string): RunId {
  const found = log.resolve(part.toUpperCase(), 2);
  const [only] = found;
  if (!only) throw new Failure("run.not_found", { run: part });
  if (found.length > 1) throw new Failure("run.ambiguous", { run: part, count: `${found.length} or more` });
  return RunId.parse(only);
}

const summary = ({ id, branch, endedAt, ...row }: RunRow): RunSummary => ({
  id,
  ...row,
  ...(branch !== undefined && { branch }),
  ...(endedAt !== undefined && { endedAt }),
});

function previewOf({ repository, template, bindings, goal, warnings }: Plan): Preview {
  return {
    template: referenceOf(template.value),
    description: template.value.description,
    repo: repository.root,
    base: repository.base,
    baseCommit: repository.baseCommit,
    goalBytes: goal.bytes,
    goalRemoved: goal.removed,
    phases: template.value.phases.map(({ id, title, role, run, needs, approval, repeat, timeout }) => {
      const bound = role === undefined ? undefined : bindings[role];
      return {
        id,
        title: title ?? id,
        ...(role !== undefined && { role }),
        ...(bound && { persona: referenceOf(bound.definition.value) }),
        ...(run && { command: run }),
        needs,
        ...(approval && { approval }),
        ...(repeat && { repeat: { from: repeat.from, max: repeat.max } }),
        timeout,
      };
    }),
    bindings: Object.entries(bindings).map(([role, { definition, why }]) => {
      const { adapter, agent, model, family } = definition.value;
      return { role, persona: referenceOf(definition.value), agent: agent ?? model ?? adapter, family, why };
    }),
    warnings: [...warnings],
  };
}
