/**
 * Handing a prompt to an agent over ACP.
 *
 * C1. A prompt is sent once: it stands in the journal before (J1), and one whose turn was cut off is looked for in the conversation, not
 *     sent again. Only one that was answered with an error before anything of it was begun may be sent again.
 * C2. The receipt is the first thing that the agent tells of the turn, or its answer.
 */
import type { Verdict } from "../../domain/session.ts";
import type { Delivery, Prompt } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { AcpJournal } from "./acp-journal.ts";
import type { AcpTurn } from "./acp-turn.ts";

export interface AcpDeliveryDeps {
  journal: AcpJournal;
  clock: Clock;
  /** How long it may take until the agent shows that it has taken a prompt. */
  receiptMs: number;
  verdict(): Verdict;
  /** Why it takes nothing more, if so. */
  why(): string | undefined;
  turn(): AcpTurn | undefined;
  /** It has no conversation yet. */
  starts(): boolean;
  /** Whether its conversation, as it was loaded, has this text. */
  remembers(text: string): boolean;
  send(prompt: Prompt): AcpTurn | undefined;
  /** The session is being ended, or let go of. */
  stopped: AbortSignal;
  closed(): boolean;
  change(ms: number, signal: AbortSignal): Promise<void>;
}

export interface AcpDelivery {
  deliver(prompt: Prompt, signal: AbortSignal): Promise<Delivery>;
  /** Resolves when what is being begun is begun, or not; never rejects. */
  begun(): Promise<unknown>;
}

export function acpDelivery(deps: AcpDeliveryDeps): AcpDelivery {
  const { journal, clock, receiptMs, verdict, why, turn, starts, remembers, send, stopped, closed, change } = deps;
  /** They go one after the other. */
  let last: Promise<unknown> = Promise.resolve();

  /** The prompt's turn, begun now or before, or why it can have none now. */
  function begin(prompt: Prompt): AcpTurn | Delivery {
    const ended = why();
    if (ended !== undefined) return { kind: "lost", reason: ended };
    const now = turn();
    if (now?.key === prompt.key) return now;
    const known = journal.prompt(prompt.key);
    if (known && !known.over?.untaken) {
      if (known.taken !== undefined || known.over) return delivered(known.taken ?? known.over?.said ?? "", clock.now());
      if (starts()) return { kind: "held", reason: verdict().evidence[0]?.said ?? "it starts" };
      if (!remembers(prompt.text))
        return { kind: "lost", reason: "its turn was cut off, and its conversation does not have the prompt" };
      journal.write({ t: "taken", key: prompt.key, said: "it stands in its conversation" });
      return delivered("it stands in its conversation", clock.now());
    }
    const { state, evidence } = verdict();
    const sent = state === "ready" ? send(prompt) : undefined;
    return sent ?? { kind: "held", reason: `it is ${state}: ${evidence[0]?.said ?? ""}` };
  }

  async function receipt(now: AcpTurn, signal: AbortSignal): Promise<Delivery> {
    const deadline = clock.steady() + receiptMs;
    for (;;) {
      const first = now.first();
      const known = journal.prompt(now.key);
      if (first !== undefined && known?.taken === undefined) journal.write({ t: "taken", key: now.key, said: first });
      if (first !== undefined) return delivered(`its first update: ${first}`, clock.now());
      if (known?.over?.untaken) return { kind: "held", reason: `it is ${known.over.state}: ${known.over.said}` };
      if (known?.over) return delivered(known.over.said, clock.now());
      if (signal.aborted && !closed()) return { kind: "unconfirmed", reason: "stopped" };
      const ended = why();
      if (ended !== undefined) return { kind: "lost", reason: ended };
      const left = deadline - clock.steady();
      if (left <= 0) return { kind: "unconfirmed", reason: `it told nothing for ${Math.round(receiptMs / 1_000)} s` };
      await change(left, signal);
    }
  }

  return {
    async deliver(prompt, signal) {
      const begun = last.then(() => begin(prompt));
      last = begun.catch(() => undefined);
      const found = await begun;
      return "kind" in found ? found : receipt(found, AbortSignal.any([signal, stopped]));
    },
    begun: () => last,
  };
}

export const delivered = (said: string, at: number): Delivery => ({
  kind: "delivered",
  receipt: [{ source: "stream", said, at }],
});

/** Whether a conversation's past has the prompt; agents join and wrap what they keep. */
export function holds(past: string, prompt: string): boolean {
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  return plain(past).includes(plain(prompt));
}
