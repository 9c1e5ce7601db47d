/**
 * Time during which this process was there: what passes while it is stopped (SIGSTOP), or the machine asleep, does not count, and
 * nobody can set it. A limit that is kept by it is never passed while nobody could see what happened.
 */

export interface AttendedTime {
  /** Milliseconds, from a beginning that means nothing. */
  attended(): number;
  /** Calls `action` once so much attended time has passed, unless the returned function is called before. */
  afterAttended(ms: number, action: () => void): () => void;
}

/** Between two looks at the time. */
const LOOK_MS = 2_000;
/** More than a busy machine ever makes of that: the process was stopped. */
const GAP_MS = 5_000;
/** Longer timers fire at once in Node: the delay is a signed 32-bit number. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One for all who wait in a process is enough: see `processTime`. A test that makes time of its own makes one of these too. */
export function attendedTime(): AttendedTime {
  let counted = 0;
  let lookedAt = performance.now();
  let waiting = 0;
  let looking: NodeJS.Timeout | undefined;

  function attended(): number {
    const now = performance.now();
    const passed = now - lookedAt;
    lookedAt = now;
    // With nobody waiting nobody has looked, and a long time is an ordinary one.
    if (passed < GAP_MS || waiting === 0) counted += passed;
    return counted;
  }

  function afterAttended(ms: number, action: () => void): () => void {
    const end = attended() + ms;
    waiting += 1;
    looking ??= setInterval(attended, LOOK_MS).unref();
    let timer = setTimeout(wake, timeFor(ms));
    let over = false;
    const leave = (): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      waiting -= 1;
      if (waiting > 0) return;
      clearInterval(looking);
      looking = undefined;
    };
    function wake(): void {
      const left = end - attended();
      if (left > 0) {
        timer = setTimeout(wake, timeFor(left));
        return;
      }
      leave();
      action();
    }
    return leave;
  }

  return { attended, afterAttended };
}

const timeFor = (ms: number): number => Math.min(Math.ceil(ms), LONGEST_TIMER_MS);

/** This process's: one timer looks for all who wait. */
export const processTime = attendedTime();
