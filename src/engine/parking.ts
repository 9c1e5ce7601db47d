/**
 * Accounts in trouble (a limit, an outage), which all sessions share: nobody calls until the time that was named; then one
 * call goes as a probe, and once it has got through, everybody.
 */
import type { Clock } from "../ports/clock.ts";
import type { Waits } from "../ports/spending.ts";
import { wakeable } from "./wakeable.ts";

export interface Parking {
  park(account: string, why: { said: string; until: number }): void;
  /** Resolves when the call may go, perhaps as the probe, or when the signal aborts. */
  pass(account: string, call: string, signal: AbortSignal, waiting: Waits): Promise<void>;
  /** The trouble is known to be over: everybody may call. */
  free(account: string): void;
  /** How a call ended, or that it was not made after all. */
  ended(call: string, through: boolean): void;
}

/** The clock may be set, or the machine sleep, while somebody waits for a time of day. */
const CLOCK_LOOK_MS = 60_000;

interface Parked {
  said: string;
  until: number;
  probe: { call: string; forget(): void } | undefined;
}

export function parking(clock: Clock): Parking {
  const accounts = new Map<string, Parked>();
  const sleepers = new Set<() => void>();
  const wakeAll = (): void => {
    for (const ring of sleepers) ring();
  };

  function ended(call: string, through: boolean): void {
    for (const [account, parked] of accounts) {
      if (parked.probe?.call !== call) continue;
      parked.probe.forget();
      if (through) accounts.delete(account);
      else parked.probe = undefined;
      wakeAll();
    }
  }

  /** One who goes away without a word must not keep the others from trying. */
  function probing(call: string, signal: AbortSignal): Parked["probe"] {
    const gone = (): void => ended(call, false);
    signal.addEventListener("abort", gone, { once: true });
    return { call, forget: () => signal.removeEventListener("abort", gone) };
  }

  return {
    park(account, { said, until }) {
      const before = accounts.get(account);
      accounts.set(account, { said, until: Math.max(until, before?.until ?? 0), probe: before?.probe });
      wakeAll();
    },
    async pass(account, call, signal, waiting) {
      if (!accounts.has(account)) return;
      const over = new AbortController();
      const wake = wakeable(clock, AbortSignal.any([signal, over.signal]));
      sleepers.add(wake.ring);
      let told = "";
      try {
        for (let parked = accounts.get(account); parked && !signal.aborted; parked = accounts.get(account)) {
          const left = parked.until - clock.now();
          if (left <= 0 && parked.probe?.call === call) return;
          if (left <= 0 && !parked.probe) {
            parked.probe = probing(call, signal);
            return;
          }
          const now = `${parked.until} ${parked.said}`;
          if (now !== told) waiting({ for: "account", said: parked.said, ...(left > 0 && { until: parked.until }) });
          told = now;
          await wake.next(left > 0 ? Math.min(left, CLOCK_LOOK_MS) : Number.POSITIVE_INFINITY);
        }
      } finally {
        over.abort();
        sleepers.delete(wake.ring);
      }
    },
    free(account) {
      accounts.get(account)?.probe?.forget();
      accounts.delete(account);
      wakeAll();
    },
    ended,
  };
}
