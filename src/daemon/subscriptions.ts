/**
 * Who follows the log over the socket.
 *
 * U1. A subscription gives the events after its cursor in order, each once: it is the log's own `follow`.
 * U2. A follower that does not read makes its subscription wait, and after `SLOW_MS` ends it with the cursor to go on from;
 *     nothing is kept in memory for it, and no other follower waits.
 * U3. Who follows one run and wants to hear its agents gets what they say while they say it, unless it does not read.
 */
import { Failure } from "../domain/failure.ts";
import type { RunId } from "../domain/ids.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";
import type { Connection } from "./connection.ts";
import type { Voices } from "./voices.ts";

/** A terminal that somebody has stopped with Ctrl-S may take this long to go on. */
const SLOW_MS = 30_000;

export interface Subscriptions {
  open(connection: Connection, from: From): Subscribed;
  /** Ends one of this connection's subscriptions; nothing happens when it is not its own. */
  close(connection: Connection, subscription: number): void;
  /** Ends all of them, telling each why and where to go on. */
  closeAll(reason: string): Promise<void>;
}

interface From {
  cursor?: number | undefined;
  run?: string | undefined;
  /** What the run's agents say is to be heard as well. */
  saying?: boolean | undefined;
}

interface Subscribed {
  subscription: number;
  cursor: number;
}

interface Follower {
  gone: AbortSignal;
  stop: AbortController;
  done: Promise<void>;
}

export function subscriptions({
  log,
  journal,
  voices,
  slowMs = SLOW_MS,
}: {
  log: Pick<EventLog, "follow" | "head" | "resolve">;
  journal: Journal;
  voices: Pick<Voices, "listen">;
  slowMs?: number;
}): Subscriptions {
  const followers = new Map<number, Follower>();
  let last = 0;

  const pump = async (
    connection: Connection,
    subscription: number,
    from: number,
    run: RunId | undefined,
    stop: AbortSignal,
  ) => {
    let cursor = from;
    let reason: string | undefined;
    try {
      for await (const event of log.follow(from, stop, run)) {
        if (stop.aborted) break;
        connection.notify("events.event", { subscription, event });
        cursor = event.cursor;
        if (await connection.roomToSend(slowMs, stop)) continue;
        reason = "the follower does not read";
        break;
      }
    } catch (error) {
      journal.error("a subscription broke", {
        subscription,
        error: error instanceof Error ? error.stack : String(error),
      });
      reason = "the log could not be read";
    }
    followers.delete(subscription);
    const said: unknown = stop.aborted ? stop.reason : reason;
    if (typeof said === "string") connection.notify("events.closed", { subscription, cursor, reason: said });
  };

  return {
    open(connection, { cursor, run, saying = false }) {
      const only = run === undefined ? undefined : oneRun(log.resolve(run, 2), run);
      const from = cursor ?? log.head();
      const subscription = ++last;
      const stop = new AbortController();
      if (connection.gone.aborted) stop.abort();
      connection.gone.addEventListener("abort", () => stop.abort(), { signal: stop.signal });
      const follower: Follower = { gone: connection.gone, stop, done: Promise.resolve() };
      followers.set(subscription, follower);
      connection.afterAnswer(() => {
        const deaf =
          only && saying
            ? voices.listen(only, (heard) => {
                if (connection.hasRoom()) connection.notify("session.saying", { subscription, ...heard });
              })
            : () => {};
        follower.done = pump(connection, subscription, from, only, stop.signal).finally(deaf);
      });
      return { subscription, cursor: from };
    },
    close(connection, subscription) {
      const follower = followers.get(subscription);
      if (follower?.gone === connection.gone) follower.stop.abort();
    },
    async closeAll(reason) {
      const all = [...followers.values()];
      for (const { stop } of all) stop.abort(reason);
      await Promise.all(all.map(({ done }) => done));
    },
  };
}

function oneRun(found: readonly RunId[], run: string): RunId {
  const [only, another] = found;
  if (only === undefined) throw new Failure("run.not_found", { run });
  if (another !== undefined) throw new Failure("run.ambiguous", { run, count: "several" });
  return only;
}
