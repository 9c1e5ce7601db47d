/** Slows a program down to the daemon that follows it, but never for long: an agent must not hang because devflow does. */

/** Behind by this much, of the 1 MiB that is kept: time to hold the program. */
const HOLD_BEHIND_BYTES = 768 * 1024;
/** Caught up to this: let it go on. */
const RELEASE_BEHIND_BYTES = 256 * 1024;
/** A daemon that takes nothing for this long is stuck or stopped: it will get a gap instead. */
const STALLED_MS = 1000;
/** Nothing is held for this long after the program may have ended; if it has, its exit is told well within. */
const ENDING_MS = 1000;

/** How far a following daemon has dealt with the output. */
export interface Follower {
  acked: number;
  stalled: boolean;
}

export interface Flow {
  follow(from: number): Follower;
  leave(follower: Follower): void;
  acknowledge(follower: Follower, position: number): void;
  /** To be called when there is more output. */
  grown(): void;
  /** The program may have ended (or been stopped): what it left in the pty must come out now. */
  open(): void;
}

export function outputFlow(end: () => number, pty: { pause(): void; resume(): void }): Flow {
  const followers = new Set<Follower>();
  let held: NodeJS.Timeout | undefined;
  let openUntil = 0;

  const release = () => {
    if (held === undefined) return;
    clearTimeout(held);
    held = undefined;
    pty.resume();
  };
  const behind = (bytes: number) => [...followers].some((one) => !one.stalled && end() - one.acked > bytes);
  const stalled = () => {
    for (const one of followers) one.stalled ||= end() - one.acked > RELEASE_BEHIND_BYTES;
    release();
  };
  return {
    follow(from) {
      const follower = { acked: from, stalled: false };
      followers.add(follower);
      return follower;
    },
    leave(follower) {
      followers.delete(follower);
      if (!behind(RELEASE_BEHIND_BYTES)) release();
    },
    acknowledge(follower, position) {
      if (position <= follower.acked) return;
      follower.acked = Math.min(position, end());
      if (end() - follower.acked <= RELEASE_BEHIND_BYTES) follower.stalled = false;
      if (!behind(RELEASE_BEHIND_BYTES)) release();
      else held?.refresh();
    },
    grown() {
      if (held !== undefined || performance.now() < openUntil || !behind(HOLD_BEHIND_BYTES)) return;
      pty.pause();
      held = setTimeout(stalled, STALLED_MS);
    },
    open() {
      openUntil = performance.now() + ENDING_MS;
      release();
    },
  };
}
