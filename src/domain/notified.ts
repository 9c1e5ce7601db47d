/** What people can be told of outside of devflow, by the event that it follows from. Without packages: the thin client needs it. */
import type { RunEvent } from "./event.ts";

export const NOTIFIED = ["waiting", "completed", "failed", "cancelled"] as const;
export type Notified = (typeof NOTIFIED)[number];

const AS: Partial<Record<RunEvent["type"], Notified>> = {
  "approval.requested": "waiting",
  "escalation.raised": "waiting",
  "run.completed": "completed",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
};

/** `undefined` for what nobody is told of. */
export const notifiedAs = ({ type }: RunEvent): Notified | undefined => AS[type];
