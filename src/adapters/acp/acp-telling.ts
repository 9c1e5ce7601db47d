/**
 * What is told of a session over ACP: its verdict when that is another one, a sign of life now and then, and its news, which wait for the
 * first who listens.
 */
import type { Asked } from "../../domain/permission.ts";
import type { Verdict } from "../../domain/session.ts";
import type { AgentNews } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";

export interface TellingDeps {
  /** News of before, which are told again. */
  before: readonly AgentNews[];
  verdict(): Verdict;
  question(): Asked | undefined;
  clock: Clock;
}

export interface Telling {
  /** Tells the verdict when it is another one, or a sign of life is due; whoever waits for a change looks again. */
  show(): void;
  tell(news: AgentNews): void;
  watch(listener: (news: AgentNews) => void): () => void;
  /** Resolves when something is shown, after `ms`, or when `signal` aborts. */
  change(ms: number, signal: AbortSignal): Promise<void>;
  /** Nobody listens any more. */
  mute(): void;
  /** Nor does anybody wait. */
  end(): void;
}

/** A working agent is said to be alive at most this often. */
const HEARTBEAT_MS = 1_000;

export function sessionTelling({ before, verdict, question, clock }: TellingDeps): Telling {
  const listeners = new Set<(news: AgentNews) => void>();
  const waiting = new Set<AbortController>();
  let unheard = [...before];
  let told = { state: "", asks: "", at: 0 };

  const wake = (): void => {
    for (const one of waiting) one.abort();
  };

  function tell(news: AgentNews): void {
    if (listeners.size === 0 && news.kind !== "verdict") unheard.push(news);
    for (const listener of listeners) listener(news);
  }

  return {
    tell,
    show() {
      wake();
      const now = verdict();
      const asks = question()?.digest ?? "";
      const alive = now.state === "working" && clock.now() - told.at >= HEARTBEAT_MS;
      if (now.state === told.state && asks === told.asks && !alive) return;
      // Another question of the same agent is a question of its own: what was asked before is over.
      if (asks !== "" && told.asks !== "" && asks !== told.asks) {
        const evidence = [{ source: "stream", said: "it was answered", at: clock.now() }] as const;
        tell({ kind: "verdict", verdict: { state: "working", evidence: [...evidence] } });
      }
      told = { state: now.state, asks, at: clock.now() };
      tell({ kind: "verdict", verdict: now });
    },
    watch(listener) {
      listeners.add(listener);
      const first = unheard;
      unheard = [];
      for (const news of first) listener(news);
      return () => listeners.delete(listener);
    },
    async change(ms, signal) {
      const soon = new AbortController();
      waiting.add(soon);
      await clock.sleep(ms, AbortSignal.any([soon.signal, signal]));
      waiting.delete(soon);
    },
    mute: () => listeners.clear(),
    end() {
      listeners.clear();
      wake();
    },
  };
}
