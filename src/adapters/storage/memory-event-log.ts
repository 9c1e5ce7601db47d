/** The event log in memory, for tests and simulations: the same rules and the same following, nothing on a disk. */
import type { StoredEvent } from "../../domain/event.ts";
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import { isActive, isBeside, type RunRow, rowOf, type Standing, unknown } from "../../domain/run-row.ts";
import { isTidy } from "../../domain/run-state.ts";
import type { Appended, EventLog } from "../../ports/event-log.ts";
import { type Asked, type Past, rule } from "./append-rules.ts";
import { followers, type Place } from "./follow.ts";
import type { Span } from "./standings.ts";

interface Run {
  standing: Standing;
  events: StoredEvent[];
  /** First position and number of events of each append, by key. */
  keys: Map<string, Span>;
  beginning: number;
}

/**
 * Events are kept as a disk keeps them: nobody sees what JSON does not carry, or changes what was appended. What is frozen came
 * from here before.
 */
function written<T>(value: T): T {
  if (typeof value === "number" && !Number.isFinite(value)) return null as T;
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((one) => written(one ?? null))) as T;
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const one: unknown = (value as Record<string, unknown>)[name];
    if (one !== undefined) kept[name] = written(one);
  }
  return Object.freeze(kept) as T;
}

export function memoryEventLog(): EventLog {
  const log: StoredEvent[] = [];
  const byId = new Map<RunId, Run>();
  let closed = false;

  const eventsOf = (run: RunId, from: number, count?: number): StoredEvent[] =>
    (byId.get(run)?.events ?? []).slice(from - 1, count === undefined ? undefined : from - 1 + count);
  const started = (): [RunId, Run][] =>
    [...byId].filter(([, { standing }]) => standing.state.started && !standing.state.deleted);
  const oldestFirst = ([one]: [RunId, Run], [other]: [RunId, Run]): number => (one < other ? -1 : 1);
  const rows = (): RunRow[] =>
    started()
      .sort(oldestFirst)
      .reverse()
      .flatMap(([id, { standing }]) => rowOf(id, standing) ?? []);

  const past: Past = {
    standing: (run) => byId.get(run)?.standing ?? unknown,
    written(run, key) {
      const found = byId.get(run)?.keys.get(key);
      return found && eventsOf(run, found.from, found.count);
    },
    beginning: (run) => eventsOf(run, 1, byId.get(run)?.beginning ?? 0),
    runByKey(key) {
      const found = started().find(([, { standing }]) => standing.state.started?.idempotencyKey === key);
      return found && { run: found[0], requestHash: found[1].standing.state.started?.requestHash };
    },
    activeRun: (repo, base) =>
      started().find(([, { standing }]) => {
        const run = standing.state.started;
        return isActive(standing) && !isBeside(standing) && run?.repo === repo && run.base === base;
      })?.[0],
  };

  function write({ run, expected, events, key, at }: Asked, after: Standing): StoredEvent[] {
    if (events.length === 0) return [];
    const into: Run = byId.get(run) ?? { standing: unknown, events: [], keys: new Map(), beginning: events.length };
    const kept = events.map((event, index): StoredEvent => {
      const position = expected + 1 + index;
      return Object.freeze({ cursor: log.length + 1 + index, run, position, at, event });
    });
    if (key !== undefined) into.keys.set(key, { from: expected + 1, count: kept.length });
    log.push(...kept);
    into.events.push(...kept);
    byId.set(run, Object.assign(into, { standing: after }));
    return kept;
  }

  const page = ({ cursor, position }: Place, limit: number, run?: RunId): StoredEvent[] => {
    if (run === undefined) return log.slice(cursor, cursor + limit);
    const mine = (byId.get(run)?.events ?? []).slice(position).filter((event) => event.cursor > cursor);
    return mine.slice(0, limit);
  };
  const follows = followers(page);

  return {
    async append(run, expected, events, { key, at }): Promise<Appended> {
      if (closed) throw new Failure("daemon.stopping");
      const asked: Asked = { run, expected, events: events.map(written), key, at };
      const ruling = rule(asked, past);
      if (ruling.kind !== "write") return ruling;
      const stored = write(asked, ruling.after);
      follows.tell(stored);
      return { kind: "appended", events: stored };
    },
    read: (run, from = 1) => eventsOf(run, from),
    follow: follows.follow,
    head: () => log.length,
    runs: ({ limit, before, active, status }) =>
      rows()
        .filter((row) => before === undefined || row.id < before)
        .filter((row) => active === undefined || (row.endedAt === undefined) === active)
        .filter((row) => status === undefined || row.status === status)
        .slice(0, limit),
    run: (id) => rowOf(id, past.standing(id)),
    resolve: (part, limit) => {
      const typed = part.toUpperCase();
      const matching = rows().filter(({ id }) => typed !== "" && (id.startsWith(typed) || id.endsWith(typed)));
      return matching.slice(0, limit).map(({ id }) => id);
    },
    runByKey: past.runByKey,
    activeRun: past.activeRun,
    unfinished: () =>
      started()
        .filter(([, { standing }]) => !isTidy(standing.state))
        .sort(oldestFirst)
        .map(([id]) => id),
    close() {
      closed = true;
      follows.close();
    },
  };
}
