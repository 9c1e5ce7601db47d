/**
 * The tally: how much of its limits an attempt has used, in all and for each agent. It is counted from the journal, so it is
 * the same after a crash as before it.
 */
import { Failure } from "../../../domain/failure.ts";
import type { ModelLimits } from "../../../domain/model-agent.ts";
import { milliseconds } from "../../../domain/names.ts";
import type { Done } from "./journal.ts";

export interface Counts {
  turns: number;
  tokens: number;
  toolCalls: number;
}

export type Quotas = Pick<ModelLimits, "maxTurns" | "maxTokensTotal" | "maxToolCalls">;

export interface Tally {
  /** Counts from here on for this attempt, with what it has used before. */
  begin(attempt: string): void;
  readonly attempt: string;
  add(done: Done): void;
  /** Of one agent, or of all together. */
  used(agent?: string): Counts;
}

/** What a token of a text is when nobody tells: bytes, for languages of three bytes a character as well. */
export const BYTES_A_TOKEN = 3;

export function tallyOf(past: readonly Done[]): Tally {
  let attempt = "";
  let agents = new Map<string, Counts>();

  function add({ did, attempt: of }: Done): void {
    if (of !== attempt || did.type === "tool.calling") return;
    const counts = agents.get(did.agent) ?? { turns: 0, tokens: 0, toolCalls: 0 };
    agents.set(did.agent, counts);
    if (did.type === "tool.called") counts.toolCalls++;
    // A call that came to nothing is no turn: an outage would use them up.
    else if (did.usage) {
      counts.turns++;
      counts.tokens += did.usage.inputTokens + did.usage.outputTokens;
    } else if (did.finish !== "error") {
      counts.turns++;
      counts.tokens += Math.ceil((did.requestBytes + (did.answerBytes ?? 0)) / BYTES_A_TOKEN);
    }
  }

  return {
    get attempt() {
      return attempt;
    },
    begin(name) {
      if (name === attempt) return;
      attempt = name;
      agents = new Map();
      for (const one of past) add(one);
    },
    add,
    used(agent) {
      const all = agent === undefined ? [...agents.values()] : [agents.get(agent)];
      const sum = { turns: 0, tokens: 0, toolCalls: 0 };
      for (const counts of all) {
        sum.turns += counts?.turns ?? 0;
        sum.tokens += counts?.tokens ?? 0;
        sum.toolCalls += counts?.toolCalls ?? 0;
      }
      return sum;
    },
  };
}

/** What forbids a call of the model that will have about this many tokens of input. */
export function modelQuota(quotas: Quotas, used: Counts, inputTokens: number): Failure | undefined {
  const { maxTurns, maxTokensTotal } = quotas;
  if (used.turns >= maxTurns) return new Failure("model.turn_limit", { limit: maxTurns });
  if (used.tokens + inputTokens <= maxTokensTotal) return undefined;
  return new Failure("model.token_budget_exceeded", { used: used.tokens, limit: maxTokensTotal });
}

export const toolQuota = ({ maxToolCalls }: Quotas, used: Counts): Failure | undefined =>
  used.toolCalls >= maxToolCalls ? new Failure("model.tool_quota_exceeded", { limit: maxToolCalls }) : undefined;

/** The time that an attempt has worked: waiting for a person, a grant or a provider is not work. */
export interface WorkClock {
  workedMs(): number;
  /** Goes on from what the attempt has worked already; `ran out` is called once when its time is used up. */
  start(workedMs: number, ranOut: (failure: Failure) => void): void;
  stop(): void;
  /** Stands still while `wait` lasts. */
  idle<T>(wait: () => Promise<T>): Promise<T>;
}

export function workClock(wallTime: string): WorkClock {
  const limitMs = milliseconds(wallTime);
  let before = 0;
  let since: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ranOut: (failure: Failure) => void = () => {};

  const workedMs = () => before + (since === undefined ? 0 : performance.now() - since);
  function halt(): void {
    before = workedMs();
    since = undefined;
    clearTimeout(timer);
  }
  function go(): void {
    since = performance.now();
    const end = () => ranOut(new Failure("model.time_limit", { limit: wallTime }));
    timer = setTimeout(end, Math.max(0, limitMs - before));
    timer.unref();
  }
  return {
    workedMs: () => Math.round(workedMs()),
    start(ms, then) {
      before = ms;
      ranOut = then;
      go();
    },
    stop: halt,
    async idle(wait) {
      const running = since !== undefined;
      halt();
      try {
        return await wait();
      } finally {
        if (running) go();
      }
    },
  };
}
