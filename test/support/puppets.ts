/** Agents that do nothing by themselves: a test says what each of them shows, takes and answers. */
import { layout } from "../../src/domain/prompt.ts";
import type { AgentState, Evidence, Verdict } from "../../src/domain/session.ts";
import type { AgentAdapter, AgentNews, AgentSession, AgentSpec, Delivery, Prompt } from "../../src/ports/agent.ts";

export interface Puppet {
  spec: AgentSpec;
  /** What it was told, in order; a prompt that is offered again is there once. */
  prompts: Prompt[];
  interrupts: string[];
  closed: boolean;
  /** Shows a state; the same one again is a sign of life. */
  become(state: AgentState, until?: number, trouble?: Verdict["trouble"]): void;
  /** What it answers to the next offers of a prompt; after those it takes everything and works. */
  answers: Delivery[];
}

export interface Puppets extends AgentAdapter {
  all: Puppet[];
  /** The newest one. */
  readonly now: Puppet;
  /** Where it was last told to write its artifact. */
  artifact(): string;
}

const evidence = (said: string): Evidence => ({ source: "title", said, at: 0 });

/** `first` sets the stage for the first of them, before anything is told to it; `took` hears of each prompt that one takes. */
export function puppets(
  first: (puppet: Puppet) => void = () => {},
  took: (puppet: Puppet, prompt: Prompt) => void = () => {},
): Puppets {
  const all: Puppet[] = [];
  const sessions = new Map<string, AgentSession>();
  const now = (): Puppet => {
    const newest = all.at(-1);
    if (!newest) throw new Error("no agent was opened yet");
    return newest;
  };
  const stage: Omit<Puppets, "now"> = {
    all,
    artifact: () => /^Write the artifact to: (.+)$/m.exec(now().prompts.at(-1)?.text ?? "")?.[1] ?? layout.goal,
    open: async (spec) => {
      const alive = sessions.get(spec.session);
      if (alive) return alive;
      const made = puppet(spec, () => sessions.delete(spec.session), took);
      if (all.push(made.puppet) === 1) first(made.puppet);
      sessions.set(spec.session, made.session);
      return made.session;
    },
    adopt: async (spec) => sessions.get(spec.session),
  };
  return Object.assign(new Newest(now), stage);
}

/** Of a class, since each object with a getter of its own has a shape of its own: simulations make thousands of them. */
class Newest {
  readonly #now: () => Puppet;

  constructor(now: () => Puppet) {
    this.#now = now;
  }

  get now(): Puppet {
    return this.#now();
  }
}

function puppet(
  spec: AgentSpec,
  gone: () => void,
  took: (puppet: Puppet, prompt: Prompt) => void,
): { puppet: Puppet; session: AgentSession } {
  const taken = new Set<string>();
  const listeners = new Set<(news: AgentNews) => void>();
  let verdict: Verdict = { state: "ready", evidence: [evidence("ready")] };
  const strings: Puppet = {
    spec,
    prompts: [],
    interrupts: [],
    closed: false,
    answers: [],
    become(state, until, trouble) {
      const more = { ...(until !== undefined && { until }), ...(trouble && { trouble }) };
      verdict = { state, evidence: [evidence(state)], ...more };
      if (state === "exited") gone();
      for (const listener of listeners) listener({ kind: "verdict", verdict });
    },
  };
  const session: AgentSession = {
    session: spec.session,
    host: "tmux",
    key: `puppet/${spec.session}`,
    account: "puppet",
    pid: undefined,
    startMs: 120_000,
    terminal: undefined,
    verdict: () => verdict,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    deliver: async (prompt) => {
      if (verdict.state === "exited") return { kind: "lost", reason: "it has ended" };
      const answer = strings.answers.shift() ?? { kind: "delivered", receipt: [evidence("working")] };
      if (answer.kind !== "held" && !strings.prompts.some(({ key }) => key === prompt.key))
        strings.prompts.push(prompt);
      // Delivered again, after a restart, it is no news to an agent that has taken it.
      if (answer.kind === "delivered" && !taken.has(prompt.key)) {
        taken.add(prompt.key);
        strings.become("working");
        took(strings, prompt);
      }
      return answer;
    },
    interrupt: async (key) => void strings.interrupts.push(key),
    close: async () => {
      strings.closed = true;
      if (verdict.state !== "exited") strings.become("exited");
    },
    release: async () => listeners.clear(),
  };
  return { puppet: strings, session };
}
