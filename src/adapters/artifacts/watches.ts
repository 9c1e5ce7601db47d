/**
 * Wakes whoever waits for a file: by the events of its folder and of the folder above it, and by a slow tick.
 *
 * V1. An event is never interpreted: it only says that a look may tell something new. Events get lost; the tick finds out.
 * V2. A folder that is removed and made again is another one, even with the same inode number: its watch is dead, and is
 *     set up anew.
 * V3. The tick is one for all watches, looks at marks only, and stops with the last watch.
 */
import { existsSync, type FSWatcher, lstatSync, mkdirSync, watch as watchFolder } from "node:fs";
import { basename, dirname } from "node:path";
import { SAME_TWICE_MS } from "../../domain/artifact.ts";
import type { Clock } from "../../ports/clock.ts";
import { linkAbove, markOf, worktreeOf } from "./read-whole.ts";

/** How late a file may be noticed whose event was lost. */
const TICK_MS = 1_000;

const LEAVE_MS = 20;

/** Why a wait is given up. Without a reason an error is made for each, with its stack, which nobody reads. */
const OVER = "over";

interface Watched {
  path: string;
  again: () => void;
  mark: string | undefined;
  folders: Map<string, { identity: string; watcher: FSWatcher }>;
}

export function watches(clock: Clock) {
  const all = new Set<Watched>();
  const later = new Map<string, AbortController>();
  let stopTicking: AbortController | undefined;

  async function tick(stopped: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(TICK_MS, stopped);
      if (stopped.aborted) return;
      for (const watched of all) {
        const renewed = attach(watched);
        const mark = markOf(watched.path);
        const changed = mark !== watched.mark;
        watched.mark = mark;
        if (renewed || changed) watched.again();
      }
    }
  }

  return {
    watch(path: string, again: () => void): () => void {
      const watched: Watched = { path, again, mark: markOf(path), folders: new Map() };
      all.add(watched);
      attach(watched);
      if (!stopTicking) {
        stopTicking = new AbortController();
        void tick(stopTicking.signal);
      }
      return () => {
        if (!all.delete(watched)) return;
        // A moment later: it takes longer than all else here, and what was found mostly lets somebody go on.
        setTimeout(() => {
          for (const { watcher } of watched.folders.values()) watcher.close();
        }, LEAVE_MS).unref();
        if ([...all].every((other) => other.path !== path)) later.get(path)?.abort(OVER);
        if (all.size > 0) return;
        stopTicking?.abort(OVER);
        stopTicking = undefined;
      };
    },

    /** Wakes those who wait for this file once it can have stayed the same for long enough. */
    soon(path: string): void {
      if (later.has(path) || ![...all].some((watched) => watched.path === path)) return;
      const cancelled = new AbortController();
      later.set(path, cancelled);
      void clock.sleep(SAME_TWICE_MS, cancelled.signal).then(() => {
        later.delete(path);
        if (!cancelled.signal.aborted) for (const watched of all) if (watched.path === path) watched.again();
      });
    },
  };
}

/** Sets up what is missing or dead; true when there was any. */
function attach(watched: Watched): boolean {
  const folder = dirname(watched.path);
  try {
    // Not through a link: the folder would be made somewhere else. The look says what is wrong. Nor where the worktree is gone:
    // a folder in its place would be taken for it.
    if (linkAbove(watched.path) === undefined && existsSync(worktreeOf(watched.path)))
      mkdirSync(folder, { recursive: true });
  } catch {
    // A file in its place, or no room: nothing can appear there, and the tick tries again.
  }
  const above = attachOne(watched, dirname(folder), basename(folder));
  return attachOne(watched, folder, basename(watched.path)) || above;
}

function attachOne(watched: Watched, folder: string, name: string): boolean {
  const identity = identityOf(folder);
  const known = watched.folders.get(folder);
  if (known && known.identity === identity) return false;
  known?.watcher.close();
  watched.folders.delete(folder);
  if (identity === undefined) return known !== undefined;
  try {
    const watcher = watchFolder(folder, { persistent: false }, (_, changed) => {
      const itself = changed === basename(folder) && changed !== name;
      if (changed !== null && changed !== name && !itself) return;
      if (itself) forget(watched, folder, watcher);
      // An event of the file itself shows that the folder's watch lives; what is above tells of other folders.
      if (itself || changed === null || folder !== dirname(watched.path)) attach(watched);
      watched.mark = markOf(watched.path);
      watched.again();
    });
    watcher.on("error", () => forget(watched, folder, watcher));
    watched.folders.set(folder, { identity, watcher });
  } catch {
    // No watches are left on this machine, or the folder has just gone: the tick goes on.
    return false;
  }
  return true;
}

function forget({ folders }: Watched, folder: string, watcher: FSWatcher): void {
  watcher.close();
  if (folders.get(folder)?.watcher === watcher) folders.delete(folder);
}

/** Inode numbers are given out again at once: the time of birth tells two folders apart. */
function identityOf(folder: string): string | undefined {
  try {
    const stats = lstatSync(folder, { bigint: true });
    return stats.isDirectory() ? `${stats.ino}/${stats.birthtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}
