import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import { collectWhenIdle, forgetMalloc, SMALL_MALLOC } from "../../src/daemon/memory.ts";
import { completed, digest, runId, started } from "../support/run-events.ts";

const HOUR_MS = 3_600_000;

describe("a daemon that has nothing to do", () => {
  const gc = vi.fn();
  const stop = new AbortController();
  let log: ReturnType<typeof memoryEventLog>;
  beforeEach(() => {
    vi.stubGlobal("gc", gc.mockClear());
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    log = memoryEventLog();
  });
  afterEach(() => {
    stop.abort();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("gives memory back once runs have ended and no agent lives", async () => {
    let sessions = 1;
    void collectWhenIdle(log, () => sessions, stop.signal);
    const end = async (n: number) => {
      const run = runId(n);
      const report = { type: "report.written", json: "/r.json", markdown: "/r.md", sha256: digest("b") } as const;
      await log.append(run, 0, [started({ repo: `/repos/${n}` }), completed, report], { at: 0 });
      await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
      vi.advanceTimersByTime(HOUR_MS);
    };
    await end(1);
    expect(gc).not.toHaveBeenCalled();
    sessions = 0;
    await end(2);
    expect(gc).toHaveBeenCalledOnce();
  });

  it("passes nothing of how its memory is kept small to the programs that it starts, but what a person has set", () => {
    const env = { ...SMALL_MALLOC, MALLOC_ARENA_MAX: "8", PATH: "/bin" };
    forgetMalloc(env);
    expect(env).toEqual({ MALLOC_ARENA_MAX: "8", PATH: "/bin" });
  });
});
