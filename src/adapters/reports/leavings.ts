/** Removes the files that a run has left in devflow's own directories; never anything under another name. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Leavings } from "../../ports/leavings.ts";

export interface LeavingsOptions {
  /** Directories with an entry for each run, named by its id. */
  ofRuns: readonly string[];
  /** The file or folder of a session. */
  ofSession(session: string): readonly string[];
}

export function leavings({ ofRuns, ofSession }: LeavingsOptions): Leavings {
  return {
    async remove(run, sessions) {
      const paths = [...ofRuns.map((directory) => join(directory, run)), ...sessions.flatMap(ofSession)];
      await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}
