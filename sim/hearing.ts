/** The agents as one life of the daemon has them: each call can go wrong, and what they show can be heard late, twice, or not at all. */
import type { AgentAdapter, AgentNews, AgentSession } from "../src/ports/agent.ts";
import type { Effects } from "./effects.ts";
import type { Life } from "./life.ts";
import type { Outside } from "./outside.ts";

const SECOND = 1_000;

const NEWS_FAULTS = {
  "is told late": 0.02,
  "is told twice": 0.01,
  "is told late, and only the last of it": 0.01,
  "comes before the one before": 0.01,
};

export function agentsOfLife(outside: Outside, life: Life, effects: Effects): AgentAdapter {
  const { agents, faults, clock } = outside;
  const hearing = effects.hearing();
  /** What an agent shows can be seen late, more than once, or not at all while it does not last. */
  function heard(listener: (news: AgentNews) => void): (news: AgentNews) => void {
    let waiting: AgentNews[] | undefined;
    let before: AgentNews | undefined;
    return life.hears((news) => {
      if (waiting) return void waiting.push(news);
      const former = before;
      if (news.kind === "verdict") before = news;
      const fault = faults.at("news", NEWS_FAULTS);
      if (fault?.kind === "is told twice") listener(news);
      if (!fault || fault.kind === "is told twice") return listener(news);
      // Out of order, it is told once more as it is: each change is told in the end (A3 of the port).
      if (fault.kind === "comes before the one before" && former && news.kind === "verdict") {
        listener(news);
        listener(former);
      }
      waiting = [news];
      outside.untold += 1;
      void clock.sleep(fault.size * 20 * SECOND).then(() => {
        outside.untold -= 1;
        const late = waiting ?? [];
        waiting = undefined;
        const last = late.findLastIndex(({ kind }) => kind === "verdict");
        const told =
          fault.kind !== "is told late, and only the last of it"
            ? late
            : late.filter(({ kind }, at) => kind !== "verdict" || at === last);
        for (const each of told) life.hears(listener)(each);
      });
    });
  }
  const held = (session: AgentSession): AgentSession => ({
    ...session,
    watch: (listener) => session.watch(heard(listener)),
    deliver: async (prompt, signal) => {
      if (life.alive) hearing.asks(prompt.key);
      const delivery = await life.call("deliver", () => session.deliver(prompt, signal));
      if (delivery.kind === "delivered" && !signal.aborted) hearing.heard(prompt.key);
      return delivery;
    },
    answer: (key, asked) => life.call("answer", async () => session.answer?.(key, asked)),
    interrupt: (key) => life.call("interrupt", () => session.interrupt(key)),
    close: () => life.call("close", () => session.close()),
    // What is let go of tells nothing more to this life; the agent goes on.
    release: () => life.call("release", async () => {}),
  });
  return {
    open: async (spec) => {
      if (life.alive) effects.open(spec.run, spec.session);
      return held(await life.call("open", () => agents.open(spec)));
    },
    adopt: async (spec) => {
      const found = await life.call("adopt", () => agents.adopt(spec));
      return found && held(found);
    },
  };
}
