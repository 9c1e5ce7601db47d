/**
 * Accounts of agents in trouble, over all runs: a limit that one session has come to holds the others, until the time that was printed.
 *
 * Nothing of it is kept here: what sessions tell is in their runs' logs, and from there it is taken up again after a restart.
 */
import type { RunEvent } from "../domain/event.ts";
import { delay } from "../domain/recovery.ts";
import type { RunState } from "../domain/run-state.ts";
import type { Verdict } from "../domain/session.ts";
import { LOGIN_LOOK_MS, parkedBecause, TROUBLES, troubleIn } from "../domain/trouble.ts";
import type { Trouble, TroubleSaid } from "../domain/trouble-kind.ts";
import type { Clock } from "../ports/clock.ts";
import type { Waits } from "../ports/spending.ts";
import { parking } from "./parking.ts";

/** A probe that has worked for so long has got through, in milliseconds: the turn itself may take an hour. */
const THROUGH_MS = 20_000;

/** Said with each abort, so that no error is made for it. */
const SETTLED = "settled";

type Parked = TroubleSaid & { account: string; until: number };
type Troubled = Omit<Extract<RunEvent, { type: "session.troubled" }>, "type" | "session">;

export interface Accounts {
  /** Told of every verdict; answers with the trouble that it is, if it is one, and until when. */
  heard(account: string | undefined, session: string, verdict: Verdict, tries: number): Troubled | undefined;
  /** Resolves when the session may be told something, or when the signal aborts. */
  pass(account: string, session: string, call: string, signal: AbortSignal, waiting: Waits): Promise<void>;
  /** Resolves when an agent of the account may be started again. */
  restart(account: string, signal: AbortSignal): Promise<void>;
  gone(session: string): void;
  /** What runs knew of their accounts before a restart of the daemon. */
  takeUp(state: RunState): void;
}

export function accounts({ clock, random }: { clock: Clock; random: () => number }): Accounts {
  const parked = parking(clock);
  const until = new Map<string, number>();
  const probes = new Map<string, { call: string; over: AbortController }>();
  const working = new Set<string>();
  /** Who told of it, and what they have done since: they know first when it is over. */
  const told = new Map<string, { account: string; kind: Trouble; worked: boolean }>();

  function settle(session: string, through: boolean): void {
    const probe = probes.get(session);
    if (!probe) return;
    probes.delete(session);
    parked.ended(probe.call, through);
    probe.over.abort(SETTLED);
  }

  function park(session: string, { account, kind, said, until: end }: Parked): void {
    told.set(session, { account, kind, worked: false });
    until.set(account, Math.max(end, until.get(account) ?? 0));
    parked.park(account, { said: parkedBecause({ kind, said }), until: end });
  }

  /** Somebody has logged in there, or has made it work and it did. */
  function well(session: string, state: Verdict["state"]): void {
    const teller = told.get(session);
    if (teller && state === "working") teller.worked = true;
    if (teller && (teller.kind === "login_required" || (state === "ready" && teller.worked))) {
      told.delete(session);
      until.delete(teller.account);
      parked.free(teller.account);
    }
    if (state === "ready") settle(session, true);
  }

  return {
    heard(account, session, verdict, tries) {
      const trouble = troubleIn(verdict);
      if (verdict.state === "working") working.add(session);
      else working.delete(session);
      if (!trouble) {
        if (verdict.state === "ready" || verdict.state === "working") well(session, verdict.state);
        return undefined;
      }
      if (TROUBLES[trouble.kind].of === "session" || account === undefined) return trouble;
      const again = trouble.kind === "login_required" ? LOGIN_LOOK_MS : delay("backoff", tries, random());
      const end = verdict.until ?? clock.now() + again;
      park(session, { ...trouble, account, until: end });
      settle(session, false);
      return { ...trouble, account, until: end };
    },
    async pass(account, session, call, signal, waiting) {
      settle(session, false);
      // It stays the probe when its step is over: what becomes of the turn says whether it got through.
      const over = new AbortController();
      const give = (): void => over.abort();
      signal.addEventListener("abort", give, { once: true });
      await parked.pass(account, call, over.signal, waiting);
      signal.removeEventListener("abort", give);
      if (over.signal.aborted) return;
      probes.set(session, { call, over });
      void clock.sleep(THROUGH_MS, over.signal).then(() => {
        if (!over.signal.aborted && working.has(session)) settle(session, true);
      });
    },
    restart: async (account, signal) => {
      const left = (until.get(account) ?? 0) - clock.now();
      if (left > 0) await clock.sleep(left, signal);
    },
    gone: (session) => {
      working.delete(session);
      told.delete(session);
      settle(session, false);
    },
    takeUp: (state) => {
      for (const { session, trouble } of Object.values(state.sessions)) {
        const { account, until: end = 0 } = trouble ?? {};
        if (trouble && account !== undefined && end > clock.now()) park(session, { ...trouble, account, until: end });
      }
    },
  };
}
