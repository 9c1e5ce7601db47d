/** Plan: the steps that an agent has set itself, in its own short words. Each telling replaces the one before. */
import { z } from "zod";

export const PlanStep = z.strictObject({
  step: z.string().max(200),
  state: z.enum(["pending", "in_progress", "completed"]),
});
export type PlanStep = z.infer<typeof PlanStep>;

/** A plan of more steps is told by its first ones. */
const MOST_STEPS = 100;

export const Plan = z.strictObject({
  steps: z.array(PlanStep).max(MOST_STEPS),
  more: z.int().nonnegative().default(0).describe("How many steps it has besides"),
});
export type Plan = z.infer<typeof Plan>;

/** What an agent calls its plan, read with forgiveness: a step without a known state is still to come. */
export function planOf(entries: unknown, short: (text: string) => string): Plan {
  const all = Array.isArray(entries) ? entries : [];
  const steps = all.slice(0, MOST_STEPS).map((entry: unknown): PlanStep => {
    const { content, status } = Entry.parse(entry);
    return { step: short(content), state: status };
  });
  return { steps, more: all.length - steps.length };
}

const Entry = z
  .object({ content: z.string().catch(""), status: PlanStep.shape.state.catch("pending") })
  .catch({ content: "", status: "pending" });

/** How far it is. */
export function planStand({ steps, more }: Plan): { done: number; count: number; now: string } {
  const at = (state: PlanStep["state"]) => steps.filter((one) => one.state === state);
  return { done: at("completed").length, count: steps.length + more, now: at("in_progress")[0]?.step ?? "" };
}
