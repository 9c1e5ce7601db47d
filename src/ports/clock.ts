/** Time and names, injected so that tests move time instead of waiting for it. */

export interface Clock {
  /** Milliseconds since 1970, for people and for records: somebody may set it, forwards and backwards. */
  now(): number;
  /**
   * Milliseconds during which devflow was there to see what happens, from a beginning that means nothing: nobody can set it, and it
   * stands still while the process is stopped or the machine asleep. For how long something takes.
   */
  steady(): number;
  /** Resolves after `ms` of steady time, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  /** A new ULID, later than every one given out before by this process. */
  next(): string;
}
