/** The last output of a pty, by position in the stream: what a client that comes back, or comes late, is given. */

/** Enough to rebuild a screen with some scrollback, little enough to keep for every session. */
const KEPT_OUTPUT_BYTES = 1024 * 1024;

export interface OutputLog {
  /** Position of the first byte still kept. */
  readonly start: number;
  /** Position after the last byte. */
  readonly end: number;
  append(bytes: Uint8Array): void;
  /** A copy of at most `max` bytes from `from`, which must lie between `start` and `end`. */
  read(from: number, max: number): Buffer;
}

/**
 * A ring: its memory is touched, and so counted, only as far as it has ever been filled. `onDropped` is told, in order, the bytes
 * that are no longer kept.
 */
export function outputLog(onDropped: (bytes: Uint8Array) => void, capacity = KEPT_OUTPUT_BYTES): OutputLog {
  const ring = Buffer.alloc(capacity);
  let end = 0;
  const start = () => Math.max(0, end - capacity);
  const read = (from: number, max: number) => {
    if (from < start() || from > end) throw new RangeError(`position ${from} is not kept (${start()} to ${end})`);
    const length = Math.min(max, end - from);
    const at = from % capacity;
    const first = Math.min(length, capacity - at);
    return Buffer.concat([ring.subarray(at, at + first), ring.subarray(0, length - first)]);
  };
  return {
    get start() {
      return start();
    },
    get end() {
      return end;
    },
    append(bytes) {
      const overflow = end + bytes.length - capacity - start();
      if (overflow > 0) {
        const old = read(start(), overflow);
        onDropped(old);
        onDropped(bytes.subarray(0, overflow - old.length));
      }
      const kept = bytes.subarray(Math.max(0, bytes.length - capacity));
      const at = (end + bytes.length - kept.length) % capacity;
      const first = Math.min(kept.length, capacity - at);
      ring.set(kept.subarray(0, first), at);
      ring.set(kept.subarray(first), 0);
      end += bytes.length;
    },
    read,
  };
}
