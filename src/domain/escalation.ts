/** Escalations as a person answers them: which words each takes. */
import { z } from "zod";
import type { FailureRecord } from "./failure.ts";

/**
 * Of an agent's question: allow and deny are pressed in its dialog.
 * allow: the limit is as much again; stop: the phase fails. retry: the run goes on where it stood still; cancel: it ends.
 */
export const EscalationAnswer = z.enum(["allow", "deny", "stop", "retry", "cancel"]);
export type EscalationAnswer = z.infer<typeof EscalationAnswer>;

/** None: it is a question of an agent that could not be read, and is answered where it was asked. */
export function answersTo(asking: {
  severity: "question" | "problem";
  failure: Pick<FailureRecord, "code" | "details">;
}): readonly EscalationAnswer[] {
  if (asking.severity === "question") return asking.failure.details.digest === undefined ? [] : ["allow", "deny"];
  return asking.failure.code === "budget.exhausted" ? ["allow", "stop"] : ["retry", "cancel"];
}
