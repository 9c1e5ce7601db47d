/** What requests name things by, and the shapes that many methods share. */
import { z } from "zod";

export interface Method {
  summary: string;
  params: z.ZodType;
  result: z.ZodType;
}

export const RunRef = z.string().min(1).max(100).describe("A run's id, or the start or end of it");
export const SessionRef = z.string().min(1).max(100).describe("A session's id, or the start or end of it");
export const EscalationRef = z.string().min(1).max(100).describe("An escalation's id, or the start or end of it");
export const By = z.string().max(200).default("socket").describe("Who asks, for the record");
export const Comment = z.string().max(20_000);
export const Empty = z.strictObject({});
export const Done = z.strictObject({ ok: z.literal(true) });
