/** Parts of devflow broken on purpose, one rule each: a simulation that lets any of them pass is worth nothing. */
import { ScopeKind } from "../src/domain/budget.ts";
import type { RunEvent } from "../src/domain/event.ts";
import type { AgentAdapter, AgentSession } from "../src/ports/agent.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import { agentsOf } from "../test/support/fakes.ts";
import type { Ports } from "./ports.ts";

export interface Mutant {
  name: string;
  /** The rule that it breaks: one that is found by another has only been lucky. */
  sign: RegExp;
  /** The ports of a life, one of them broken; lives count from 1. */
  breaks?(ports: Ports, life: number): Partial<Ports>;
  /** Its ledger, broken: there is money in all worlds of this one. */
  ledger?(ledger: Ledger): Ledger;
}

export const MUTANTS: readonly Mutant[] = [
  skips("the receipt of a worktree", "workspace.ready", /begins: the worktree has no receipt$/),
  skips("the receipt of a session", "session.opened", /^session \w+ has no receipt$/),
  skips("the receipt of a prompt", "prompt.delivered", /\/prompt\/\S+ has no receipt: it is done/),
  skips("the receipt of a command", "command.finished", /has a result: the command of \S+ has no receipt$/),
  skips("the receipt of a report", "report.written", /^the report of .+ has no receipt: it is done/),
  {
    name: "sends a prompt again on resume",
    sign: /^a prompt is typed (twice|without its intent)/,
    breaks: (ports, life) =>
      withAgents(ports, (session) => ({
        ...session,
        deliver: (prompt, signal) =>
          session.deliver({ ...prompt, key: `${prompt.key}${life > 1 ? "/again" : ""}` }, signal),
      })),
  },
  {
    name: "forgets the mark of a session",
    sign: /^left behind: an agent/,
    breaks: (ports, life) => withAgents(ports, (session, how) => (how === "adopt" && life > 1 ? undefined : session)),
  },
  {
    name: "accepts a stale artifact",
    sign: /takes an artifact that was not written for it$/,
    breaks: ({ artifacts }) => ({
      artifacts: {
        ...artifacts,
        look: async (expected, good) => {
          const look = await artifacts.look(expected, good);
          const before = expected.path.replace(/-(\d+)\/([^/]+)$/, (_, n, name) => `-${Number(n) - 1}/${name}`);
          return look.kind === "absent" ? artifacts.look({ ...expected, path: before }, good) : look;
        },
      },
    }),
  },
  {
    name: "drops an event on recovery",
    sign: /^(the engine's state is not what its log says|it goes round and round)/,
    breaks: ({ log }, life) => ({
      log: { ...log, read: (run, from) => (life > 1 ? log.read(run, from).slice(0, -1) : log.read(run, from)) },
    }),
  },
  {
    name: "tears an append",
    sign: /^it rests without a reason$/,
    breaks: ({ log }) => ({
      log: { ...log, append: (run, at, events, options) => log.append(run, at, events.slice(0, 1), options) },
    }),
  },
  {
    name: "closes a session in the log alone",
    sign: /^left behind: an agent/,
    breaks: (ports) => withAgents(ports, (session) => ({ ...session, close: async () => {} })),
  },
  {
    name: "drops a reservation",
    sign: /^a call is made without a reservation/,
    ledger: (ledger) => ({ ...ledger, reserve: () => [] }),
  },
  {
    name: "passes the limits of a budget",
    sign: /^a reservation brings .+ past its limit of/,
    ledger: (ledger) => ({
      ...ledger,
      reserve: (call, spender, amount) => ledger.reserve(call, spender, amount, ScopeKind.options),
    }),
  },
  {
    name: "books a call twice",
    sign: /is booked, and nobody has made it or told it$/,
    ledger: (ledger) => ({
      ...ledger,
      book(call, booking) {
        const entry = ledger.find(call);
        ledger.book(call, booking);
        if (entry?.kind === "open") ledger.report(`${call}/twice`, entry.reservation, booking);
      },
    }),
  },
  {
    name: "forgets what a killed daemon had reserved",
    sign: /^a reservation is left/,
    ledger: (ledger) => ({ ...ledger, open: () => [] }),
  },
];

/** Whatever is appended, events of this type are not. */
function skips(what: string, type: RunEvent["type"], sign: RegExp): Mutant {
  return {
    name: `skips ${what}`,
    sign,
    breaks: ({ log }) => ({
      log: {
        ...log,
        append: (run, at, events, options) =>
          log.append(
            run,
            at,
            events.filter((event) => event.type !== type),
            options,
          ),
      },
    }),
  };
}

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
