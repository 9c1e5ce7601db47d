/**
 * Keeps the daemon small: it runs all day beside the agents, and mostly waits.
 *
 * V8 and malloc are told so before the process starts, which is why this holds for a daemon in the background only.
 */
import type { EventLog } from "../ports/event-log.ts";

/**
 * Flags of Node. A young generation of 1 MiB instead of 16: what a run leaves is found while it is little, at the price of some
 * processor time that nobody notices between two phases. And garbage can be collected when there is nothing else to do.
 */
export const SMALL_HEAP = ["--max-semi-space-size=1", "--expose-gc"] as const;

/** For the C library (glibc): one pool for all threads, and what is freed goes back to the system. */
export const SMALL_MALLOC = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_MMAP_THRESHOLD_: "131072",
} as const;

/** Takes away what `SMALL_MALLOC` has set, once it has done its work: it is not for the programs that the daemon starts. */
export function forgetMalloc(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(SMALL_MALLOC)) if (env[name] === value) delete env[name];
}

/** After the last run's end; the next may begin at once. */
const IDLE_MS = 3_000;

/** Collects garbage when runs have ended and no agent lives: V8 alone would do so when it needs the room, which may be never. */
export async function collectWhenIdle(
  log: Pick<EventLog, "follow" | "head">,
  sessions: () => number,
  signal: AbortSignal,
): Promise<void> {
  const { gc } = globalThis;
  if (!gc) return;
  let timer: NodeJS.Timeout | undefined;
  for await (const { event } of log.follow(log.head(), signal)) {
    if (event.type !== "report.written") continue;
    clearTimeout(timer);
    timer = setTimeout(() => sessions() === 0 && gc(), IDLE_MS).unref();
  }
  clearTimeout(timer);
}
