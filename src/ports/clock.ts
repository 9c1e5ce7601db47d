/** Time and names, injected so that tests move time instead of waiting for it. */

export interface Clock {
  /** Milliseconds since 1970, for people and for records. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  /** A new ULID, later than every one given out before by this process. */
  next(): string;
}
