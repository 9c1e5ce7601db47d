/** Where an agent's own JSON says what it has used, and how it counts: data in `agents/*.yaml`. */
import { z } from "zod";
import { Path } from "./profile-parts.ts";

export const UsageRule = z.strictObject({
  where: z.record(Path, z.string()),
  input: Path,
  output: Path,
  cached: Path.optional().describe("Input that came from the provider's cache"),
  cacheWrite: Path.optional().describe("Input that was written to it"),
  reasoning: Path.optional().describe("Output that nobody sees"),
  beside: z
    .array(z.enum(["cached", "cacheWrite", "reasoning"]))
    .default([])
    .describe("Which of these the agent counts beside its input and output, not as a part of them"),
  cost: Path.optional().describe("In US dollars"),
  zeroCost: z
    .enum(["free", "unknown"])
    .default("free")
    .describe("unknown: it says 0 also where it knows no price, so that 0 tells nothing"),
  count: z
    .enum(["last", "sum"])
    .describe("last: each report is the total of the conversation so far; sum: each is one step"),
});
export type UsageRule = z.infer<typeof UsageRule>;

/** In a transcript, where a step may be written down more than once, and a session may go on with what another one began. */
export const TranscriptUsage = UsageRule.extend({
  at: Path.describe(
    "When it was written, as a text or in milliseconds since 1970: what is older than the session was used by another one, and what has no time is not at its end",
  ),
  id: Path.optional().describe("Lines with the same text here are about one step, the newest has its usage whole"),
});
export type TranscriptUsage = z.infer<typeof TranscriptUsage>;
