/** Following an event log (L3): what is stored and what comes, each event once and in order, for however slow a reader. */
import { describe, expect, it } from "vitest";
import type { StoredEvent } from "../../src/domain/event.ts";
import type { RunId } from "../../src/domain/ids.ts";
import type { EventLog } from "../../src/ports/event-log.ts";
import { phaseStarted, runId, started } from "../support/run-events.ts";

/** `current` is the log of the test that runs. */
export function followContract(current: () => EventLog): void {
  describe("can be followed (L3)", () => {
    const [first, second] = [runId(1), runId(2)];
    const start = (run: RunId) => current().append(run, 0, [started({ repo: `/repos/${run}` })], { at: 1 });

    /** Appends `count` events to a run, each after the answer to the one before, all but the start. */
    async function write(run: RunId, count: number): Promise<void> {
      for (let position = 1; position < count; position++) {
        await current().append(run, position, [phaseStarted("specify", position)], { at: position });
      }
    }

    /** Reads `count` events; `pause` is waited for after each. */
    async function take(count: number, cursor: number, run?: RunId, pause?: () => Promise<unknown>) {
      const taken: StoredEvent[] = [];
      const stop = new AbortController();
      for await (const event of current().follow(cursor, stop.signal, run)) {
        taken.push(event);
        if (taken.length === count) stop.abort();
        await pause?.();
      }
      return taken;
    }

    const turn = () => new Promise(setImmediate);

    it("gives what is stored after the cursor, then what is appended", async () => {
      await start(first);
      await write(first, 5);
      const taken = take(6, 2);
      await start(second);
      for (let position = 5; position < 7; position++) {
        await current().append(first, position, [phaseStarted("specify", position)], { at: position });
      }
      expect((await taken).map(({ cursor }) => cursor)).toEqual([3, 4, 5, 6, 7, 8]);
    });

    it("gives one run's events only, when asked for them", async () => {
      await Promise.all([start(first), start(second)]);
      const taken = [take(20, 0, second), take(9, 12, second)];
      await Promise.all([write(first, 20), write(second, 20)]);
      const mine = current().read(second);
      expect(await taken[0]).toEqual(mine);
      expect(await taken[1]).toEqual(mine.filter(({ cursor }) => cursor > 12).slice(0, 9));
    });

    it("loses nothing and repeats nothing while several write, for early, late and slow readers", async () => {
      const runs = [1, 2, 3, 4, 5, 6].map(runId);
      const each = 50;
      const all = runs.length * each;
      await Promise.all(runs.map(start));
      const early = take(all, 0);
      const slow = take(all, 0, undefined, turn);
      const writing = Promise.all(runs.map((run) => write(run, each)));
      await turn();
      const late = take(all - 100, 100);
      const one = take(each, 0, runs[3], turn);
      await writing;

      const expected = Array.from({ length: all }, (_, index) => index + 1);
      expect((await early).map(({ cursor }) => cursor)).toEqual(expected);
      expect((await slow).map(({ cursor }) => cursor)).toEqual(expected);
      expect((await late).map(({ cursor }) => cursor)).toEqual(expected.slice(100));
      expect((await one).map(({ position }) => position)).toEqual(expected.slice(0, each));
      expect(await slow).toEqual(await early);
    });

    it("goes on after a page's worth of stored events without a gap", async () => {
      await start(first);
      await write(first, 400);
      const taken = take(400, 0);
      expect((await taken).map(({ position }) => position)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
    });

    it("waits for a cursor that the log has not reached", async () => {
      const taken = take(1, 3);
      await start(first);
      await write(first, 4);
      expect((await taken).map(({ cursor }) => cursor)).toEqual([4]);
    });

    it("ends when it is told to, be it reading, waiting or not begun", async () => {
      await start(first);
      const stop = new AbortController();
      const waiting = (async () => {
        for await (const _ of current().follow(1, stop.signal)) throw new Error("nothing was appended");
      })();
      await turn();
      stop.abort();
      await waiting;
      for await (const _ of current().follow(0, stop.signal)) throw new Error("it was told to end before");
    });

    it("ends when the reader leaves, and when the log is closed", async () => {
      await start(first);
      for await (const { cursor } of current().follow(0, new AbortController().signal)) {
        expect(cursor).toBe(1);
        break;
      }
      const waiting = take(2, 0);
      await turn();
      current().close();
      expect(await waiting).toHaveLength(1);
    });
  });
}
