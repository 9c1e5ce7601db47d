/**
 * One life of the daemon. When it ends, nothing that it had under way ever hears an answer, and nothing that it still asks for is
 * done: to the engine in it the world has stopped, as it does for a process that is killed.
 */
import type { Clock } from "../src/ports/clock.ts";
import type { Faults } from "./faults.ts";

export interface Life {
  readonly alive: boolean;
  /** As by `kill -9`, at this point. */
  end(): void;
  /** A call of a port: with the faults that every call can have, and none once this life is over. */
  call<T>(name: string, effect: () => Promise<T>): Promise<T>;
  /** The same for what is answered at once, and has no time to be slow: in a life that is over it throws, and nobody hears it. */
  now<T>(name: string, effect: () => T, kinds: Readonly<Record<"killed before" | "killed after", number>>): T;
  /** What the outside tells: heard only while this life lasts. */
  hears<A extends unknown[]>(listener: (...told: A) => void): (...told: A) => void;
  never<T>(): Promise<T>;
}

export interface LifeOptions {
  clock: Clock;
  faults: Faults;
  /** Hears of each call, before it: many without any time passing are a loop. */
  called(): void;
  ended(): void;
}

const CALL_FAULTS = { "killed before": 0.004, "killed after": 0.006, "is slow": 0.01, "answers late": 0.01 };
const LONGEST_MS = 5_000;

const GONE = new Error("the daemon is gone");

export function life({ clock, faults, called, ended }: LifeOptions): Life {
  const never = <T>(): Promise<T> => new Promise(() => {});
  const end = (): void => {
    if (!here.alive) return;
    here.alive = false;
    ended();
  };

  async function call<T>(name: string, effect: () => Promise<T>): Promise<T> {
    if (!here.alive) return never();
    called();
    const fault = faults.at(name, CALL_FAULTS);
    if (fault?.kind === "killed before") end();
    if (fault?.kind === "is slow") await clock.sleep(1 + fault.size * LONGEST_MS);
    if (!here.alive) return never();
    try {
      return await effect();
    } finally {
      if (fault?.kind === "killed after") end();
      if (fault?.kind === "answers late") await clock.sleep(1 + fault.size * LONGEST_MS);
      if (!here.alive) await never();
    }
  }

  function now<T>(name: string, effect: () => T, kinds: Readonly<Record<"killed before" | "killed after", number>>): T {
    if (!here.alive) throw GONE;
    called();
    const fault = faults.at(name, kinds);
    if (fault?.kind === "killed before") end();
    if (!here.alive) throw GONE;
    try {
      return effect();
    } finally {
      if (fault?.kind === "killed after") end();
    }
  }

  const here: Life & { alive: boolean } = {
    alive: true,
    end,
    call,
    now,
    hears:
      (listener) =>
      (...told) => {
        if (here.alive) listener(...told);
      },
    never,
  };
  return here;
}
