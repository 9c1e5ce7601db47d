/** The person's terminal: questions, keys, a place to draw, and handing it over to another program. */

/** Lines that a person types, below what is printed meanwhile. */
export interface Conversation {
  /** Ends when the person leaves, or it is closed. */
  readonly lines: AsyncIterable<string>;
  print(text: string): void;
  /** Asks for the next line. */
  next(): void;
  /** Puts the terminal back as it was. May be called twice. */
  close(): void;
}

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
  /** The same for what nobody may see: it is not echoed. */
  askHidden(question: string): Promise<string | undefined>;
  /** Keys as the terminal sends them, until `signal` aborts; they are not echoed meanwhile. */
  keys(signal: AbortSignal): AsyncIterable<string>;
  /** What comes on stdin. */
  stdin(): AsyncIterable<Uint8Array>;
  /** Runs a program in this terminal and gives its exit code. */
  handOver(argv: readonly string[], env: Record<string, string | undefined>): Promise<number>;
  /** Until the person leaves; nothing can be typed into one that is only looked at. */
  converse(readOnly: boolean): Promise<Conversation>;
  /** Shows the pty behind a holder's socket until the person leaves it or it ends. */
  viewPty(socket: string, readOnly: boolean): Promise<"detached" | "ended" | "lost">;
}
