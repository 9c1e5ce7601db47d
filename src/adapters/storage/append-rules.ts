/**
 * What an append comes to, before anything is written: the rules L1, L2 and L5 of the port, for every event log alike.
 *
 * A ruling is complete: what it lets through breaks no rule, so that a log need not undo half an append.
 */
import { RunEvent, type RunStarted, type StoredEvent } from "../../domain/event.ts";
import { Failure } from "../../domain/failure.ts";
import { fits } from "../../domain/fits.ts";
import type { RunId } from "../../domain/ids.ts";
import { advance, isActive, isBeside, type Standing } from "../../domain/run-row.ts";

export interface Asked {
  run: RunId;
  expected: number;
  events: readonly RunEvent[];
  key: string | undefined;
  at: number;
}

/** What has to be known of the log to rule on an append. */
export interface Past {
  standing(run: RunId): Standing;
  /** What this run's append with that key wrote. */
  written(run: RunId, key: string): readonly StoredEvent[] | undefined;
  /** What this run's first append wrote. */
  beginning(run: RunId): readonly StoredEvent[];
  runByKey(key: string): { run: RunId; requestHash: string | undefined } | undefined;
  activeRun(repo: string, base: string): RunId | undefined;
}

export type Ruling =
  | { kind: "write"; before: Standing; after: Standing }
  | { kind: "already"; events: readonly StoredEvent[] }
  | { kind: "conflict"; position: number };

export function rule({ run, expected, events, key, at }: Asked, past: Past): Ruling {
  const repeated = key === undefined ? undefined : past.written(run, key);
  if (repeated) return { kind: "already", events: repeated };
  const before = past.standing(run);
  if (before.position !== expected) return { kind: "conflict", position: before.position };
  for (const event of events) {
    refuseUnreadable(event);
    const other = event.type === "run.started" ? sameRequest(run, event, past) : undefined;
    if (other) return { kind: "already", events: other };
  }
  const after = events.reduce((standing, event) => advance(standing, event, at), before);
  // Not only a start takes the place: a failed run that is resumed takes it again.
  if (isActive(after) && !isActive(before) && !isBeside(after)) refuseSecond(run, after, past);
  return { kind: "write", before, after };
}

/** Better no event than one that the schema will not let in again: with it, nothing of its run could be read. */
function refuseUnreadable(event: RunEvent): void {
  if (fits(RunEvent, event)) return;
  const parsed = RunEvent.safeParse(event);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  const where = [event.type, ...(issue?.path ?? [])].join(".");
  throw new Failure("internal", { problem: `an event cannot be stored: ${where}: ${issue?.message ?? ""}` });
}

function sameRequest(run: RunId, started: RunStarted, past: Past): readonly StoredEvent[] | undefined {
  const key = started.idempotencyKey;
  const other = key === undefined ? undefined : past.runByKey(key);
  if (key === undefined || !other || other.run === run) return undefined;
  if (other.requestHash !== started.requestHash) {
    throw new Failure("run.idempotency_conflict", { key, run: other.run });
  }
  return past.beginning(other.run);
}

function refuseSecond(run: RunId, { state }: Standing, past: Past): void {
  const { repo = "", base = "" } = state.started ?? {};
  const holder = past.activeRun(repo, base);
  if (holder !== undefined && holder !== run) throw new Failure("run.already_active", { repo, base, run: holder });
}
