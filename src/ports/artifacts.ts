/**
 * Artifacts on disk: seen, read once complete, checked, and kept by their hash.
 *
 * F1. Watching is an optimisation: every event, and a slow tick, only means "look again".
 * F2. A look reads a regular file inside the artifact folder, by `lstat`: no links, no devices, nothing over the size limit.
 * F3. Complete means renamed in, or the same twice in a row; what does not parse is unfinished until it stays the same.
 * F4. `good` bytes are already kept: copied, read-only, by SHA-256, before anybody hears of them.
 */
import type { Accepted, Look } from "../domain/artifact.ts";

export interface Expectation {
  /** The absolute path where the artifact must appear. */
  path: string;
  schema: Record<string, unknown>;
  /** The phase's `until` schema, if it has one. */
  until: Record<string, unknown> | undefined;
  /** Digests that were refused before: the same bytes again are stale. */
  refused: readonly string[];
}

export interface ArtifactStore {
  /** Looks once; `good` may be told what it will come to while that is being kept. Throws `Failure` `storage.full` when there is no room to keep it, `machine.out_of_files`. */
  look(expected: Expectation, good?: (accepted: Accepted) => void): Promise<Look>;
  /** Calls `again` whenever a look may tell something new. Makes the folder when it is missing. */
  watch(path: string, again: () => void): () => void;
  /** Checks and keeps bytes that devflow made itself (a command's result). */
  keep(text: string, expected: Omit<Expectation, "path" | "refused">): Promise<Look>;
  /** The kept bytes of a digest, as text; undefined when it was never kept. */
  read(sha256: string): Promise<string | undefined>;
  /** Undefined when the schema can be used, else why not (`schema.does_not_compile`, `schema.unsupported`). */
  lint(schema: Record<string, unknown>, where: string): Error | undefined;
}
