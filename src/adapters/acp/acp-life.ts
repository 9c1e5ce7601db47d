/**
 * The life of an agent's process over ACP: started, greeted, brought to a conversation, ended with everything that it has started.
 *
 *   starting ──▶ up ──▶ gone          starting ──▶ login ──▶ starting          any ──▶ gone
 *
 * L1. Gone is gone: a session's process is never started again once it has greeted.
 * L2. While the session is being ended, nobody else ends processes of it: they would meet those of a next one.
 */
import type { AcpProfile } from "../../domain/acp-turn.ts";
import type { AgentProfile } from "../../domain/agent-profile.ts";
import { referenceOf } from "../../domain/names.ts";
import type { AgentSpec } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import { inTime } from "../system/in-time.ts";
import { arrive, type Continues, type Greeting, greet } from "./acp-connect.ts";
import type { AcpJournal } from "./acp-journal.ts";
import type { AgentAsks, acpLink, OUR_VERSION } from "./acp-link.ts";
import { type AcpProcess, startProcess } from "./acp-process.ts";

type Link = ReturnType<typeof acpLink>;

export type Life =
  | { at: "starting"; said: string }
  | { at: "login"; said: string }
  | { at: "up"; conversation: string; link: Link }
  | { at: "gone"; said: string };

export interface AcpLifeDeps {
  spec: AgentSpec;
  profile: AgentProfile;
  acp: AcpProfile;
  journal: AcpJournal;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  clock: Clock;
  /** devflow's own, as it greets. */
  version: string;
  endProcesses: EndProcesses;
  protocol: { acpLink: typeof acpLink; OUR_VERSION: typeof OUR_VERSION };
  /** Whether somebody has logged in since. */
  loggedInSince(at: number): Promise<boolean>;
  continues?: Continues | undefined;
}

export interface AcpLife {
  now(): Life;
  pid(): number | undefined;
  /**
   * Resolves once the agent has greeted, or never will; where it may go on with a conversation, once that is known. Throws `Failure` when
   * it speaks another protocol.
   */
  start(): Promise<void>;
  /** Somebody may have logged in: it is tried again. */
  tryLogin(): void;
  /** It is of no more use: nothing of it is left to work on unseen. */
  gone(said: string): Promise<void>;
  /** L2. */
  end(): Promise<unknown>;
}

/** How often a session that needs a login looks whether somebody has logged in. */
const LOGIN_LOOK_MS = 5_000;
/** What TERM is given before KILL. */
const GRACE_MS = 5_000;
/** How often a process is started that ends before it has greeted, and the pause between. */
const START_TRIES = 3;
const START_PAUSE_MS = 1_000;
const LATE = "it did not greet in time";
const LOADS_LATE = "it did not load its conversation in time";
/** What an agent that has closed its output is given to end by itself. */
const END_MS = 1_000;

/** `changed` is told of each new state, `gone` before that of the last. */
export function acpLife(deps: AcpLifeDeps, asks: AgentAsks, told: { changed(): void; gone(): void }): AcpLife {
  const { spec, profile, acp, journal, clock } = deps;
  const over = new AbortController();
  let life: Life = { at: "starting", said: "its process starts" };
  let process: AcpProcess | undefined;
  let ending = false;
  let sweeping: Promise<unknown> = Promise.resolve();
  let tried = new AbortController();
  let settled = (): void => {};
  /** It has a conversation, or will not have one without somebody's help. */
  const arrived = new Promise<void>((resolve) => {
    settled = resolve;
  });

  function become(now: Life): void {
    if (life.at === "gone") return;
    life = now;
    settled();
    told.changed();
  }

  /** An agent that ends before it has greeted is tried again: two of a kind that start at once may be in each other's way. */
  async function start(): Promise<void> {
    // What an earlier daemon has left of it would work on in the same folder.
    await endAll();
    for (let left = START_TRIES - 1; ; left -= 1) {
      const started = startProcess(deps.argv, spec.cwd, deps.env);
      process = started;
      const link = deps.protocol.acpLink(started, asks);
      const greeting = await greetingOf(link);
      if (typeof greeting !== "string") {
        void watchEnd(started, link);
        void settleIn(link, greeting);
        if (deps.continues && (await inTime(clock, acp.startTimeout, arrived, LOADS_LATE)) === LOADS_LATE)
          await gone(LOADS_LATE);
        return;
      }
      link.close();
      await endAll();
      const why = `${greeting} (${await started.ended})`;
      if (left === 0 || ending || greeting === LATE) return gone(why);
      await clock.sleep(START_PAUSE_MS, over.signal);
    }
  }

  /** Its end, or that of its output: what it wrote last is read before. */
  async function watchEnd(started: AcpProcess, link: Link): Promise<void> {
    const first = await Promise.race([started.ended, link.closed.then(() => undefined)]);
    const rest = first === undefined ? started.ended : link.closed.then(() => first);
    const second = await inTime(clock, END_MS, rest, first);
    await gone(second ?? "it closed its output");
    link.close();
  }

  function greetingOf(link: Link): Promise<Greeting | string> {
    const greeting = greet(link, {
      persona: referenceOf(spec.persona),
      agent: profile.title,
      install: profile.install,
      ours: deps.protocol.OUR_VERSION,
      version: deps.version,
      acp,
    });
    return inTime(clock, acp.startTimeout, greeting, LATE);
  }

  async function settleIn(link: Link, greeting: Greeting): Promise<void> {
    // Who has opened it has been told by then that it begins anew.
    for (let { continues } = deps; !over.signal.aborted && life.at !== "gone"; continues = undefined) {
      const arrival = await arrive(link, greeting, { acp, journal, cwd: spec.cwd, ...(continues && { continues }) });
      if (arrival.kind === "ready") return become({ at: "up", conversation: arrival.conversation, link });
      if (arrival.kind === "failed") return void gone(`it has opened no session: ${arrival.said}`);
      become({ at: "login", said: arrival.said });
      await loggedIn(clock.now());
      become({ at: "starting", said: "somebody may have logged in" });
    }
  }

  /** Resolves when somebody has logged in, or wants it to be tried. */
  async function loggedIn(at: number): Promise<void> {
    tried = new AbortController();
    const soon = AbortSignal.any([over.signal, tried.signal]);
    while (!soon.aborted && !(await deps.loggedInSince(at))) await clock.sleep(LOGIN_LOOK_MS, soon);
  }

  /** It has ended, or is of no more use: nothing of it is left to work on unseen. */
  async function gone(said: string): Promise<void> {
    if (life.at === "gone") return;
    const complaint = process?.complaint() ?? "";
    life = { at: "gone", said: complaint === "" ? said : `${said}: ${complaint}` };
    settled();
    told.gone();
    if (!ending) await endAll(); // L2
    told.changed();
  }

  function endAll(): Promise<unknown> {
    sweeping = sweeping.then(() => deps.endProcesses({ session: spec.session, root: process?.pid }, GRACE_MS));
    return sweeping;
  }

  return {
    now: () => life,
    pid: () => (life.at === "gone" ? undefined : process?.pid),
    start,
    tryLogin: () => tried.abort(),
    gone,
    end: () => {
      ending = true;
      over.abort();
      return endAll();
    },
  };
}
