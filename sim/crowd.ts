/** Agents with a will of their own: most work, some lie, stall, ask, die, write half of it, or write what was refused. */
import type { AgentState } from "../src/domain/session.ts";
import type { Usage } from "../src/domain/usage.ts";
import type { AgentAdapter, AgentNews, AgentSession, AgentSpec, Prompt } from "../src/ports/agent.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { FakeFiles } from "../test/support/fakes.ts";
import { type Puppet, puppets } from "../test/support/puppets.ts";
import { callModels } from "./calls.ts";
import type { Dice } from "./dice.ts";
import type { Effects } from "./effects.ts";
import type { Faults } from "./faults.ts";
import { type Money, usedTokens } from "./money.ts";
import type { Desk } from "./purse.ts";
import { TURN_FAULTS, type Turn, WELL } from "./turns.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export interface Crowd extends AgentAdapter {
  /** Sessions whose agent is alive. */
  living(): AgentSpec[];
  known(session: string): AgentState | undefined;
  /** A person goes to every agent that asks something and answers it. */
  answer(): void;
  /** The terminals end, and all in them. */
  die(): void;
}

interface Mind {
  puppet: Puppet;
  session: AgentSession;
  /** Counts turns: what an earlier turn still meant to do is void. */
  turn: number;
  stubborn: boolean;
  heldUntil: number;
  answered: (() => void) | undefined;
  usage: AgentNews[];
  listeners: Set<(news: AgentNews) => void>;
  /** What it has said to the prompts of talks, by their keys. */
  said: Map<string, string>;
}

export interface CrowdOptions {
  clock: Clock;
  files: FakeFiles;
  faults: Faults;
  dice: Dice;
  effects: Effects;
  money: Money | undefined;
  desk(): Desk | undefined;
}

const BOOT_FAULTS = { "boots slowly": 0.05, "never boots": 0.01, "asks at once": 0.02 };
const DELIVERY_FAULTS = { "a draft is in the way": 0.03, "does not show that it took it": 0.03 };
const USAGE = {
  inputTokens: 9,
  outputTokens: 3,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  estimated: false,
};

