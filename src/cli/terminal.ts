/** The person's terminal: questions, keys, a place to draw, and handing it over to another program. */

export interface Terminal {
  /** Somebody is there to answer. */
  readonly canAsk: boolean;
  /** Something can be drawn and drawn again. */
  readonly canDraw: boolean;
  readonly colour: boolean;
  size(): { columns: number; rows: number };
  onResize(listener: () => void): () => void;
  write(text: string): void;
  /** The line that was typed; `undefined` at the end of input. */
  ask(question: string): Promise<string | undefined>;
  /** Keys as the terminal sends them, until `signal` aborts; they are not echoed meanwhile. */
  keys(signal: AbortSignal): AsyncIterable<string>;
  /** What comes on stdin. */
  stdin(): AsyncIterable<Uint8Array>;
  /** Runs a program in this terminal and gives its exit code. */
  handOver(argv: readonly string[], env: Record<string, string | undefined>): Promise<number>;
  /** Shows the pty behind a holder's socket until the person leaves it or it ends. */
  viewPty(socket: string, readOnly: boolean): Promise<"detached" | "ended" | "lost">;
}
