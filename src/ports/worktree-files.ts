/**
 * The files of one worktree, for agents that have devflow read and write for them.
 *
 * - Nothing outside of the worktree is read or written, whatever the path and the links on the way say; git's own files neither.
 * - What cannot or must not be done is a value; nothing throws for what an agent asks.
 */
import type { ArgumentPlace } from "../domain/command-words.ts";
import type { Refusal } from "../domain/tool-refusal.ts";

export interface WorktreeFiles {
  /** The text of a file; `line` counts from 1. */
  read(
    path: string,
    part: { line?: number | undefined; limit?: number | undefined },
  ): { ok: true; text: string } | Refusal;
  /** The whole file, or nothing of it. `artifact` is the one path under `.devflow` that may be written. */
  write(path: string, content: string, artifact: string | undefined): { ok: true } | Refusal;
  /** Where a path leads, all links followed. */
  placeOf(path: string): ArgumentPlace;
}

/** Throws what the system says when there is no such folder. */
export type WorktreeFilesOf = (root: string) => WorktreeFiles;
