/**
 * Replays a recorded terminal through a profile: what devflow would have said of the agent, and when. The observer and the judgement
 * are those of a living session; only time is the recording's.
 */
import type { AgentProfile } from "../../domain/agent-profile.ts";
import type { Cast } from "../../domain/cast.ts";
import { type Standing, standing } from "../../domain/evidence.ts";
import type { SessionId } from "../../domain/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Screen, Terminal, TerminalEvent, TerminalExit } from "../../ports/terminal-host.ts";
import { observe } from "./observer.ts";

/** What a replay needs of a terminal emulator. */
export interface ReplayScreen {
  write(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  read(): Promise<Screen>;
  dispose(): void;
}

export interface ReplayOptions {
  emulator(options: { cols: number; rows: number; onEvent(event: TerminalEvent): void }): ReplayScreen;
  /** When and how the program ended, if that is known: a recording does not say it. */
  exit?: { at: number; exit: TerminalExit };
  /** What comes after the last event: as long as it takes until a standing screen is believed. */
  tailMs?: number;
}

/** What is said of the agent from `at` on, until the next. */
export interface Moment extends Standing {
  at: number;
}

/** After the last event nothing moves: a second is longer than anything is held back. */
const TAIL_MS = 1_000;

export async function replay(cast: Cast, profile: AgentProfile, options: ReplayOptions): Promise<Moment[]> {
  const clock = virtualClock();
  const listeners = new Set<(event: TerminalEvent) => void>();
  const tell = (event: TerminalEvent) => {
    for (const listener of listeners) listener(event);
  };
  const screen = options.emulator({ cols: cast.cols, rows: cast.rows, onEvent: tell });
  let shown = await screen.read();
  let exit: TerminalExit | undefined;
  const terminal = watched({ screen: () => shown, exit: () => exit, listeners });
  const observer = observe(terminal, profile, clock);
  const moments: Moment[] = [];

  const note = async () => {
    const moment = { at: clock.now(), ...standing(observer.verdict(), await observer.look()) };
    const before = moments.at(-1);
    if (!before || !same(before, moment)) moments.push(moment);
  };
  /** Everything that the observer does up to a time, on the screen as it stands. */
  const until = async (at: number) => {
    for (let due = clock.due(at); due !== undefined; due = clock.due(at)) {
      shown = await screen.read();
      await clock.advance(due);
      await note();
    }
    await clock.advance(at);
  };

  try {
    for (const { at, kind, data } of cast.events) {
      await until(at);
      if (kind === "o") {
        const bytes = Buffer.from(data);
        screen.write(bytes);
        tell({ type: "output", bytes });
      }
      const size = kind === "r" ? /^(\d+)x(\d+)$/.exec(data) : null;
      if (size) screen.resize(Number(size[1]), Number(size[2]));
      // The title, a notice and the like are told while it is parsed: at this time, not when somebody looks.
      shown = await screen.read();
    }
    const end = cast.events.at(-1)?.at ?? 0;
    if (options.exit) {
      await until(options.exit.at);
      exit = options.exit.exit;
      tell({ type: "exit", exit });
      await clock.advance(options.exit.at);
      await note();
    }
    await until(Math.max(end, options.exit?.at ?? 0) + (options.tailMs ?? TAIL_MS));
    return moments;
  } finally {
    observer.stop();
    screen.dispose();
  }
}

const same = (a: Moment, b: Moment): boolean =>
  a.state === b.state &&
  a.dialog?.id === b.dialog?.id &&
  a.failed?.cause === b.failed?.cause &&
  a.composer === b.composer &&
  a.until === b.until;

interface Watched {
  screen(): Screen;
  exit(): TerminalExit | undefined;
  listeners: Set<(event: TerminalEvent) => void>;
}

/** A terminal that can only be looked at: nothing is ever typed into a recording. */
function watched({ screen, exit, listeners }: Watched): Terminal {
  const gone = async () => "gone" as const;
  return {
    session: "replay" as SessionId,
    host: "pty",
    key: "replay",
    pid: undefined,
    attach: { argv: [], readOnlyArgv: [] },
    get exit() {
      return exit();
    },
    on: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    screen: async () => screen(),
    paste: gone,
    press: gone,
    type: gone,
    taken: async () => [],
    resize: async () => {},
    busyWithPerson: async () => false,
    close: async () => {},
  };
}

interface VirtualClock extends Clock {
  /** The earliest time, not after `end`, at which somebody wants to wake. */
  due(end: number): number | undefined;
  advance(to: number): Promise<void>;
}

function virtualClock(): VirtualClock {
  let now = 0;
  const sleepers = new Set<{ at: number; wake(): void }>();
  const first = () => Math.min(...[...sleepers].map(({ at }) => at));
  return {
    now: () => now,
    steady: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper = { at: now + Math.max(0, ms), wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", wake, { once: true });
      }),
    due: (end) => (first() <= end ? first() : undefined),
    async advance(to) {
      now = Math.max(now, to);
      for (const sleeper of [...sleepers].filter(({ at }) => at <= now)) sleeper.wake();
      // Whoever was woken goes on in promises, and needs nothing else: one turn of the event loop is enough.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
