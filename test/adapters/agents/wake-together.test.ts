/** Whoever wants to wake at the same time is woken by one sleep. */
import { describe, expect, it } from "vitest";
import { wakeAt } from "../../../src/adapters/agents/wake-together.ts";
import type { Clock } from "../../../src/ports/clock.ts";

function handClock() {
  const sleeps: { ms: number; end(): void; over: AbortSignal | undefined }[] = [];
  const clock: Clock = {
    now: () => 1_000,
    steady: () => 0,
    sleep: (ms, over) => new Promise((resolve) => sleeps.push({ ms, end: resolve, over })),
  };
  const end = async (nth: number) => {
    sleeps[nth]?.end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, sleeps, end };
}

describe("many who want to wake", () => {
  it("at the same time share one sleep, at another time have another", async () => {
    const { clock, sleeps, end } = handClock();
    const woken: string[] = [];
    for (const name of ["a", "b"]) wakeAt(clock, 1_040, () => woken.push(name));
    wakeAt(clock, 1_050, () => woken.push("later"));
    expect(sleeps.map(({ ms }) => ms)).toEqual([40, 50]);
    await end(0);
    expect(woken).toEqual(["a", "b"]);
    await end(1);
    expect(woken).toEqual(["a", "b", "later"]);
  });

  it("are not woken once they have left, and the last to leave ends the sleep", async () => {
    const { clock, sleeps, end } = handClock();
    const woken: string[] = [];
    const [first, second] = ["a", "b"].map((name) => wakeAt(clock, 1_040, () => woken.push(name)));
    first?.();
    expect(sleeps[0]?.over?.aborted).toBe(false);
    second?.();
    expect(sleeps[0]?.over?.aborted).toBe(true);
    wakeAt(clock, 1_040, () => woken.push("c"));
    await end(0);
    expect(woken).toEqual([]);
    await end(1);
    expect(woken).toEqual(["c"]);
  });

  it("may ask again while they are woken", async () => {
    const { clock, sleeps, end } = handClock();
    let times = 0;
    const again = () => {
      times += 1;
      wakeAt(clock, 1_040, again);
    };
    wakeAt(clock, 1_040, again);
    await end(0);
    expect(times).toBe(1);
    await end(1);
    expect(times).toBe(2);
    expect(sleeps).toHaveLength(3);
  });
});
