/** Escalations as a person answers them: which words each takes. */
import { z } from "zod";
import type { FailureRecord } from "./failure.ts";

/**
 * allow: the limit is as much again; stop: the phase fails. retry: the run goes on where it stood still; cancel: it ends.
 */
export const EscalationAnswer = z.enum(["allow", "stop", "retry", "cancel"]);
export type EscalationAnswer = z.infer<typeof EscalationAnswer>;

/** None: it is a question of an agent, and answered where it was asked. */
export function answersTo(asking: {
  severity: "question" | "problem";
  failure: Pick<FailureRecord, "code">;
}): readonly EscalationAnswer[] {
  if (asking.severity === "question") return [];
  return asking.failure.code === "budget.exhausted" ? ["allow", "stop"] : ["retry", "cancel"];
}
