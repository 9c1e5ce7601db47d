/** From when on something is counted, where a person has begun it anew. */
export interface UsageMarks {
  /** Milliseconds since 1970; `undefined` when it was never begun anew. */
  of(name: string): number | undefined;
  set(name: string, at: number): void;
}
