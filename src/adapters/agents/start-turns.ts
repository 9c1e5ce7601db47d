/**
 * Agents that must not start side by side: two that prepare the same home at once can spoil it for one of them, which then never becomes
 * ready. The next one starts when the one before has shown that it is up, has gone, or has had its time.
 */
import type { Verdict } from "../../domain/session.ts";
import type { AgentSession } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";

export interface StartTurns {
  /** Opens when it is this agent's turn. What `open` throws is thrown, and ends the turn. */
  take(agent: string, open: () => Promise<AgentSession>): Promise<AgentSession>;
}

const STARTING: readonly Verdict["state"][] = ["booting", "unknown"];

export function startTurns(clock: Clock): StartTurns {
  const last = new Map<string, Promise<void>>();
  return {
    async take(agent, open) {
      const before = last.get(agent);
      let done = (): void => {};
      const turn = new Promise<void>((resolve) => {
        done = resolve;
      });
      last.set(agent, turn);
      await before;
      try {
        const session = await open();
        void isUp(session, clock).then(done);
        return session;
      } catch (error) {
        done();
        throw error;
      }
    },
  };
}

async function isUp(session: AgentSession, clock: Clock): Promise<void> {
  const over = new AbortController();
  const unwatch = session.watch(() => {
    if (!STARTING.includes(session.verdict().state)) over.abort();
  });
  if (STARTING.includes(session.verdict().state)) await clock.sleep(session.startMs, over.signal);
  unwatch();
}
