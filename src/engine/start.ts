/** Starting a run: everything it needs is found, checked and written into its first event; nothing is looked up later. */
import { bind, type Candidate } from "../domain/binding.ts";
import type { Policy } from "../domain/budget.ts";
import type { RunStarted } from "../domain/event.ts";
import { Failure } from "../domain/failure.ts";
import { RunId } from "../domain/ids.ts";
import { referenceOf } from "../domain/names.ts";
import type { Persona } from "../domain/persona.ts";
import { phaseOf, type Template } from "../domain/template.ts";
import { cleanText, utf8Bytes } from "../domain/text.ts";
import type { Agents } from "../ports/agent.ts";
import type { Clock, Ids } from "../ports/clock.ts";
import type { Definition, Definitions } from "../ports/definitions.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Repository, Workspaces } from "../ports/workspace.ts";

/** Longest goal, in bytes of UTF-8: a text that a person wrote, stored with the run. */
export const MAX_GOAL_BYTES = 512 * 1024;

export interface StartRequest {
  template: string;
  goal: string;
  /** An absolute path in the repository. */
  repo: string;
  base?: string | undefined;
  bind: Readonly<Record<string, string>>;
  /** Role → the model that its persona is to use. */
  models?: Readonly<Record<string, string>> | undefined;
  /** Command phase → argv to run instead of the template's. */
  commands: Readonly<Record<string, readonly string[]>>;
  idempotencyKey?: string | undefined;
  /** The most that the run may cost; the setting otherwise. */
  budgetUsd?: string | undefined;
}

export interface StartDeps {
  log: EventLog;
  definitions: Definitions;
  agents: Agents;
  workspaces: Workspaces;
  clock: Clock;
  ids: Ids;
  digest: (text: string) => string;
  /** Whether roles may be given to the paper agent without being asked to. */
  allowPaper: boolean;
  /** What happens when a run's budget is used up, and how much it is when nothing is said. */
  budget?: { policy: Policy; runUsd?: string | undefined };
}

/** What a run would be: all that is settled before it starts. */
export interface Plan {
  repository: Repository;
  template: Definition<Template>;
  bindings: Record<string, { definition: Definition<Candidate["persona"]>; why: string }>;
  goal: { text: string; removed: number; bytes: number };
  warnings: readonly string[];
  event: RunStarted;
}

export async function plan(request: StartRequest, deps: StartDeps): Promise<Plan> {
  const goal = goalOf(request.goal);
  const repository = await deps.workspaces.inspect(request.repo, request.base);
  const found = await deps.definitions.templates.get(request.template, repository.root);
  const template = { ...found, value: withCommands(found.value, request.commands) };
  const { chosen, warnings } = await bindings(template.value, request.bind, repository.root, deps);
  const event: RunStarted = {
    type: "run.started",
    repo: repository.root,
    base: repository.base,
    baseCommit: repository.baseCommit,
    goal: goal.text,
    template: template.value,
    templateHash: template.hash,
    bindings: Object.fromEntries(
      Object.entries(chosen).map(([role, { definition }]) => [
        role,
        { persona: withModel(definition.value, request.models?.[role]), hash: definition.hash },
      ]),
    ),
    schemas: await schemas(template.value, repository.root, deps.definitions),
    warnings: [...warnings, ...(goal.removed > 0 ? [takenOut(goal.removed)] : [])],
    requestHash: deps.digest(
      JSON.stringify([
        request.template,
        request.goal,
        repository.root,
        repository.base,
        request.bind,
        request.commands,
        ...(request.budgetUsd === undefined ? [] : [request.budgetUsd]),
        ...(Object.keys(request.models ?? {}).length === 0 ? [] : [request.models]),
      ]),
    ),
    ...budgetOf(request, deps),
    ...(request.idempotencyKey !== undefined && { idempotencyKey: request.idempotencyKey }),
  };
  return { repository, template, bindings: chosen, goal, warnings: event.warnings, event };
}

/** The persona, told to use another model. */
export const withModel = (persona: Persona, model: string | undefined): Persona =>
  model === undefined ? persona : { ...persona, model };

