/**
 * The living sessions of all runs: opened, taken over after a restart, watched, let go of.
 * What is known of their state goes into their run's log; nothing of it is kept here.
 */
import type { RunEvent } from "../domain/event.ts";
import { Failure } from "../domain/failure.ts";
import { EscalationId, SessionId } from "../domain/ids.ts";
import { referenceOf } from "../domain/names.ts";
import type { Persona } from "../domain/persona.ts";
import { markOf } from "../domain/prompt.ts";
import { continuable, phaseSpentOn } from "../domain/run-sessions.ts";
import type { RunState } from "../domain/run-state.ts";
import { isLive } from "../domain/session.ts";
import type { Usage } from "../domain/usage.ts";
import type { AgentNews, AgentSession, Agents } from "../ports/agent.ts";
import type { Ids } from "../ports/clock.ts";
import type { Accounts } from "./accounts.ts";
import type { Reporter } from "./spending.ts";
import type { StepContext } from "./step.ts";

export interface Sessions {
  /** Opens a session that the log knows by its intent, or a new one; its receipt is in the log when this resolves. */
  open(context: StepContext, role: string, known: SessionId | undefined): Promise<void>;
  /** The living agent of a session; taken over when the daemon has restarted; undefined when it is gone. */
  get(context: StepContext, session: SessionId): Promise<AgentSession | undefined>;
  living(session: SessionId): AgentSession | undefined;
  close(session: SessionId): Promise<void>;
  /** Closes one that may be from before a restart: it is taken over, so that it can be ended. */
  end(context: StepContext, session: SessionId): Promise<void>;
  /** Lets go of every session; agents in terminals live on. */
  release(): Promise<void>;
  count(): number;
}

/** Keeps account of what agents report by themselves. */
export interface Metering {
  /** Books a report, once by its number; answers with what it came to. */
  report(by: Reporter, nth: number, usage: Usage): Usage;
  /** The agent is gone: no call of it is under way any more. */
  gone(session: SessionId): void;
}

export interface SessionsDeps {
  agents: Agents;
  ids: Ids;
  metering?: Metering;
  accounts?: Accounts;
}

/** Without `metering`, as in some tests, nothing is booked. */
export function livingSessions({ agents, ids, metering, accounts }: SessionsDeps): Sessions {
  const living = new Map<SessionId, AgentSession>();
  const arriving = new Map<SessionId, Promise<AgentSession | undefined>>();

  /** One arrival at a time for a session, however many steps ask for it. */
  async function arrive(
    context: StepContext,
    session: SessionId,
    how: "open" | "adopt",
    role: string,
  ): Promise<AgentSession | undefined> {
    const here = living.get(session);
    if (here) return here;
    const before = arriving.get(session);
    // Who only looks for it may have found none: whoever wants it opened has to open it.
    if (before) return (await before) ?? (how === "open" ? arrive(context, session, how, role) : undefined);
    const arrival = take(context, session, how, role).finally(() => arriving.delete(session));
    arriving.set(session, arrival);
    return arrival;
  }

  async function take(
    context: StepContext,
    session: SessionId,
    how: "open" | "adopt",
    role: string,
  ): Promise<AgentSession | undefined> {
    const { run } = context;
    const state = context.state();
    const bound = state.started?.bindings[role];
    if (!bound || !state.workspace)
      throw new Failure("internal", { problem: `role ${role} of run ${run} is not ready` });
    const { continues } = state.sessions[session] ?? {};
    const told = continues === undefined ? undefined : state.sessions[continues]?.told;
    const talks = state.started?.template.phases.some((phase) => phase.role === role && phase.talk);
    const spec = {
      ...{ session, run, role, persona: bound.persona, cwd: state.workspace.path },
      ...(continues !== undefined && told && { continues: { session: continues, mark: markOf({ ...told, run }) } }),
      ...(talks && { talks: true as const }),
    };
    const agent = await agents.for(bound.persona)[how](spec);
    if (!agent) return undefined;
    living.set(session, agent);
    const who = { run, session, persona: referenceOf(bound.persona), model: modelOf(bound.persona) };
    agent.watch((news) => report(context, who, news));
    report(context, who, { kind: "verdict", verdict: agent.verdict() });
    return agent;
  }

  function report(context: StepContext, who: Reporter & { session: SessionId }, news: AgentNews): void {
    const { session } = who;
    switch (news.kind) {
      case "usage": {
        const phase = phaseSpentOn(context.state(), session);
        const by = { ...who, ...(phase !== undefined && { phase }) };
        context.tell({ ...news, session, usage: metering?.report(by, news.nth, news.usage) ?? news.usage });
        break;
      }
      case "did":
        context.tell({ ...news, session });
        break;
      case "verdict": {
        const tries = context.state().sessions[session]?.counters.backoff ?? 0;
        const trouble = accounts?.heard(living.get(session)?.account, session, news.verdict, tries);
        context.tell({ ...news, session, escalation: EscalationId.parse(ids.next()), ...(trouble && { trouble }) });
        break;
      }
    }
  }

  async function get(context: StepContext, session: SessionId): Promise<AgentSession | undefined> {
    const role = context.state().sessions[session]?.role;
    return living.get(session) ?? (role === undefined ? undefined : arrive(context, session, "adopt", role));
  }

  async function close(session: SessionId): Promise<void> {
    const agent = living.get(session);
    living.delete(session);
    await agent?.close();
    metering?.gone(session);
    accounts?.gone(session);
  }

  return {
    async open(context, role, known) {
      const session = known ?? SessionId.parse(ids.next());
      if (!known) await context.record((state) => (context.signal.aborted ? [] : intent(state, role, session)));
      if (context.signal.aborted) return;
      const agent = await arrive(context, session, "open", role);
      if (!agent) throw new Failure("internal", { problem: `session ${session} did not open` });
      const { host, key, pid, continued: conversation } = agent;
      const receipt: RunEvent = {
        ...{ type: "session.opened", session, host, key },
        ...(pid !== undefined && { pid }),
        ...(conversation !== undefined && { conversation }),
      };
      await context.record((state) => (state.sessions[session]?.opened || isOver(state, session) ? [] : [receipt]));
      // Whoever has closed it while it was being opened found nothing to end.
      if (isOver(context.state(), session)) await close(session);
    },
    get,
    async end(context, session) {
      await get(context, session);
      await close(session);
    },
    living: (session) => living.get(session),
    close,
    async release() {
      const all = [...living.values()];
      living.clear();
      await Promise.all(all.map((agent) => agent.release()));
    },
    count: () => living.size,
  };
}

const isOver = ({ sessions }: RunState, session: SessionId): boolean => !isLive(sessions[session]?.state ?? "closed");

/** What its usage is booked on: the agent's own name where nobody says which model it takes. */
const modelOf = ({ model, agent, adapter }: Persona): string => model ?? agent ?? adapter;

function intent(state: RunState, role: string, session: SessionId): RunEvent[] {
  const persona = state.started?.bindings[role]?.persona;
  if (!persona) return [];
  const { adapter, agent = adapter === "agent" ? persona.model : undefined } = persona;
  const continues = continuable(state, role);
  return [
    {
      type: "session.opening",
      session,
      role,
      persona: referenceOf(persona),
      adapter,
      ...(agent !== undefined && { agent }),
      ...(continues !== undefined && { continues }),
    },
  ];
}
