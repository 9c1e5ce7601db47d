/**
 * The log: every run's events, in one order, for ever; and the lists that people look at, kept in step with it.
 *
 * L1. `append` is all or nothing. It answers `conflict` when the run has moved past `expected`, and writes nothing.
 *     An event that its own schema does not allow is refused: it could not be read again.
 * L2. A key that this run has taken before makes `append` a no-op that answers with what was written then.
 *     An append without events writes nothing and takes no key.
 * L3. `follow` gives each event after the cursor exactly once, in cursor order, also those appended while it starts.
 * L4. Lists (`runs`, `run`) are updated in the transaction of the append that changes them.
 * L5. At most one run that has not ended exists for a (repository, base): a second `run.started` throws `run.already_active`;
 *     an idempotency key used before with another request throws `run.idempotency_conflict`. Used before with the same
 *     request, it answers `already` with the events that started the other run: their `run` is the one to go on with.
 * L6. What `append` has answered survives `kill -9`; with `durable` it survives a power failure too.
 */
import type { RunEvent, StoredEvent } from "../domain/event.ts";
import type { RunId } from "../domain/ids.ts";
import type { RunRow } from "../domain/run-row.ts";
import type { RunStatus } from "../domain/run-state.ts";

export type { RunRow };

export type Appended =
  | { kind: "appended" | "already"; events: readonly StoredEvent[] }
  | { kind: "conflict"; position: number };

export interface EventLog {
  append(
    run: RunId,
    expected: number,
    events: readonly RunEvent[],
    options: { key?: string; durable?: boolean; at: number },
  ): Promise<Appended>;
  /** A run's events from a position on (1 is the first); empty for an unknown run. */
  read(run: RunId, from?: number): readonly StoredEvent[];
  /** Events of all runs (or one) after `cursor`, then those to come, until `signal` aborts. */
  follow(cursor: number, signal: AbortSignal, run?: RunId): AsyncIterable<StoredEvent>;
  /** The cursor of the newest event; 0 when there is none. */
  head(): number;
  /** Newest first. `active` = not ended. */
  runs(query: { limit: number; before?: RunId; active?: boolean; status?: RunStatus }): readonly RunRow[];
  run(id: RunId): RunRow | undefined;
  /** Ids that start or end with what a person typed; at most `limit`. */
  resolve(part: string, limit: number): readonly RunId[];
  /** The run that was started with this idempotency key. */
  runByKey(key: string): { run: RunId; requestHash: string | undefined } | undefined;
  activeRun(repo: string, base: string): RunId | undefined;
  /** Runs with something left to do, oldest first: not ended, or ended without a report or with a session open. */
  unfinished(): readonly RunId[];
  close(): void;
}