/** Appends a run's first event. The same idempotency key with the same request gives the run of before. */
export async function begin(
  { event }: Plan,
  { log, clock, ids }: StartDeps,
): Promise<{ run: RunId; created: boolean; warnings: readonly string[] }> {
  const run = RunId.parse(ids.next());
  const written = await log.append(run, 0, [event], { at: clock.now(), durable: true });
  const first = written.kind === "already" ? written.events[0]?.run : run;
  const started = written.kind === "appended" ? written.events[0]?.event : undefined;
  const { warnings } = started?.type === "run.started" ? started : event;
  return { run: RunId.parse(first), created: written.kind === "appended", warnings };
}

function budgetOf({ budgetUsd }: StartRequest, { budget }: StartDeps): Pick<RunStarted, "budget"> {
  const usd = budgetUsd ?? budget?.runUsd;
  return usd === undefined ? {} : { budget: { usd, policy: budget?.policy ?? "block" } };
}

const takenOut = (count: number): string =>
  `${count} control ${count === 1 ? "character was" : "characters were"} taken out of the goal`;

function goalOf(given: string): Plan["goal"] {
  const { text, removed } = cleanText(given);
  const bytes = utf8Bytes(text);
  if (text.trim() === "") throw new Failure("goal.empty");
  if (bytes > MAX_GOAL_BYTES) throw new Failure("goal.too_large", { bytes, limit: MAX_GOAL_BYTES });
  return { text, removed, bytes };
}

function withCommands(template: Template, commands: StartRequest["commands"]): Template {
  for (const id of Object.keys(commands)) {
    if (phaseOf(template, id)?.run) continue;
    const phases = template.phases.filter(({ run }) => run).map((phase) => phase.id);
    const problem = `--command ${id}: ${referenceOf(template)} has no command phase of that name (it has: ${phases.join(", ") || "none"})`;
    throw new Failure("usage.invalid", { problem });
  }
  return {
    ...template,
    phases: template.phases.map((phase) => {
      const argv = commands[phase.id];
      return argv ? { ...phase, run: [...argv] } : phase;
    }),
  };
}

async function bindings(template: Template, overrides: StartRequest["bind"], repo: string, deps: StartDeps) {
  const { personas } = deps.definitions;
  const named = await Promise.all(
    Object.entries(overrides).map(async ([role, reference]) => [role, await personas.get(reference, repo)] as const),
  );
  const byHand = Object.fromEntries(named.map(([role, { value }]) => [role, referenceOf(value)]));
  const loaded = [...(await personas.list(repo)).good, ...named.map(([, definition]) => definition)];
  const all = new Map(loaded.map((definition) => [referenceOf(definition.value), definition]));
  const candidates = await Promise.all(
    [...all].map(async ([reference, { value }]): Promise<Candidate> => {
      const byName = Object.values(byHand).includes(reference);
      return { persona: value, obstacle: await deps.agents.obstacle(value, byName) };
    }),
  );
  const bound = bind(template, candidates, byHand, { allowPaper: deps.allowPaper });
  if (bound instanceof Failure) throw bound;
  const chosen = Object.fromEntries(
    Object.entries(bound.bindings).map(([role, { persona, why }]) => {
      const definition = all.get(referenceOf(persona));
      if (!definition) throw new Failure("internal", { problem: `${referenceOf(persona)} was bound but never loaded` });
      return [role, { definition, why }];
    }),
  );
  const used = new Map(Object.values(chosen).map(({ definition: { value } }) => [referenceOf(value), value]));
  const remarks = await Promise.all([...used.values()].map((persona) => deps.agents.remarks?.(persona)));
  return { chosen, warnings: [...bound.warnings, ...remarks.flatMap((said) => said ?? [])] };
}

async function schemas(
  template: Template,
  repo: string,
  { schemas: shelf }: Definitions,
): Promise<RunStarted["schemas"]> {
  const names = new Set(
    template.phases.flatMap(({ produces, repeat }) => [produces.schema, ...(repeat ? [repeat.until] : [])]),
  );
  const kept = [...names].map(async (name) => {
    const { value, hash } = await shelf.get(name, repo);
    return [name, { schema: value.schema, hash }] as const;
  });
  return Object.fromEntries(await Promise.all(kept));
}
