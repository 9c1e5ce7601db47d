/** What an error of a provider means: try again, and when; or the end of the turn, by name. */
import type { FailureRecord } from "../../../domain/failure.ts";
import { Failure, failureRecord } from "../../../domain/failure.ts";
import type { Start } from "../session-protocol.ts";

export type Meaning =
  /** `waitMs`: as long as the provider asks for. `limited`: it is our share that is used up, not the provider that is broken. */
  { kind: "again"; said: string; waitMs?: number; limited: boolean } | { kind: "fails"; failure: FailureRecord };

export interface HttpError {
  status: number;
  said: string;
  limitSource?: string;
  headers: Readonly<Record<string, string>>;
}

/** Errors besides 5xx that pass by themselves: the request took too long, came too early, or came too often. */
const PASSING: readonly number[] = [408, 425, 429];

/** A 402 that only says that too much is under way at once. */
const IN_FLIGHT = "openrouter_in_flight_budget";

export function meaningOf({ status, said, limitSource, headers }: HttpError, start: Start, now: number): Meaning {
  const { account, model } = start;
  const fails = (failure: Failure): Meaning => ({ kind: "fails", failure: failureRecord(failure) });
  const limited = status === 429 || limitSource === IN_FLIGHT;
  if (limited || PASSING.includes(status) || status >= 500) {
    const waitMs = retryAfter(headers, now);
    return { kind: "again", said: `HTTP ${status}: ${said}`, limited, ...(waitMs !== undefined && { waitMs }) };
  }
  if (status === 402) return fails(new Failure("model.payment_required", { account, problem: said }));
  if (status === 401 || status === 403) {
    return fails(new Failure("model.key_refused", { account, status, problem: said }));
  }
  return fails(new Failure("model.request_refused", { account, model, status, problem: said }));
}

/** Seconds or a date; `undefined` when the provider does not say, or says what cannot be read. */
function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const said = headers["retry-after"]?.trim();
  if (said === undefined || said === "") return undefined;
  const seconds = Number(said);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(said) - now;
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : undefined;
}

/** The wait before the try after `tries`: doubled each time, half of it by chance, so that sessions do not come back together. */
export function backoff(tries: number, { firstMs, longestMs }: Start["patience"], chance: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** (tries - 1));
  return Math.round(full / 2 + (full / 2) * chance);
}
