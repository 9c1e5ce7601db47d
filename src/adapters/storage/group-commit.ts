/**
 * Appends, several to a commit: those asked for before anything else is waited for share one transaction and one sync.
 *
 * G1. They are ruled on in the order in which they were asked for, each seeing what those before it wrote.
 * G2. A refused one writes nothing. If writing itself fails, the group is undone and each is tried alone: only those that
 *     cannot be written fail.
 * G3. The first commit of a turn of the event loop is made when nothing is left to do in it, the others each in one of its own: a
 *     burst of them keeps nobody waiting who has something else to hear.
 * G4. Nobody is answered before the commit that holds what they asked for has returned.
 */
import type { Database } from "better-sqlite3";
import type { StoredEvent } from "../../domain/event.ts";
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import type { Appended } from "../../ports/event-log.ts";
import { type Asked, type Past, rule } from "./append-rules.ts";
import type { EventRows } from "./event-rows.ts";
import type { RunList } from "./run-list.ts";
import { type Known, type Span, standings } from "./standings.ts";
import { storageFailure } from "./storage-failure.ts";
import { transactions } from "./transactions.ts";

interface Waiting {
  asked: Asked;
  durable: boolean;
  answer(appended: Appended): void;
  refuse(error: unknown): void;
}

export interface Appends {
  append(asked: Asked, durable: boolean): Promise<Appended>;
  /** Commits what is waiting now; nothing is taken any more. */
  close(): void;
}

/** Bounds how long one commit keeps the event loop: about 10 ms. */
const MAX_GROUP = 256;

interface Parts {
  database: Database;
  file: string;
  events: EventRows;
  list: RunList;
  /** Told of each commit, before those who asked are answered. */
  committed(events: readonly StoredEvent[]): void;
}

export function groupCommit({ database, file, events, list, committed }: Parts): Appends {
  const known = standings(events.known);
  const transaction = transactions(database);
  let queue: Waiting[] = [];
  let closed = false;
  /** In this turn something was committed. */
  let committedNow = false;

  function commit(group: readonly Waiting[]): void {
    const staged = new Map<RunId, Known>();
    const past: Past = {
      ...list,
      beginning: events.beginning,
      standing: (run) => (staged.get(run) ?? known.of(run)).standing,
      written(run, key) {
        const span = staged.get(run)?.keys.get(key) ?? known.of(run).keys.get(key);
        return span && events.ofRun(run, span.from, span.count);
      },
    };
    const written: StoredEvent[] = [];

    function carryOut(asked: Asked): Appended {
      const ruling = rule(asked, past);
      if (ruling.kind !== "write") return ruling;
      const stored = events.insert(asked);
      if (stored.length > 0) {
        list.write(asked.run, ruling.before, ruling.after);
        const keys = staged.get(asked.run)?.keys ?? new Map<string, Span>();
        if (asked.key !== undefined) keys.set(asked.key, { from: asked.expected + 1, count: stored.length });
        staged.set(asked.run, { standing: ruling.after, keys });
        written.push(...stored);
      }
      return { kind: "appended", events: stored };
    }

    const durable = group.some((waiting) => waiting.durable);
    const answers = transaction(durable, () => group.map((waiting) => attempt(waiting, carryOut)));
    for (const [run, changed] of staged) known.keep(run, changed);
    if (written.length > 0) committed(written);
    for (const answer of answers) answer();
  }

  function commitOrRefuse(group: readonly Waiting[]): void {
    try {
      commit(group);
    } catch (error) {
      known.forget();
      const [only] = group;
      if (group.length > 1) for (const waiting of group) commitOrRefuse([waiting]);
      else only?.refuse(storageFailure(error, file));
    }
  }

  function flushSoon(): void {
    if (committedNow) setImmediate(flush);
    else process.nextTick(flush);
  }

  function flush(): void {
    committedNow = true;
    setImmediate(() => {
      committedNow = false;
    });
    const group = queue.slice(0, MAX_GROUP);
    queue = queue.slice(MAX_GROUP);
    if (queue.length > 0) setImmediate(flush);
    if (group.length > 0) commitOrRefuse(group);
  }

  return {
    append: (asked, durable) =>
      new Promise((answer, refuse) => {
        if (closed) return refuse(new Failure("daemon.stopping"));
        if (queue.length === 0) flushSoon();
        queue.push({ asked, durable, answer, refuse });
      }),
    close() {
      closed = true;
      while (queue.length > 0) flush();
    },
  };
}

/** What to tell one who asked, once the commit has returned. A broken rule is an answer too (L5): nothing was written. */
function attempt({ asked, answer, refuse }: Waiting, carryOut: (asked: Asked) => Appended): () => void {
  try {
    const appended = carryOut(asked);
    return () => answer(appended);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return () => refuse(error);
  }
}
