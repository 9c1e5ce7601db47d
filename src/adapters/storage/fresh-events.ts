/**
 * The events that were written last, as they were checked then: one that is read again soon, as the report of a run does, is not checked
 * again as long as the store says it word for word.
 */
export interface FreshEvents {
  keep(cursor: number, text: string): void;
  /** Whether that is what was written there. */
  has(cursor: number, text: string): boolean;
}

/** In characters. A phase's events take some three thousand. */
const KEPT = 1_000_000;

/** A goal of half a megabyte would push out all others. */
const LONGEST = 50_000;

export function freshEvents(): FreshEvents {
  // Oldest first: a Map keeps the order in which keys were put in.
  const kept = new Map<number, string>();
  let length = 0;

  function drop(cursor: number): void {
    length -= kept.get(cursor)?.length ?? 0;
    kept.delete(cursor);
  }

  return {
    keep(cursor, text) {
      // A transaction that was undone gives its cursors to the next one.
      drop(cursor);
      if (text.length > LONGEST) return;
      kept.set(cursor, text);
      length += text.length;
      for (const oldest of kept.keys()) {
        if (length <= KEPT) break;
        drop(oldest);
      }
    },
    has: (cursor, text) => kept.get(cursor) === text,
  };
}