export function crowd({ clock, files, faults, dice, effects, money, desk }: CrowdOptions): Crowd {
  const minds = new Map<string, Mind>();
  const stage = puppets(undefined, (puppet, prompt) => void play(puppet, prompt));
  /** The last bytes at each phase's artifacts, by run and phase: what a lazy agent hands in again. */
  const before = new Map<string, string>();
  let turns = 0;

  const alive = ({ session }: Mind): boolean => session.verdict().state !== "exited";

  async function play(puppet: Puppet, prompt: Prompt): Promise<void> {
    const mind = minds.get(puppet.spec.session);
    if (!mind) return;
    turns += 1;
    const nth = turns;
    mind.turn = nth;
    mind.stubborn = false;
    const path = /^Write the artifact to: (.+)$/m.exec(prompt.text)?.[1] ?? "";
    const phase = path.replace(/-\d+\/[^/]+$/, "");
    const mine = (): boolean => mind.turn === nth && alive(mind);
    const fault = faults.at("turn", TURN_FAULTS.likely);
    const talks = prompt.task?.talk === true;
    const write = (text: string): void => {
      if (talks) return void mind.said.set(prompt.key, text);
      before.set(phase, text);
      effects.written(path, text);
      files.put(path, text);
    };
    const approved = !faults.stormy || dice.of(`approved ${nth}`) < 0.6;
    const turn: Turn = {
      size: fault?.size ?? 0,
      pause: async (ms) => {
        await clock.sleep(ms);
        return mine();
      },
      good: (more = "") => write(JSON.stringify({ note: `turn ${nth}${more}`, ...(approved && { approved: true }) })),
      write,
      last: () => before.get(phase),
      become: (state, until) => puppet.become(state, until),
      stubborn: () => {
        mind.stubborn = true;
      },
      ask: (state) =>
        new Promise((resolve) => {
          mind.answered = () => {
            mind.answered = undefined;
            if (mine()) puppet.become("working");
            resolve(mine());
          };
          puppet.become(state);
        }),
    };
    if (!(await turn.pause(SECOND + dice.of(`work ${nth}`) * MINUTE))) return;
    if (money?.calls(puppet.spec.role) && !(await pays(mind, prompt, money, mine))) {
      if (mine()) puppet.become("ready");
      return;
    }
    await (fault ? TURN_FAULTS.play(fault.kind, turn) : WELL(turn));
    if (mind.turn === nth) tellUsage(mind);
  }

  /** Calls models, until the turn is over: `false` when it is before all were made. */
  async function pays(mind: Mind, { key, task }: Prompt, purse: Money, mine: () => boolean): Promise<boolean> {
    const { spec } = mind.puppet;
    const over = new AbortController();
    const unwatch = mind.session.watch(() => {
      if (!mine()) over.abort("the turn is over");
    });
    const about = { spec, prompt: key, phase: task?.phase, money: purse, desk, clock, faults, dice };
    const refused = (code: string): void => effects.refused(spec.run, task, code);
    const done = await callModels({ ...about, refused, signal: over.signal, alive: () => alive(mind) });
    unwatch();
    return done && mine();
  }

  /** What an agent has used it tells when its turn is over; where that costs money also later, or some of it at once. */
  function tellUsage(mind: Mind): void {
    if (!money) return void told(mind, USAGE);
    if (money.calls(mind.puppet.spec.role)) return;
    const fault = faults.at("told", { late: 0.15, "in a burst": 0.15 });
    const times = fault?.kind === "in a burst" ? 2 + Math.floor(fault.size * 4) : 1;
    const tell = (): void => {
      for (let time = 0; time < times && alive(mind); time += 1) told(mind, usedTokens(mind.usage.length % 10));
    };
    if (fault?.kind === "late") void clock.sleep(fault.size * 20 * MINUTE).then(tell);
    else tell();
  }

  function told(mind: Mind, usage: Usage): void {
    const news: AgentNews = { kind: "usage", usage, nth: mind.usage.length + 1 };
    money?.tells(`${mind.puppet.spec.session}/${news.nth}`);
    mind.usage.push(news);
    for (const listener of mind.listeners) listener(news);
  }

  async function boot({ puppet }: Mind): Promise<void> {
    const fault = faults.at("boot", BOOT_FAULTS);
    if (!fault) return;
    if (fault.kind === "asks at once") puppet.become("awaiting_permission");
    else puppet.become("booting");
    if (fault.kind !== "boots slowly") return;
    await clock.sleep(SECOND + fault.size * MINUTE);
    if (minds.get(puppet.spec.session)?.session.verdict().state === "booting") puppet.become("ready");
  }

  /** What a life of the daemon holds of an agent. What the agent has used is told to each of them from the beginning. */
  function handle(mind: Mind): AgentSession {
    const { puppet, session } = mind;
    const { spec } = puppet;
    return {
      ...session,
      watch: (listener) => {
        for (const news of mind.usage) listener(news);
        mind.listeners.add(listener);
        const unwatch = session.watch(listener);
        return () => {
          unwatch();
          mind.listeners.delete(listener);
        };
      },
      deliver: async (prompt, signal) => {
        const { state } = session.verdict();
        if (state === "exited" || puppet.prompts.some(({ key }) => key === prompt.key))
          return session.deliver(prompt, signal);
        if (state !== "ready") return { kind: "held", reason: `it is ${state}` };
        const fault = faults.at("deliver", DELIVERY_FAULTS);
        if (fault?.kind === "a draft is in the way") mind.heldUntil = clock.now() + fault.size * MINUTE;
        if (clock.now() < mind.heldUntil) return { kind: "held", reason: "the composer holds a draft" };
        if (fault?.kind === "does not show that it took it")
          puppet.answers.push(
            ...Array.from({ length: 1 + Math.floor(fault.size * 5) }, () => ({
              kind: "unconfirmed" as const,
              reason: "?",
            })),
          );
        effects.type(spec.run, spec.session, prompt.key, prompt.file);
        return session.deliver(prompt, signal);
      },
      answer: async (key) => mind.said.get(key),
      interrupt: async (key) => {
        await session.interrupt(key);
        if (mind.stubborn || !alive(mind) || session.verdict().state !== "working") return;
        mind.turn = 0;
        puppet.become("ready");
      },
    };
  }

  return {
    async open(spec) {
      const known = minds.get(spec.session);
      if (known && alive(known)) return handle(known);
      const session = await stage.open(spec);
      // Not the newest one: another agent may have been opened in the same moment.
      const puppet = stage.all.findLast((one) => one.spec.session === spec.session) ?? stage.now;
      const mind: Mind = {
        puppet,
        session,
        turn: 0,
        stubborn: false,
        heldUntil: 0,
        answered: undefined,
        usage: [],
        listeners: new Set(),
        said: new Map(),
      };
      minds.set(spec.session, mind);
      void boot(mind);
      return handle(mind);
    },
    async adopt({ session }) {
      const known = minds.get(session);
      return known && alive(known) ? handle(known) : undefined;
    },
    living: () => [...minds.values()].filter(alive).map(({ puppet }) => puppet.spec),
    known: (session) => minds.get(session)?.session.verdict().state,
    answer() {
      for (const mind of minds.values()) {
        if (mind.answered) mind.answered();
        else if (alive(mind) && mind.session.verdict().state === "awaiting_permission") mind.puppet.become("ready");
      }
    },
    die() {
      for (const mind of minds.values()) if (alive(mind)) mind.puppet.become("exited");
    },
  };
}
