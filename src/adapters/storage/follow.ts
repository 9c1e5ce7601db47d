/**
 * Following a log: what is stored, page by page, then what is appended, as it is appended.
 *
 * F1. A follower that waits has read everything stored: it is handed what is appended next, without another read.
 * F2. A follower that is busy is handed nothing; it finds it stored when it asks. So a slow one costs no memory.
 * F3. Looking into the store and starting to wait is one step that no append can come between.
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

export function followers(stored: (after: Place, limit: number, run?: RunId) => Page): Followers {
  const waiting = new Map<(page: Page) => void, RunId | undefined>();
  let closed = false;

  const appended = (signal: AbortSignal, run: RunId | undefined): Promise<Page> =>
    new Promise((resolve) => {
      const end = (page: Page): void => {
        waiting.delete(end);
        signal.removeEventListener("abort", stop);
        resolve(page);
      };
      const stop = (): void => end([]);
      waiting.set(end, run);
      signal.addEventListener("abort", stop);
    });

  return {
    async *follow(cursor, signal, run) {
      const done = (): boolean => closed || signal.aborted;
      let after: Place = { cursor, position: 0 };
      while (!done()) {
        const page = stored(after, PAGE_EVENTS, run);
        for (const event of page.length > 0 ? page : await appended(signal, run)) {
          if (done()) return;
          // A cursor may be ahead of the log: what is appended up to it was not asked for.
          if (event.cursor <= after.cursor) continue;
          yield event;
          after = event;
        }
      }
    },
    tell(events) {
      for (const [end, run] of [...waiting]) {
        const page = run === undefined ? events : events.filter((event) => event.run === run);
        if (page.length > 0) end(page);
      }
    },
    close() {
      closed = true;
      for (const end of [...waiting.keys()]) end([]);
    },
  };
}
