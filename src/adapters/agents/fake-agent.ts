/**
 * The fake agent: in process, scripted. It takes prompts and acts as its script says; nothing is shown and nothing waits.
 * Held to the same contract test as the agents in terminals.
 */
import type { Evidence, Verdict } from "../../domain/session.ts";
import type { AgentAdapter, AgentNews, AgentSession, AgentSpec, Prompt } from "../../ports/agent.ts";

/** What a script can see and do. */
export interface FakeTurn {
  spec: AgentSpec;
  prompt: Prompt;
  /** How many prompts this session has taken, this one included. */
  count: number;
  /** The artifact's path, as the prompt names it. */
  artifact: string;
  crash(): void;
}

/** Plays one turn; the agent is ready again when it resolves. */
export type FakeScript = (turn: FakeTurn) => Promise<void> | void;

const evidence = (said: string): Evidence => ({ source: "stream", said, at: 0 });

export function fakeAgents(script: FakeScript): AgentAdapter & { crash(session: string): void } {
  const alive = new Map<string, AgentSession & { crash(): void }>();
  const start = (spec: AgentSpec) => {
    const session = fakeSession(spec, script, () => alive.delete(spec.session));
    alive.set(spec.session, session);
    return session;
  };
  return {
    open: async (spec) => alive.get(spec.session) ?? start(spec),
    adopt: async (spec) => alive.get(spec.session),
    crash: (session) => alive.get(session)?.crash(),
  };
}

function fakeSession(spec: AgentSpec, script: FakeScript, gone: () => void): AgentSession & { crash(): void } {
  const listeners = new Set<(news: AgentNews) => void>();
  const taken = new Set<string>();
  let verdict: Verdict = { state: "ready", evidence: [evidence("ready")] };

  function become(state: Verdict["state"], said: string): void {
    if (verdict.state === "exited" || verdict.state === state) return;
    verdict = { state, evidence: [evidence(said)] };
    for (const listener of listeners) listener({ kind: "verdict", verdict });
  }
  function end(said: string): void {
    become("exited", said);
    gone();
  }
  async function play(prompt: Prompt): Promise<void> {
    become("working", "took a prompt");
    const artifact = /^Write the artifact to: (.+)$/m.exec(prompt.text)?.[1] ?? "";
    await script({ spec, prompt, count: taken.size, artifact, crash: () => end("crashed") });
    become("ready", "its turn is over");
  }

  return {
    session: spec.session,
    host: "process",
    key: `fake/${spec.session}`,
    pid: undefined,
    startMs: Number.POSITIVE_INFINITY,
    terminal: undefined,
    verdict: () => verdict,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    deliver: async (prompt) => {
      if (verdict.state === "exited") return { kind: "lost", reason: "it has ended" };
      if (!taken.has(prompt.key)) {
        taken.add(prompt.key);
        queueMicrotask(() => void play(prompt));
      }
      return { kind: "delivered", receipt: [evidence("took the prompt")] };
    },
    interrupt: async () => become("ready", "interrupted"),
    close: async () => end("closed"),
    release: async () => listeners.clear(),
    crash: () => end("crashed"),
  };
}
