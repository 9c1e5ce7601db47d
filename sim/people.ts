/** People: while it storms they do whatever they like, at the worst moment; afterwards they do what each run waits for. */
import type { ScopeKind } from "../src/domain/budget.ts";
import { Failure } from "../src/domain/failure.ts";
import type { RunId, SessionId } from "../src/domain/ids.ts";
import { askedScope } from "../src/domain/run-budget.ts";
import type { RunState } from "../src/domain/run-state.ts";
import { talking } from "../src/domain/run-talk.ts";
import { isLive } from "../src/domain/session.ts";
import { openTurn } from "../src/domain/talk.ts";
import type { Engine } from "../src/engine/engine.ts";
import type { Outside } from "./outside.ts";
import { THE_RUN } from "./requests.ts";
import { ROLES } from "./workflows.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export interface PeopleOptions {
  outside: Outside;
  /** The engine, while the daemon is up. */
  engine(): Engine | undefined;
  runs(): ReadonlyMap<RunId, RunState>;
  /** Asks for a run under this key, on the one branch that there is. */
  start(key: string): Promise<unknown>;
  stopDaemon(): void;
  /** Hears of errors that no person should ever see. */
  surprised(error: unknown): void;
}

// biome-ignore format: read by column
const DEEDS = {
  approves: 0.12, rejects: 0.04, "cancels": 0.01, resumes: 0.06, answers: 0.1,
  "kills a session": 0.03, "restarts a session": 0.03, "types into a session": 0.02, "interrupts a session": 0.02,
  "does a phase again": 0.02, "deletes a run": 0.02, "sets a budget": 0.01,
  "pauses the daemon": 0.02, "stops the daemon": 0.02, "ends the terminals": 0.01,
  "starts another run": 0.03, "starts the same again": 0.03, "sets the clock": 0.02,
  "speaks in a talk": 0.12, "takes a turn back": 0.03, "speaks with another": 0.03, "ends a talk": 0.03,
  "approves while another cancels": 0.01, "approves while another rejects": 0.03, "resumes while another cancels": 0.01,
};

/** What else they do where there is money. */
// biome-ignore format: read by column
const MONEY_DEEDS = {
  "allows more": 0.15, "stops for money": 0.03, "raises a budget": 0.05, "raises each day": 0.03, "raises a persona": 0.03,
};

export interface People {
  /** One moment of the storm. */
  meddle(): void;
  /** One look at everything; whoever waits is served. */
  serve(): void;
}

