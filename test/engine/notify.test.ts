/** Who is told of what, how often, and what a restart does to it; time is moved, nothing is waited for. */
import { describe, expect, test, vi } from "vitest";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Notified } from "../../src/domain/notified.ts";
import { notify } from "../../src/engine/notify.ts";
import type { EventLog } from "../../src/ports/event-log.ts";
import type { NotificationChannel, NotificationMarks, Told } from "../../src/ports/notifications.ts";
import { manualClock } from "../support/manual-clock.ts";
import { completed, failed, phaseStarted, runId, started, workspaceReady } from "../support/run-events.ts";

const DAY = 24 * 60 * 60_000;

interface Stage {
  log: EventLog;
  told: string[];
  warned: unknown[];
  marks: NotificationMarks;
}

const stage = (): Stage => ({ log: memoryEventLog(), told: [], warned: [], marks: memoryMarks() });

function memoryMarks(): NotificationMarks {
  const kept = new Map<string, number>();
  return {
    of: (channel) => kept.get(channel),
    set: (channel, cursor) => void kept.set(channel, cursor),
    keep: (channels) => {
      for (const name of kept.keys()) if (!channels.includes(name)) kept.delete(name);
    },
  };
}

const clock = manualClock();

/** A daemon's life: tells until it is ended. */
function live(
  { log, told, warned, marks }: Stage,
  answer: (id: string, nth: number) => Told | Promise<Told> = () => ({ kind: "told" }),
  { wanted = ["waiting", "completed", "failed"] as readonly Notified[], tries = 3, name = "webhook" as const } = {},
) {
  const stop = new AbortController();
  let nth = 0;
  const channel: NotificationChannel = {
    name,
    tries,
    tell: async ({ id, what }) => {
      nth += 1;
      const said = await answer(id, nth);
      told.push(`${what.replace("run.", "")} ${id.slice(-1)} ${said.kind}`);
      return said;
    },
  };
  const journal = { info() {}, error() {}, warn: (_: string, about?: object) => void warned.push(about) };
  const done = notify({ log, marks, channels: [channel], wanted, clock, journal, random: () => 0.5 }, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
  };
  return { end };
}

const happens = async ({ log }: Stage, run: number, events: readonly RunEvent[], at = clock.now()): Promise<void> => {
  const before = log.read(runId(run)).length;
  await log.append(runId(run), before, events, { at });
};
const begin = (here: Stage, run: number) =>
  happens(here, run, [started({ base: `b${run}` }), workspaceReady, phaseStarted("specify")]);

describe("people are told", () => {
  test("once of each thing that waits or ends, in order, and of nothing else", async () => {
    const here = stage();
    const daemon = live(here);
    await begin(here, 1);
    await happens(here, 1, [failed]);
    await begin(here, 2);
    await happens(here, 2, [completed]);
    await vi.waitFor(() => expect(here.told).toEqual(["failed 4 told", "completed 4 told"]));
    await daemon.end();
  });

  test("of what they want to hear alone", async () => {
    const here = stage();
    const daemon = live(here, undefined, { wanted: ["completed"] });
    await begin(here, 1);
    await happens(here, 1, [failed]);
    await begin(here, 2);
    await happens(here, 2, [completed]);
    await vi.waitFor(() => expect(here.told).toEqual(["completed 4 told"]));
    await daemon.end();
  });

  test("again what could not be told, longer and longer apart, and not for ever", async () => {
    const here = stage();
    const daemon = live(here, () => ({ kind: "failed", said: "it answers with HTTP 503" }));
    await begin(here, 1);
    await happens(here, 1, [failed]);
    await vi.waitFor(() => expect(here.told).toHaveLength(1));
    await clock.advance(1_999);
    expect(here.told).toHaveLength(1);
    await clock.advance(1);
    expect(here.told).toHaveLength(2);
    await clock.advance(3_999);
    expect(here.told).toHaveLength(2);
    await clock.advance(1);
    await vi.waitFor(() => expect(here.warned).toHaveLength(1));
    expect(here.told).toHaveLength(3);
    expect(here.warned[0]).toMatchObject({ channel: "webhook", problem: "it answers with HTTP 503", tries: 3 });
    await daemon.end();
    // What was given up is not begun again.
    const next = live(here);
    await begin(here, 2);
    await happens(here, 2, [completed]);
    await vi.waitFor(() => expect(here.told.slice(3)).toEqual(["completed 4 told"]));
    await next.end();
  });

  test("no second time what no try will do", async () => {
    const here = stage();
    const daemon = live(here, () => ({ kind: "refused", said: "it answers with HTTP 404" }));
    await begin(here, 1);
    await happens(here, 1, [failed]);
    await vi.waitFor(() => expect(here.warned).toHaveLength(1));
    expect(here.told).toHaveLength(1);
    await daemon.end();
  });

  test("after a restart what they were not told, and nothing twice", async () => {
    const here = stage();
    const first = live(here);
    await begin(here, 1);
    await happens(here, 1, [failed]);
    await vi.waitFor(() => expect(here.told).toEqual(["failed 4 told"]));
    await begin(here, 2);
    await first.end();
    await happens(here, 2, [completed]);
    const second = live(here);
    await vi.waitFor(() => expect(here.told).toEqual(["failed 4 told", "completed 4 told"]));
    await second.end();
  });

  test("again, under the same id, when the daemon went away in the middle", async () => {
    const here = stage();
    let reached = false;
    const first = live(
      here,
      () =>
        new Promise<Told>((resolve) => {
          reached = true;
          setTimeout(resolve, 20, { kind: "failed", said: "stopped" });
        }),
    );
    await begin(here, 1);
    await happens(here, 1, [completed]);
    await vi.waitFor(() => expect(reached).toBe(true));
    await first.end();
    const ids: string[] = [];
    const second = live(here, (id) => {
      ids.push(id);
      return { kind: "told" };
    });
    await vi.waitFor(() => expect(ids).toEqual([`${runId(1)}-4`]));
    await second.end();
  });

  test("not of what was before a channel was switched on, nor of what is a day old", async () => {
    const here = stage();
    await begin(here, 1);
    await happens(here, 1, [failed]);
    const daemon = live(here);
    await begin(here, 2);
    await happens(here, 2, [completed], clock.now() - DAY);
    await begin(here, 3);
    await happens(here, 3, [completed]);
    await vi.waitFor(() => expect(here.told).toHaveLength(1));
    await daemon.end();
    expect(here.told).toEqual(["completed 4 told"]);
  });

  test("of one run while another's cannot be told by another channel", async () => {
    const here = stage();
    const stuck: NotificationChannel = { name: "command", tries: 1, tell: () => new Promise(() => {}) };
    const heard: string[] = [];
    const free: NotificationChannel = {
      name: "desktop",
      tries: 1,
      tell: async ({ id }) => {
        heard.push(id);
        return { kind: "told" };
      },
    };
    const stop = new AbortController();
    const journal = { info() {}, error() {}, warn() {} };
    const deps = { ...here, wanted: ["completed"] as const, clock, journal, random: () => 0.5 };
    void notify({ ...deps, channels: [stuck, free] }, stop.signal);
    for (const run of [1, 2]) {
      await begin(here, run);
      await happens(here, run, [completed]);
    }
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    stop.abort();
  });
});
