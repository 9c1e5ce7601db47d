/**
 * The calls of one model agent between its process and the ledger: asked for, granted, settled, and told in order.
 *
 * L1. What is settled is booked before it is confirmed, and confirmed before the call is told of; a full disk only delays it.
 * L2. A call that is told of has the usage that was booked for it.
 */
import { Failure, failureRecord } from "../../domain/failure.ts";
import type { Did } from "../../domain/model-call.ts";
import type { Usage } from "../../domain/usage.ts";
import type { AgentNews } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CallEnd, CallRequest, Grant, Spending, Waiting } from "../../ports/spending.ts";
import type { FromChild, ToChild } from "./session-protocol.ts";

type Said<T extends FromChild["t"]> = Extract<FromChild, { t: T }>;

export interface CallsDeps {
  spending: Spending;
  clock: Clock;
  /** What every call of this session has in common. */
  about: Pick<CallRequest, "run" | "session" | "persona" | "account" | "free">;
  send(message: ToChild): void;
  tell(news: AgentNews): void;
  /** A call waits for something else than before. */
  changed(): void;
  /** Something that only a reader of the daemon's log can make use of. */
  trouble(problem: string): void;
  /** Aborts when the session is over: nothing is tried again then. */
  signal: AbortSignal;
}

export interface SessionCalls {
  ask(message: Said<"ask">): void;
  settle(message: Said<"settle">): void;
  /** False when it was told before. */
  did(message: Said<"did">): boolean;
  /** Does this after everything that was said before it. */
  inOrder(what: () => void): void;
  /** Why calls are waited for, if they are: a person before an account. */
  waiting(): Waiting | undefined;
  /** The process has ended: nobody waits for answers any more. */
  dropped(): void;
  /** Nobody will tell any more how the calls that were granted have ended. */
  abandoned(): Promise<void>;
}

/** What could not be booked is tried again after this. */
const BOOK_AGAIN_MS = 5_000;

export function sessionCalls(deps: CallsDeps): SessionCalls {
  const { spending, clock, about, send, tell, changed, trouble, signal } = deps;
  const asking = new Map<string, { controller: AbortController; answer: Promise<void>; waiting?: Waiting }>();
  const granted = new Set<string>();
  const booked = new Map<string, Usage>();
  let told = 0;
  /** One thing after the other, in the order in which the process said it. Never rejects. */
  let books: Promise<void> = Promise.resolve();

  async function granting(request: CallRequest, dropped: AbortSignal): Promise<void> {
    const { call } = request;
    const waiting = (why: Waiting): void => {
      const here = asking.get(call);
      if (here) here.waiting = why;
      changed();
    };
    const grant = await spending.ask(request, dropped, waiting).catch(refusedBy);
    asking.delete(call);
    if (grant.kind === "granted") granted.add(call);
    changed();
    if (!dropped.aborted) send({ t: "grant", call, grant });
  }

  async function book(call: string, end: CallEnd): Promise<void> {
    const here = asking.get(call);
    here?.controller.abort(); // it is no longer wanted
    await here?.answer;
    while (!(await tryToBook(call, end))) {
      if (signal.aborted) return;
      await clock.sleep(BOOK_AGAIN_MS, signal);
    }
    granted.delete(call);
    send({ t: "settled", call });
  }

  /** False when there is no room for it now (L1). */
  async function tryToBook(call: string, end: CallEnd): Promise<boolean> {
    try {
      const usage = await spending.settle(call, end);
      if (usage) booked.set(call, usage);
      return true;
    } catch (error) {
      if (error instanceof Failure && error.waits) return false;
      trouble(`the call ${call} could not be booked: ${String(error)}`);
      return true;
    }
  }

  /** L2 */
  function asBooked(did: Did): Did {
    if (did.type !== "model.called") return did;
    const usage = booked.get(did.call);
    booked.delete(did.call);
    return usage ? { ...did, usage } : did;
  }

  return {
    ask: ({ call, model, phase, inputTokens, maxOutputTokens }) => {
      if (asking.has(call)) return;
      const controller = new AbortController();
      const request = { ...about, call, model, inputTokens, maxOutputTokens, ...(phase ? { phase } : {}) };
      // After this turn of the event loop, so that whatever the ledger answers at once finds the call here.
      const answer = Promise.resolve().then(() => granting(request, controller.signal));
      asking.set(call, { controller, answer });
    },
    settle: ({ call, end }) => {
      books = books.then(() => book(call, asEnd(end, about.free ?? false)));
    },
    did: ({ nth, did }) => {
      if (nth <= told) return false;
      told = nth;
      books = books.then(() => tell({ kind: "did", nth, did: asBooked(did) }));
      return true;
    },
    inOrder: (what) => {
      books = books.then(what);
    },
    waiting: () => {
      const all = [...asking.values()].flatMap(({ waiting }) => waiting ?? []);
      return all.find((one) => one.for === "budget") ?? all[0];
    },
    dropped: () => {
      for (const { controller } of asking.values()) controller.abort();
    },
    abandoned: async () => {
      await Promise.all([...asking.values()].map(({ answer }) => answer));
      for (const call of granted) books = books.then(() => book(call, { kind: "unknown" }));
      await books;
    },
  };
}

const refusedBy = (error: unknown): Grant => ({
  kind: "refused",
  failure: failureRecord(
    error instanceof Failure ? error : new Failure("internal", { problem: String(error) }, { cause: error }),
  ),
});

/** Whoever serves for nothing does not say so with each answer. */
const forNothing = (usage: Usage): Usage => ({ ...usage, costUsd: usage.costUsd ?? "0" });

/** As it came, without what is absent. */
function asEnd(end: Said<"settle">["end"], free: boolean): CallEnd {
  const { kind } = end;
  if (kind === "unused") return { kind };
  const generation = end.generation === undefined ? {} : { generation: end.generation };
  if (kind === "unknown") return { kind, ...generation };
  return {
    kind,
    usage: free ? forNothing(end.usage) : end.usage,
    ...(end.served !== undefined && { served: end.served }),
    ...(end.provider !== undefined && { provider: end.provider }),
    ...generation,
  };
}
