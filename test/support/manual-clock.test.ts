import { describe, expect, it } from "vitest";
import { manualClock } from "./manual-clock.ts";

describe("the clock that tests move", () => {
  it("wakes sleepers in order, each at the time it asked for, those included that fall asleep meanwhile", async () => {
    const clock = manualClock(1_000);
    const woken: [string, number][] = [];
    const sleep = (name: string, ms: number, signal?: AbortSignal) =>
      clock.sleep(ms, signal).then(() => woken.push([name, clock.now()]));
    void sleep("late", 300);
    void sleep("early", 100).then(() => sleep("again", 100));
    void sleep("early too", 100);
    void sleep("too late", 301);

    await clock.advance(300);
    expect(woken).toEqual([
      ["early", 1_100],
      ["early too", 1_100],
      ["again", 1_200],
      ["late", 1_300],
    ]);
    expect([clock.now(), clock.sleeping()]).toEqual([1_300, 1]);
  });

  it("does not hold a sleeper that is told to stop", async () => {
    const clock = manualClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(100, stop.signal);
    stop.abort();
    await sleeping;
    await clock.sleep(100, stop.signal);
    expect(clock.sleeping()).toBe(0);
  });
});
