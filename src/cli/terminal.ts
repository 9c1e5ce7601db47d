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

/** What a person does at a line: sends it, presses Ctrl-C (with something typed, which is gone then), or leaves. */
export type LineAct = { kind: "line"; text: string } | { kind: "interrupt"; typed: boolean } | { kind: "end" };

export interface EditorOptions {
  /** Newest first. */
  history: readonly string[];
  /** What Tab makes of the line: the words that fit, and the part that they replace. */
  complete(line: string): Promise<{ hits: string[]; part: string }>;
}

/** A line that is edited, below what is printed meanwhile. */
export interface LineEditor {
  /** Ends when it is closed. */
  readonly acts: AsyncIterable<LineAct>;
  print(text: string): void;
  /** What stands before the line from now on. */
  ask(prompt: string): void;
  /** Types for the person. */
  put(text: string): void;
  /** Wipes the screen. */
  clear(): void;
  /** Gives the terminal to somebody else meanwhile. */
  aside<T>(doing: () => Promise<T>): Promise<T>;
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
  edit(options: EditorOptions): Promise<LineEditor>;
  /** Shows the pty behind a holder's socket until the person leaves it or it ends. */
  viewPty(socket: string, readOnly: boolean): Promise<"detached" | "ended" | "lost">;
}
