/** What the sweep finds in this home's own directories: each kind by the part that makes such things. */
import { join } from "node:path";
import { unfinishedBackups } from "../../adapters/storage/backup.ts";
import { markedProcesses } from "../../adapters/system/marked-processes.ts";
import { strayFiles } from "../../adapters/system/stray-files.ts";
import { isUnfinished } from "../../adapters/system/whole-file.ts";
import { straySockets } from "../../adapters/terminals/stray-sockets.ts";
import { halfRemoved, worktreeRuns } from "../../adapters/workspace/leftovers.ts";
import type { Places } from "../../domain/places.ts";
import type { LeftoversOf } from "../leftovers.ts";

/** Wrappers of terminals write there too, whenever their programs end; nothing takes them so long. */
const OTHERS_MS = 60 * 60 * 1000;

/** `startedAt`: what is older was begun by a daemon before this one, and nobody finishes it any more. */
export function leftHere(
  { data, state, runtime }: Places,
  startedAt: number,
): Pick<LeftoversOf, "marked" | "worktrees" | "strays"> {
  const worktrees = join(data, "worktrees");
  const folders = [data, worktrees, join(data, "artifacts"), join(data, "runs")];
  return {
    marked: () => markedProcesses([data, worktrees, state]),
    worktrees: () => worktreeRuns(worktrees),
    strays: {
      "half-removed worktrees": () => halfRemoved(worktrees),
      sockets: () => straySockets(join(runtime, "p"), join(state, "pty")),
      // Before the files: a backup is found by one of them.
      "half-made backups": () => unfinishedBackups(data, startedAt),
      "temporary files": async () =>
        (
          await Promise.all([
            ...folders.map((folder) => strayFiles(folder, isUnfinished, startedAt)),
            strayFiles(state, isUnfinished, startedAt - OTHERS_MS),
          ])
        ).flat(),
    },
  };
}
