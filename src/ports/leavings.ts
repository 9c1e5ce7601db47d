/** What devflow keeps of a run beside its worktree and its events: report, recordings, what its sessions left. */

export interface Leavings {
  /** Removes it all; what is gone already is no error. */
  remove(run: string, sessions: readonly string[]): Promise<void>;
}
