/**
 * Reads a stream that many small pieces come by in portions: each waking costs more than what it brings. A stream on which little comes is
 * read as it comes, and so is one on which somebody waits for what is to come.
 */
import { getDefaultHighWaterMark, type Readable, setDefaultHighWaterMark } from "node:stream";

/** Between two portions of a busy stream: less than anybody notices, and than an agent needs to draw. */
const PORTION_MS = 25;
/** A stream becomes busy by so many pieces in such a time; read in portions it has fewer, and stays so by these. */
const BUSY_PIECES = 20;
const STILL_BUSY_PIECES = 8;
const BUSY_MS = 200;

export interface Pace {
  /** A piece was taken: the next may have to wait. */
  took(): void;
  /** What has gathered is wanted now. */
  now(): void;
  /** The same, and resolves once it was taken; undefined when nothing was made to wait. */
  gathered(): Promise<void> | undefined;
  /** Somebody else holds it up as long as this is true. */
  hold(held: boolean): void;
}

/** `free`: whether all who read it can wait. */
export function paced(stream: Readable, free: () => boolean): Pace {
  let held = false;
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  let pieces = 0;
  let busy = false;
  /** What had been read already when it stopped comes first, and is older than what waits behind it: that is taken along. */
  let behind = false;

  const goOn = () => {
    clearTimeout(timer);
    timer = undefined;
    behind = stream.readableLength > 0;
    if (!held) stream.resume();
  };
  const hurry = (at: number): boolean => {
    pieces += 1;
    if (at - since >= BUSY_MS) {
      busy = pieces >= (busy ? STILL_BUSY_PIECES : BUSY_PIECES);
      since = at;
      pieces = 0;
    }
    return !busy || !free();
  };
  return {
    took() {
      const at = Date.now();
      const more = behind;
      behind = false;
      if (hurry(at) || more || held || timer) return;
      stream.pause();
      // At round times, as whoever looks at what has come: one waking does for both.
      timer = setTimeout(goOn, PORTION_MS - (at % PORTION_MS));
    },
    now: () => timer && goOn(),
    gathered() {
      if (!timer) return undefined;
      goOn();
      // Reading begins in this turn of the event loop or in the next.
      return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    },
    hold(wanted) {
      held = wanted;
      if (held) stream.pause();
      else if (!timer) stream.resume();
    },
  };
}

/** What this makes reads from the system only what is taken from it: otherwise a stream that was stopped reads on for a while. */
export function readAtOnce<Made>(make: () => Made): Made {
  const usual = getDefaultHighWaterMark(false);
  setDefaultHighWaterMark(false, 1);
  try {
    return make();
  } finally {
    setDefaultHighWaterMark(false, usual);
  }
}
