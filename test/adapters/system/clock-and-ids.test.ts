import { afterEach, describe, expect, it, vi } from "vitest";
import { attendedTime } from "../../../src/adapters/system/attended-time.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { systemIds } from "../../../src/adapters/system/ids.ts";
import { inTime } from "../../../src/adapters/system/in-time.ts";
import { RunId } from "../../../src/domain/ids.ts";

describe("the machine's clock", () => {
  // Its own time: in the process's, tests of other files may be asleep that keep the real one.
  const ownClock = () => systemClock(attendedTime());
  afterEach(() => vi.useRealTimers());

  it("tells the time in milliseconds since 1970", () => {
    vi.useFakeTimers({ now: 1_767_225_600_123 });
    expect(ownClock().now()).toBe(1_767_225_600_123);
  });

  it("sleeps as long as it is asked to, and not a moment less", async () => {
    vi.useFakeTimers();
    const awake = vi.fn();
    const sleeping = ownClock().sleep(5_000).then(awake);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(awake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(awake).toHaveBeenCalledOnce();
  });

  it("sleeps on through lengths that a single timer cannot hold", async () => {
    vi.useFakeTimers();
    const awake = vi.fn();
    const stop = new AbortController();
    const sleeping = ownClock()
      .sleep(30 * 24 * 3_600_000, stop.signal)
      .then(awake);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(awake).not.toHaveBeenCalled();
    stop.abort();
    await sleeping;
  });

  it("does not count what passes while the process is stopped, nor what somebody sets the clock to", async () => {
    vi.useFakeTimers({ now: 0 });
    const clock = ownClock();
    const awake = vi.fn();
    const sleeping = clock.sleep(10_000).then(awake);
    const before = clock.steady();
    await vi.advanceTimersByTimeAsync(4_000);
    vi.setSystemTime(3_600_000);
    const real = performance.now;
    const stopped = vi.spyOn(performance, "now").mockImplementation(() => real.call(performance) + 3_600_000);
    await vi.advanceTimersByTimeAsync(5_900);
    expect(awake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3_000);
    await sleeping;
    expect(clock.steady() - before).toBeLessThan(15_000);
    stopped.mockRestore();
  });

  it("wakes at once when it is told to stop, and leaves no timer behind", async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const sleeping = ownClock().sleep(60_000, stop.signal);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    stop.abort();
    await sleeping;
    await ownClock().sleep(60_000, stop.signal);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("limits a wait, and leaves no timer behind", async () => {
    vi.useFakeTimers();
    expect(await inTime(ownClock(), 60_000, Promise.resolve("done"), "late")).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
    const waiting = inTime(ownClock(), 60_000, new Promise(() => {}), "late");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await waiting).toBe("late");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("ids", () => {
  afterEach(() => vi.useRealTimers());

  it("go up, also within a millisecond and when the clock is set back", () => {
    vi.useFakeTimers({ now: 1_767_225_600_000 });
    const ids = systemIds();
    const given = Array.from({ length: 1_000 }, () => ids.next());
    vi.setSystemTime(1_767_225_000_000);
    given.push(...Array.from({ length: 1_000 }, () => ids.next()));
    expect([...given].sort()).toEqual(given);
    expect(new Set(given).size).toBe(2_000);
    for (const id of given) expect(RunId.safeParse(id).success).toBe(true);
  });
});
