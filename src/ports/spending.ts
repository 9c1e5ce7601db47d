/**
 * Spending: what an agent that calls models asks before each call, and says after it.
 *
 * S1. A call is made only when `ask` has answered `granted`. Asked again under its id, the answer is the same.
 * S2. `ask` waits as long as an account is parked (limit, outage) or a person has to answer; `waiting` is told why.
 *     A call that is asked for again after it was settled is another one, and is paid for again.
 * S3. Each granted call is settled once, as it ended; after a crash by whoever finds it open.
 * S4. What a person or a limit says no to has failed its phase when `ask` answers `refused`: the agent need only stop.
 */
import type { FailureRecord } from "../domain/failure.ts";
import type { Usage } from "../domain/usage.ts";

export interface CallRequest {
  /** The call's id, unique for ever. */
  call: string;
  run: string;
  session: string;
  persona: string;
  phase?: string;
  /** The provider's address and the name of the key: what shares a limit or an outage. */
  account: string;
  model: string;
  /** At least as many as the call will have. */
  inputTokens: number;
  maxOutputTokens: number;
  /** The provider takes no money. */
  free?: boolean;
}

export type Waiting = { for: "account"; said: string; until?: number } | { for: "budget"; said: string };

export type Grant = { kind: "granted" } | { kind: "refused"; failure: FailureRecord };

export type CallEnd =
  | { kind: "used"; usage: Usage; served?: string; provider?: string; generation?: string }
  /** Nothing was sent, or the provider has refused it before it began. */
  | { kind: "unused" }
  /** It was cut off: what it used has to be asked for, or taken at its worst. */
  | { kind: "unknown"; generation?: string };

export type Waits = (why: Waiting) => void;

export interface Spending {
  ask(request: CallRequest, signal: AbortSignal, waiting: Waits): Promise<Grant>;
  /** The provider's own id of a call that is under way: should nobody be there when it ends, it is asked for. */
  sent(call: string, generation: string): void;
  /** Answers with the usage as it was booked, its cost included. */
  settle(call: string, end: CallEnd): Promise<Usage | undefined>;
  /** The account is in trouble: nobody calls until then (milliseconds since 1970), or until a probe has got through. */
  park(account: string, why: { said: string; until: number }): void;
}

/** What a provider says of a call that was cut off; `undefined` when it does not know it (yet). */
export type GenerationCost = (
  account: string,
  generation: string,
) => Promise<{ usage: Usage; served?: string; provider?: string } | undefined>;
