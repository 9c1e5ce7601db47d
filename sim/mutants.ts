/** Parts of devflow broken on purpose, one rule each: a simulation that lets any of them pass is worth nothing. */
import type { RunEvent } from "../src/domain/event.ts";
import type { StepContext } from "../src/engine/run-loop.ts";
import type { AgentAdapter, AgentSession } from "../src/ports/agent.ts";
import { agentsOf } from "../test/support/fakes.ts";
import type { Ports } from "./ports.ts";

export interface Mutant {
  name: string;
  /** The ports of a life, one of them broken; lives count from 1. */
  breaks(ports: Ports, life: number): Partial<Ports>;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "skips the receipt of a session",
    breaks: ({ sessions }) => ({
      sessions: {
        ...sessions,
        open: (context, ...more) => sessions.open(without("session.opened", context), ...more),
      },
    }),
  },
  {
    name: "sends a prompt again on resume",
    breaks: (ports, life) =>
      withAgents(ports, (session) => ({
        ...session,
        deliver: (prompt, signal) =>
          session.deliver({ ...prompt, key: `${prompt.key}${life > 1 ? "/again" : ""}` }, signal),
      })),
  },
  {
    name: "forgets the mark of a session",
    breaks: (ports, life) => withAgents(ports, (session, how) => (how === "adopt" && life > 1 ? undefined : session)),
  },
  {
    name: "accepts a stale artifact",
    breaks: ({ artifacts }) => ({
      artifacts: {
        ...artifacts,
        look: async (expected) => {
          const look = await artifacts.look(expected);
          const before = expected.path.replace(/-(\d+)\/([^/]+)$/, (_, n, name) => `-${Number(n) - 1}/${name}`);
          return look.kind === "absent" ? artifacts.look({ ...expected, path: before }) : look;
        },
      },
    }),
  },
  {
    name: "drops an event on recovery",
    breaks: ({ log }, life) => ({
      log: { ...log, read: (run, from) => (life > 1 ? log.read(run, from).slice(0, -1) : log.read(run, from)) },
    }),
  },
  {
    name: "tears an append",
    breaks: ({ log }) => ({
      log: { ...log, append: (run, at, events, options) => log.append(run, at, events.slice(0, 1), options) },
    }),
  },
  {
    name: "closes a session in the log alone",
    breaks: (ports) => withAgents(ports, (session) => ({ ...session, close: async () => {} })),
  },
];

/** A step that leaves out what it should record. */
const without = (type: RunEvent["type"], context: StepContext): StepContext => ({
  ...context,
  record: (make) => context.record((state) => make(state).filter((event) => event.type !== type)),
});

function withAgents(
  { agents, sessionsWith }: Ports,
  change: (session: AgentSession, how: "open" | "adopt") => AgentSession | undefined,
): Partial<Ports> {
  const adapter = (persona: Parameters<typeof agents.for>[0]): AgentAdapter => agents.for(persona);
  const changed: AgentAdapter = {
    async open(spec) {
      const session = await adapter(spec.persona).open(spec);
      return change(session, "open") ?? session;
    },
    async adopt(spec) {
      const session = await adapter(spec.persona).adopt(spec);
      return session && change(session, "adopt");
    },
  };
  return sessionsWith(agentsOf(changed));
}
