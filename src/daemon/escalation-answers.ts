/** What the daemon answers about escalations: those that are open in any run, and what people answer them. */
import { answersTo } from "../domain/escalation.ts";
import { Failure } from "../domain/failure.ts";
import { EscalationId, RunId } from "../domain/ids.ts";
import { viewOf } from "../domain/run-view.ts";
import type { EscalationView, RunView } from "../domain/view.ts";
import type { Engine } from "../engine/engine.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { EscalationNow } from "../protocol/escalation-methods.ts";
import type { EngineApi } from "./engine-api.ts";
import { findRun } from "./run-answers.ts";

export interface EscalationAnswersDeps {
  engine: Pick<Engine, "answer">;
  log: EventLog;
}

type EscalationAnswers = Pick<EngineApi, "escalations" | "escalation" | "answer">;

/** More runs at once are not to be expected on one machine. */
const ACTIVE_RUNS = 1_000;
/** How far back one that is settled is looked for, in runs. */
const RECENT_RUNS = 50;

export function escalationAnswers({ engine, log }: EscalationAnswersDeps): EscalationAnswers {
  const of = (runs: readonly { id: RunId }[]): EscalationNow[] =>
    runs.flatMap(({ id }) => {
      const view = viewOf(log.read(id));
      return view ? view.escalations.map((escalation) => now(view, escalation)) : [];
    });

  function waiting(): EscalationNow[] {
    return of(log.runs({ limit: ACTIVE_RUNS, active: true })).filter(({ settledAt }) => settledAt === undefined);
  }

  function find(part: string): EscalationNow {
    const wanted = part.toUpperCase();
    for (const all of [waiting, () => of(log.runs({ limit: RECENT_RUNS }))]) {
      const found = all().filter(({ id }) => id.startsWith(wanted) || id.endsWith(wanted));
      const [only] = found;
      if (found.length > 1) throw new Failure("escalation.ambiguous", { escalation: part, count: found.length });
      if (only) return only;
    }
    throw new Failure("escalation.not_found", { escalation: part });
  }

  return {
    escalations: async ({ run }) => ({ escalations: run === undefined ? waiting() : of([{ id: findRun(log, run) }]) }),
    escalation: async ({ escalation }) => find(escalation),
    answer: async ({ escalation: part, answer: typed, by }) => {
      const { id, run } = find(part);
      const word = typed.trim().toLowerCase();
      return { escalation: id, run, answer: await engine.answer(RunId.parse(run), EscalationId.parse(id), word, by) };
    },
  };
}

const now = ({ id: run, template, status }: RunView, escalation: EscalationView): EscalationNow => {
  const over = escalation.settledAt !== undefined || status === "completed" || status === "cancelled";
  return { ...escalation, run, template, answers: over ? [] : [...answersTo(escalation)] };
};