export function people({ outside, engine, runs, start, stopDaemon, surprised }: PeopleOptions): People {
  const { faults, agents, clock } = outside;
  const by = "ann";

  /** Asked for and not waited for; a refusal is an answer, a fault inside devflow is not. */
  function ask(what: (here: Engine) => Promise<unknown>): void {
    const here = engine();
    if (!here) return;
    const refused = (error: unknown): void => {
      if (!(error instanceof Failure) || error.code === "internal") surprised(error);
    };
    try {
      void what(here).catch(refused);
    } catch (error) {
      refused(error);
    }
  }
  const approve = (run: RunId): void => ask((here) => here.approve(run, "approve", undefined, by, undefined));
  const reject = (run: RunId): void => ask((here) => here.approve(run, "reject", undefined, by, "no"));
  const cancel = (run: RunId): void => ask((here) => here.cancel(run, by, undefined));
  const resume = (run: RunId): void => ask((here) => here.resume(run, by));
  const one = <T>(all: readonly T[], size: number): T | undefined => all[Math.floor(size * all.length)];

  /** Said twice under one key it is one turn, whoever asks again. */
  const say = (run: RunId, key: string): void => ask((here) => here.talks.say(run, `words of ${key}`, key, by));

  function tell(run: RunId, state: RunState, size: number, what: "kill" | "restart" | "send" | "interrupt"): void {
    const live = Object.values(state.sessions).filter((session) => isLive(session.state));
    const session = one(live, (size * 7) % 1)?.session as SessionId | undefined;
    if (session) ask((here) => here.tell(run, session, { what, by }));
  }

  const questions = ({ escalations }: RunState) => escalations.filter((asking) => askedScope(asking) !== undefined);
  const settle = (run: RunId, state: RunState, word: "allow" | "stop"): void => {
    for (const { escalation } of questions(state)) ask((here) => here.answer(run, escalation, word, by));
  };
  const raise = (run: RunId, usd: string): void => ask((here) => here.setBudget(run, { usd, policy: "prompt" }, by));
  const limit = (kind: ScopeKind, name: string | undefined, usd: string): void =>
    outside.desk?.setLimit(kind, name, { usd, policy: "block" });

  function meddleWithMoney(): void {
    const deed = faults.at("purse", MONEY_DEEDS);
    if (!deed) return;
    const { kind, size } = deed;
    const more = (size * 5).toFixed(2);
    if (kind === "raises each day") limit("day", undefined, more);
    if (kind === "raises a persona") limit("persona-day", `fake-${one(ROLES, (size * 7) % 1)}`, more);
    const [run, state] = one([...runs()], size) ?? [];
    if (!run || !state) return;
    if (kind === "allows more") settle(run, state, "allow");
    if (kind === "stops for money") settle(run, state, "stop");
    if (kind === "raises a budget") raise(run, more);
  }

  /** Whoever is asked for money says yes, mostly; or no, or gives more of it for all. */
  function serveMoney(run: RunId, state: RunState): void {
    const [asking] = questions(state);
    if (!asking) return;
    const mood = outside.dice.of(`mood ${asking.escalation}`);
    if (mood < 0.1) settle(run, state, "stop");
    else if (mood < 0.3 && askedScope(asking)?.scope === "run") raise(run, String(asking.failure.details.extended));
    else settle(run, state, "allow");
  }

  function meddle(): void {
    if (outside.money) meddleWithMoney();
    const deed = faults.at("person", DEEDS);
    if (!deed) return;
    const { kind, size } = deed;
    const [run, state] = one([...runs()], size) ?? [];
    if (kind === "answers") agents.answer();
    if (kind === "ends the terminals") agents.die();
    if (kind === "stops the daemon") stopDaemon();
    if (kind === "starts the same again") void start(THE_RUN);
    if (kind === "starts another run") void start(`another run ${deed.point}`);
    if (kind === "sets the clock") outside.skew += Math.round((size - 0.5) * 120 * MINUTE);
    if (kind === "pauses the daemon") {
      const here = engine();
      here?.pause(true);
      void clock.sleep(size * 10 * MINUTE).then(() => here?.pause(false));
    }
    if (!run || !state) return;
    if (kind === "does a phase again")
      ask((here) => here.resume(run, by, one(Object.keys(state.phases), (size * 5) % 1)));
    if (kind === "deletes a run") ask((here) => here.delete(run, by));
    if (kind === "sets a budget") ask((here) => here.setBudget(run, { usd: size.toFixed(2), policy: "block" }, by));
    if (kind === "kills a session") tell(run, state, size, "kill");
    if (kind === "restarts a session") tell(run, state, size, "restart");
    if (kind === "types into a session") tell(run, state, size, "send");
    if (kind === "interrupts a session") tell(run, state, size, "interrupt");
    if (kind === "speaks in a talk") for (const key of [deed.point, deed.point]) say(run, key);
    if (kind === "takes a turn back") ask((here) => here.talks.undo(run, by));
    if (kind === "speaks with another")
      ask((here) => here.talks.choose(run, { persona: `fake-${one(ROLES, (size * 3) % 1)}@1` }, by));
    if (kind === "ends a talk") ask((here) => here.talks.end(run, by));
    if (kind.startsWith("approves")) approve(run);
    if (kind.startsWith("resumes")) resume(run);
    if (kind.endsWith("rejects")) reject(run);
    if (kind.endsWith("cancels")) cancel(run);
  }

  function serve(): void {
    agents.answer();
    engine()?.pause(false);
    for (const [run, state] of runs()) {
      if (state.ended) continue;
      serveMoney(run, state);
      const problem = state.escalations.some((asking) => asking.severity === "problem" && !askedScope(asking));
      if (state.interrupted || problem) resume(run);
      if (Object.values(state.phases).some(({ status }) => status === "awaiting_approval")) approve(run);
      const { talk } = talking(state) ?? {};
      // A word at the end, so that each talk has been one; whoever is answered ends it.
      if (talk?.turns.length === 0) say(run, "last words");
      else if (talk && !openTurn(talk)) ask((here) => here.talks.end(run, by));
    }
  }

  return { meddle, serve };
}
