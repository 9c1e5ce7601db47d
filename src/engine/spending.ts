/**
 * Spending: each call of a model is reserved at its worst before it is made, and booked as it was after it.
 *
 * Whether a limit may be passed is the ledger's and the run's to say; here is only who waits, and who is told what.
 */
import { dayOf } from "../domain/budget.ts";
import { Failure, failureRecord } from "../domain/failure.ts";
import { SessionId } from "../domain/ids.ts";
import type { Usage } from "../domain/usage.ts";
import type { OpenReservation } from "../ports/ledger.ts";
import type { CallRequest, Grant, Spending, Waits } from "../ports/spending.ts";
import { HINDERED_AGAIN_MS, isHindrance } from "./hindrance.ts";
import { parking } from "./parking.ts";
import { type Answer, type Party, type ReservingDeps, reserving } from "./reserving.ts";
import { cutOff, priced, type SettlingDeps } from "./settling.ts";
import { wakeable } from "./wakeable.ts";

export type SpendingDeps = ReservingDeps & SettlingDeps;

/** Who reports that it has used something. */
export interface Reporter {
  run: string;
  session: string;
  persona: string;
  phase?: string;
  model: string;
}

export interface EngineSpending extends Spending {
  /** Resolves when work may begin whose calls nobody asks for beforehand; `false`: not at all, and its phase has failed for that. */
  begin(by: Party, signal: AbortSignal): Promise<boolean>;
  /** Whether it may as things stand; nobody is told. */
  beginsNow(by: Party): boolean;
  /** What an agent reports by itself: booked once by its number; answers with what it came to. */
  report(by: Reporter, nth: number, usage: Usage): Usage;
  /** Limits or runs have changed: whoever waits for a budget asks again. */
  reconsider(): void;
  /** Settles what is open of sessions that live no more: all of an earlier daemon's, or those of one that has ended. */
  settleLeft(gone: (session: string) => boolean): Promise<void>;
}

/** Why a wait is given up. Without a reason an error is made for each, with its stack, which nobody reads. */
const OVER = "over";

const GIVEN_UP: Grant = { kind: "refused", failure: failureRecord(new Failure("budget.call_given_up")) };

/** Where there is no room for a reservation the call waits for it: that is no answer to whoever asks. */
function hindered(error: unknown): Answer {
  if (!isHindrance(error)) throw error;
  return { kind: "waits", said: error.message, againMs: HINDERED_AGAIN_MS };
}

export function spending(deps: SpendingDeps): EngineSpending {
  const { ledger, clock, journal } = deps;
  const { reserve, begin, beginsNow, learn } = reserving(deps);
  const accounts = parking(clock);
  const waiting = new Set<() => void>();
  /** Entries that are being settled: the same call made again is another one. */
  const settling = new Set<string>();

  /** The entry that a call has, or will have: settled before, it is made and paid for again. */
  function entryOf(call: string): string {
    for (let nth = 1; ; nth++) {
      const entry = nth === 1 ? call : `${call}/${nth}`;
      if (!settling.has(entry) && ledger.find(entry)?.kind !== "booked") return entry;
    }
  }

  async function ask(request: CallRequest, signal: AbortSignal, tell: Waits): Promise<Grant> {
    const { account, call } = request;
    return patiently(
      async (waited) => {
        await accounts.pass(account, call, signal, tell);
        const now = signal.aborted ? GIVEN_UP : await reserve(entryOf(call), request, waited).catch(hindered);
        if (now.kind !== "granted") accounts.ended(call, false);
        return now;
      },
      signal,
      (said) => tell({ for: "budget", said }),
    );
  }

  /** Tries, and as long as the answer is to wait, again whenever something has changed. */
  async function patiently(
    attempt: (waited: boolean) => Promise<Answer>,
    signal: AbortSignal,
    tell: (said: string) => void,
  ): Promise<Grant> {
    const over = new AbortController();
    const wake = wakeable(clock, AbortSignal.any([signal, over.signal]));
    waiting.add(wake.ring); // before it is known that it has to wait: no change is missed
    let said = "";
    try {
      while (!signal.aborted) {
        const answer = await attempt(said !== "");
        if (answer.kind !== "waits") return answer;
        if (answer.said !== said) tell(answer.said);
        said = answer.said;
        await wake.next(answer.againMs ?? Number.POSITIVE_INFINITY);
      }
      return GIVEN_UP;
    } finally {
      over.abort(OVER);
      waiting.delete(wake.ring);
    }
  }

  return {
    ask,
    begin: async (by, signal) => {
      const answer = await patiently(
        (waited) => begin(by, waited),
        signal,
        () => {},
      );
      return answer.kind === "granted";
    },
    beginsNow,
    park: accounts.park,
    sent: (call, generation) => ledger.note(entryOf(call), generation),
    async settle(call, end) {
      const entry = entryOf(call);
      const found = ledger.find(entry);
      accounts.ended(call, end.kind === "used");
      if (found?.kind !== "open") return undefined;
      const { reservation } = found;
      if (end.kind === "unused") ledger.release(entry);
      else if (end.kind === "used") ledger.book(entry, priced(end, reservation, deps));
      else await settleCutOff(reservation, end.generation);
      reconsider();
      return booked(entry);
    },
    report({ run, session, persona, phase, model }, nth, usage) {
      const at = clock.now();
      const entry = `${session}/${nth}`;
      const spender = { run, session, persona, model, at, day: dayOf(at), ...(phase !== undefined && { phase }) };
      const write = (): void => ledger.report(entry, spender, priced({ usage }, spender, deps));
      const failed = (error: unknown): void =>
        journal.error("a report of usage could not be booked", { run, session, error: String(error) });
      try {
        write();
      } catch (error) {
        // The agent cannot be told to say it again, and its run shall know of it all the same.
        failed(error);
        if (isHindrance(error)) void withRoom(write).catch(failed);
        return usage;
      }
      return booked(entry) ?? usage;
    },
    reconsider,
    async settleLeft(gone) {
      const left = ledger.open().filter(({ call, session }) => gone(session) && !settling.has(call));
      await Promise.all(
        left.map(async (reservation) => {
          const { call, run, session, phase } = reservation;
          await settleCutOff(reservation, undefined);
          const usage = booked(call);
          const about = { session: SessionId.parse(session), ...(phase !== undefined && { phase }) };
          if (usage) await learn(run, { kind: "settled", ...about, usage });
        }),
      );
      reconsider();
    },
  };

  /** What is not in the ledger for want of room is written as soon as there is some; until then its entry is being settled. */
  async function withRoom(write: () => void): Promise<void> {
    for (;;) {
      try {
        return write();
      } catch (error) {
        if (!isHindrance(error)) throw error;
      }
      await clock.sleep(HINDERED_AGAIN_MS);
    }
  }

  async function settleCutOff(reservation: OpenReservation, generation: string | undefined): Promise<void> {
    const { call } = reservation;
    settling.add(call);
    try {
      const booking = await cutOff(reservation, generation, deps);
      await withRoom(() => ledger.book(call, booking));
    } finally {
      settling.delete(call);
    }
  }

  function booked(entry: string): Usage | undefined {
    const found = ledger.find(entry);
    return found?.kind === "booked" ? found.usage : undefined;
  }

  function reconsider(): void {
    for (const ring of waiting) ring();
  }
}
