/**
 * The client: typed requests to the daemon, and events that go on across its restarts. Without packages.
 *
 * C1. A request is sent at most once: when the connection ends before the answer, the caller is told, never the daemon again.
 * C2. `follow` gives each event once, in order, also when the daemon goes away and comes back in between.
 */
import type { StoredEvent } from "../domain/event.ts";
import { Failure } from "../domain/failure.ts";
import type { Notices } from "../protocol/event-methods.ts";
import { openLink } from "../protocol/link.ts";
import type { MethodName, ParamsIn, Result } from "../protocol/methods.ts";

/** Longer than anything the daemon does before it answers; a stopped or hanging daemon is told apart from a slow one. */
const ANSWER_MS = 120_000;
/** How long `follow` waits for a daemon that went away: a restart drains for 30 s at most. */
const PATIENCE_MS = 60_000;
const RETRY_MS = { first: 20, most: 500 };
/** Events that wait for a slow reader before the daemon is made to wait. */
const BUFFERED_EVENTS = 1_000;

interface FollowOptions {
  run?: string;
  /** Hears what the run's agents say while they say it, among the events in the order in which they come. */
  onSaying?: (saying: Notices["session.saying"]) => void;
  signal?: AbortSignal;
  patienceMs?: number;
  /** Told when the daemon has gone away, and when it is back. */
  onAway?: (away: boolean) => void;
}

export interface Client {
  readonly socket: string;
  call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>>;
  /** Events after `cursor` (of one run, if given), then those to come, until `signal` aborts. Without a cursor: from now on. */
  follow(cursor: number | undefined, options?: FollowOptions): AsyncIterable<StoredEvent>;
  close(): void;
}

/** Connects to the daemon at this socket, or throws `daemon.unreachable`. */
export async function connect(socket: string, { answerMs = ANSWER_MS }: { answerMs?: number } = {}): Promise<Client> {
  let link = await openLink(socket);
  return {
    socket,
    async call(method, params) {
      if (!link.open()) link = await openLink(socket);
      return link.call(method, params, answerMs);
    },
    follow: (cursor, options = {}) => follow(socket, cursor, options),
    close: () => link.close(),
  };
}

async function* follow(
  socket: string,
  from: number | undefined,
  { run, signal, patienceMs = PATIENCE_MS, onAway, onSaying }: FollowOptions,
): AsyncGenerator<StoredEvent, void, undefined> {
  let cursor = from;
  let lostAt: number | undefined;
  let pause = RETRY_MS.first;
  while (!signal?.aborted) {
    try {
      for await (const seen of oneConnection(socket, cursor, { run, signal, saying: onSaying !== undefined })) {
        if (lostAt !== undefined) onAway?.(false);
        lostAt = undefined;
        pause = RETRY_MS.first;
        if (typeof seen === "number") cursor ??= seen;
        else if ("message" in seen) onSaying?.(seen);
        else if (seen.cursor > (cursor ?? 0)) {
          cursor = seen.cursor;
          yield seen;
        }
      }
    } catch (error) {
      if (!(error instanceof Failure && error.code === "daemon.unreachable")) throw error;
      if (lostAt === undefined) onAway?.(true);
      lostAt ??= Date.now();
      if (Date.now() - lostAt > patienceMs) throw error;
    }
    if (signal?.aborted) return;
    await wait(pause, signal);
    pause = Math.min(pause * 2, RETRY_MS.most);
  }
}

type Seen = StoredEvent | Notices["session.saying"] | number;

/** What one connection gives until it ends: first the cursor that it starts from, then the events. */
async function* oneConnection(
  socket: string,
  cursor: number | undefined,
  { run, signal, saying }: { run: string | undefined; signal: AbortSignal | undefined; saying: boolean },
): AsyncGenerator<Seen, void, undefined> {
  const queue: Exclude<Seen, number>[] = [];
  let over = false;
  let wake = () => {};
  const link = await openLink(socket, {
    onNotice(method, params) {
      if (method === "events.event" || method === "session.saying") {
        queue.push(
          method === "events.event" ? (params as Notices["events.event"]).event : (params as Notices["session.saying"]),
        );
        if (queue.length === BUFFERED_EVENTS) link.pause();
      } else if (method === "events.closed") over = true;
      wake();
    },
  });
  const stop = () => {
    over = true;
    wake();
  };
  void link.ended.then(stop);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop(); // while it connected
  try {
    const started = await link.call(
      "events.subscribe",
      { ...(cursor !== undefined && { cursor }), ...(run !== undefined && { run }), ...(saying && { saying }) },
      ANSWER_MS,
    );
    yield started.cursor;
    for (;;) {
      for (let next = queue.shift(); next && !signal?.aborted; next = queue.shift()) yield next;
      if (over) return;
      link.resume();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    link.close();
  }
}

const wait = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
