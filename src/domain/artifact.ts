/** Artifact: the file that proves a phase. What was seen of it, and what follows from that. */
import { z } from "zod";
import { Digest } from "./ids.ts";

/** One thing that a schema does not allow, said so that an agent can mend it. */
export const Violation = z.strictObject({
  at: z.string().describe("JSON pointer into the artifact; empty for the whole of it"),
  problem: z.string(),
});
export type Violation = z.infer<typeof Violation>;

/** An artifact that was read whole and satisfies its schema. */
export const Accepted = z.strictObject({
  sha256: Digest,
  bytes: z.int().nonnegative(),
  /** Satisfies the `until` schema of its phase; true when there is none. */
  satisfied: z.boolean(),
});
export type Accepted = z.infer<typeof Accepted>;

/**
 * One look at the place where an artifact should be.
 * `absent`, `unfinished`: wait. `stale`: the bytes that were refused before; wait, unless they were written again. `bad`: complete but not acceptable
 * as it stands; it counts once the agent's turn is over or it has stayed the same for a while.
 */
export type Look =
  | { kind: "absent" }
  | { kind: "unfinished"; problem: string }
  | { kind: "stale"; rewritten: boolean }
  | { kind: "bad"; violations: readonly Violation[]; sha256: string | undefined; parses: boolean }
  | { kind: "good"; accepted: Accepted };

/** Longest list of violations that is worth telling an agent at once. */
export const MAX_VIOLATIONS = 20;

/** Artifacts are contracts to be read by people and prompts, not data dumps. */
export const MAX_ARTIFACT_BYTES = 10 * 1024 * 1024;

/** Where a run's artifacts and prompts are, below its worktree. Nothing below it is ever committed, or followed out of it by a link. */
export const SCRATCH = ".devflow";

/** Unchanged for this long, a file counts as the same twice. */
export const SAME_TWICE_MS = 250;
