/**
 * The process of one session, kept alive: one after the other, never two at a time. One that crashes is started again, in the
 * same folder, after a while; one that crashes again and again without any progress is given up.
 */
import type { SessionId } from "../../domain/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import { inTime } from "../system/in-time.ts";
import { type ChildLink, type ChildProgram, childLink } from "./child-link.ts";
import type { FromChild, Start, ToChild } from "./session-protocol.ts";

export interface ChildLifeOptions {
  session: SessionId;
  program: ChildProgram;
  env: Readonly<Record<string, string>>;
  start: Start;
  /** The provider's: told before `start`. */
  key?: string;
  clock: Clock;
  endProcesses: EndProcesses;
  /** How long a process may take until it has read its checkpoint. */
  startMs: number;
  /** How often in a row, without any progress, it is started again. */
  restarts: number;
}

export interface ChildEvents {
  /** A process has read its checkpoint, and takes messages. */
  ready(): void;
  heard(message: Exclude<FromChild, { t: "ready" }>): void;
  /** It has ended by itself; `final`: it is not started again. */
  crashed(why: string, final: boolean): void;
}

export interface ChildLife {
  readonly pid: number | undefined;
  /** The process that takes messages now; another one after a crash. */
  readonly link: ChildLink | undefined;
  /** Sends it now, or as soon as there is a process that takes messages. */
  send(message: ToChild): void;
  progressed(): void;
  /** Starts nothing more; `ask` tells the process to come to its end. */
  end(ask: (process: ChildLink) => void): Promise<void>;
}

/** A process that has crashed is started again after this, then after twice that, and so on. */
const RESTART_MS = 1_000;

/** What a process is given to come to its end. */
const GRACE_MS = 5_000;

/** Resolves once the first process is there, not once it is ready. */
export async function childLife(options: ChildLifeOptions, tell: ChildEvents): Promise<ChildLife> {
  const { session, program, env, start, key, clock, endProcesses, startMs, restarts } = options;
  const over = new AbortController();
  let process: ChildLink | undefined;
  let up = false;
  let crashes = 0;
  let later: ToChild[] = [];
  let launching: Promise<void> = launch();

  async function launch(): Promise<void> {
    // What is left of a process before, of this daemon or of a killed one: two would write one checkpoint.
    await endProcesses({ session, root: undefined }, GRACE_MS);
    if (over.signal.aborted) return;
    const mine = childLink({
      program,
      env,
      cwd: start.folder,
      heard: (message) => mine === process && heard(message),
      ended: (why) => mine === process && ended(why),
    });
    process = mine;
    if (key !== undefined) mine.send({ t: "key", key });
    mine.send(start);
    void clock.sleep(startMs, over.signal).then(async () => {
      if (mine === process && !up && !over.signal.aborted) await endProcesses({ session, root: mine.pid }, GRACE_MS);
    });
  }

  function heard(message: FromChild): void {
    if (message.t !== "ready") {
      tell.heard(message);
      return;
    }
    up = true;
    tell.ready();
    for (const one of later) process?.send(one);
    later = [];
  }

  function ended(why: string): void {
    process = undefined;
    up = false;
    crashes += 1;
    const final = crashes > restarts;
    if (over.signal.aborted) return;
    if (!final) launching = launchAfter(RESTART_MS * 2 ** (crashes - 1));
    tell.crashed(final && restarts > 0 ? `${why}; it was started again ${restarts} times` : why, final);
  }

  async function launchAfter(ms: number): Promise<void> {
    await clock.sleep(ms, over.signal);
    if (!over.signal.aborted) await launch();
  }

  await launching;
  return {
    get pid() {
      return process?.pid;
    },
    get link() {
      return up ? process : undefined;
    },
    send: (message) => {
      if (up) process?.send(message);
      else later.push(message);
    },
    progressed: () => {
      crashes = 0;
    },
    end: async (ask) => {
      over.abort();
      await launching;
      const last = process;
      if (last) {
        ask(last);
        await inTime(clock, GRACE_MS, last.over, undefined);
      }
      await endProcesses({ session, root: last?.pid }, GRACE_MS);
      if (last) await inTime(clock, GRACE_MS, last.over, undefined);
      process = undefined;
      up = false;
    },
  };
}
