/** Methods about escalations: what waits for a person. */
import { z } from "zod";
import { EscalationAnswer } from "../domain/escalation.ts";
import { EscalationView } from "../domain/view.ts";
import { By, EscalationRef, type Method, RunRef } from "./refs.ts";

/** An escalation of a run, with the words that it can be answered with. */
export const EscalationNow = z.strictObject({
  ...EscalationView.shape,
  run: z.string(),
  template: z.string(),
  answers: z.array(EscalationAnswer).describe("None when it is answered elsewhere, or settled"),
});
export type EscalationNow = z.infer<typeof EscalationNow>;

export const ESCALATION_METHODS = {
  "escalation.list": {
    summary: "Escalations that wait for a person; of one run, the settled ones too",
    params: z.strictObject({ run: RunRef.optional() }),
    result: z.strictObject({ escalations: z.array(EscalationNow) }),
  },
  "escalation.show": {
    summary: "One escalation",
    params: z.strictObject({ escalation: EscalationRef }),
    result: EscalationNow,
  },
  "escalation.answer": {
    summary: "Answer an escalation with one of its words",
    params: z.strictObject({ escalation: EscalationRef, answer: z.string().max(100), by: By }),
    result: z.strictObject({ escalation: z.string(), run: z.string(), answer: EscalationAnswer }),
  },
} as const satisfies Record<string, Method>;
