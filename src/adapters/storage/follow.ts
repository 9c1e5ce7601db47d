/**
 * Following a log: what is stored, page by page, then what is appended, as it is appended.
 *
 * F1. A follower that waits has read everything stored: it is handed what is appended next, without another read.
 * F2. A follower that is busy is handed nothing; it finds it stored when it asks. So a slow one costs no memory.
 * F3. Looking into the store and starting to wait is one step that no append can come between.
 * F4. One that missed nothing while it was busy does not look into the store to learn that.
 */
import type { StoredEvent } from "../../domain/event.ts";
import type { RunId } from "../../domain/ids.ts";

/** Where a follower is. `position` is that of the last event it was given, for a follower of one run. */
export interface Place {
  cursor: number;
  position: number;
}

export interface Followers {
  follow(cursor: number, signal: AbortSignal, run?: RunId): AsyncIterable<StoredEvent>;
  /** To be called after each commit, with all that it wrote, in order. */
  tell(events: readonly StoredEvent[]): void;
  /** Ends all following. */
  close(): void;
}

/** Enough that paging costs little, few enough that a follower never holds much. */
const PAGE_EVENTS = 128;

type Page = readonly StoredEvent[];

/** One that follows; `take` is there while it waits. */
interface Follower {
  readonly run: RunId | undefined;
  /** There may be more in the store than it was given. */
  behind: boolean;
  take: ((page: Page) => void) | undefined;
}

export function followers(stored: (after: Place, limit: number, run?: RunId) => Page): Followers {
  const all = new Set<Follower>();
  let closed = false;

  const appended = (follower: Follower, signal: AbortSignal): Promise<Page> =>
    new Promise((resolve) => {
      const stop = (): void => follower.take?.([]);
      follower.take = (page) => {
        follower.take = undefined;
        signal.removeEventListener("abort", stop);
        resolve(page);
      };
      signal.addEventListener("abort", stop);
    });

  /** What is stored after a place; empty once all of it has been given. */
  function rest(follower: Follower, after: Place): Page {
    if (!follower.behind) return [];
    const page = stored(after, PAGE_EVENTS, follower.run);
    follower.behind = page.length > 0;
    return page;
  }

  return {
    async *follow(cursor, signal, run) {
      const done = (): boolean => closed || signal.aborted;
      const follower: Follower = { run, behind: true, take: undefined };
      all.add(follower);
      try {
        let after: Place = { cursor, position: 0 };
        while (!done()) {
          const page = rest(follower, after);
          for (const event of page.length > 0 ? page : await appended(follower, signal)) {
            if (done()) return;
            // A cursor may be ahead of the log: what is appended up to it was not asked for.
            if (event.cursor <= after.cursor) continue;
            yield event;
            after = event;
          }
        }
      } finally {
        all.delete(follower);
      }
    },
    tell(events) {
      for (const follower of all) {
        const page = follower.run === undefined ? events : events.filter(({ run }) => run === follower.run);
        if (page.length === 0) continue;
        if (follower.take) follower.take(page);
        else follower.behind = true;
      }
    },
    close() {
      closed = true;
      for (const follower of all) follower.take?.([]);
    },
  };
}
