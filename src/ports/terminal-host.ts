/**
 * Where an interactive agent lives: a tmux pane, a pty in a holder process, or a script in a test.
 *
 * T1. A terminal belongs to one session and outlives the daemon: `release` lets go of it, only `close` ends it.
 * T2. `open` and `adopt` are about the session id, not about a handle: after a restart `adopt(session)` gives back
 *     the same terminal with its screen, or `undefined` when nothing alive (or dead but unreaped) carries that id.
 * T3. Typing is idempotent by key. A key that this terminal has already taken is not typed again, whoever asks,
 *     before or after a daemon restart. This is what makes "no prompt twice" true, so the mark is set by the same
 *     atomic step that types.
 * T4. Nothing is typed into a terminal whose program has ended; `paste` and `press` answer `"gone"`.
 * T5. `exit` is told exactly once to each listener, after the last output, with what is known of the cause.
 * T6. Secrets in `env` never appear in an argv, a file others can read, or another terminal's environment.
 */
import type { Failure } from "../domain/failure.ts";
import type { SessionId } from "../domain/ids.ts";
import type { ProfileKey } from "../domain/profile-key.ts";

export type HostKind = "tmux" | "pty";

/** What to start, and where. Sizes are in character cells. */
export interface TerminalSpec {
  session: SessionId;
  run: string;
  /** Shown as the window's name: for people, never parsed. */
  label: string;
  argv: readonly [string, ...string[]];
  cwd: string;
  /** The whole environment of the program: nothing is inherited. Only TERM is the host's to set when it is absent. */
  env: Readonly<Record<string, string>>;
  cols: number;
  rows: number;
  /** The asciicast v2 file to append this terminal's output to, with its limit; absent = not recorded. */
  record?: { file: string; maxBytes: number };
}

/** How a program ended. `code` and `signal` are both absent when the host could not find out. */
export interface TerminalExit {
  code?: number;
  signal?: string;
}

export type TerminalEvent =
  | { type: "output"; bytes: Uint8Array }
  | { type: "title"; title: string }
  | { type: "bell" }
  /** An operating system command that is not a title: `code` is its number (9, 133, 777, 7501 …). */
  | { type: "osc"; code: number; text: string }
  /** The screen may have missed output (flow control): read it anew. */
  | { type: "gap" }
  | { type: "exit"; exit: TerminalExit };

/** The visible screen, as text. `rows` has one string a line, right-trimmed. */
export interface Screen {
  cols: number;
  rows: readonly string[];
  cursor: { row: number; col: number; visible: boolean };
  title: string;
  alternate: boolean;
  /** Whether the program has asked for pastes to be marked; `undefined` where nobody was there to see it ask. */
  bracketedPaste: boolean | undefined;
}

/** Named keys; text goes through `paste` or `type`. */
export type Key = ProfileKey;

/** `typed`: done now. `already`: this key was taken before, nothing was sent. `gone`: the program has ended. */
export type Typed = "typed" | "already" | "gone";

export interface Terminal {
  readonly session: SessionId;
  readonly host: HostKind;
  /** Names this terminal for ever: server or holder identity with start time, and the pane. */
  readonly key: string;
  /** Process id of the program (or its wrapper), while alive. */
  readonly pid: number | undefined;
  /** How a person attaches: command lines to take part or only to look (tmux), or a socket that the CLI speaks to (pty). */
  readonly attach: { argv: readonly string[]; readOnlyArgv: readonly string[] } | { socket: string };
  readonly exit: TerminalExit | undefined;
  /** `patient`: it may be told some tens of milliseconds late, in the same order. Where all are, much output costs a host less. */
  on(listener: (event: TerminalEvent) => void, how?: { patient?: boolean }): () => void;
  /** The screen now, all output that has arrived applied; `patient`: all that was told. */
  screen(how?: { patient?: boolean }): Promise<Screen>;
  /**
   * Pastes text as one bracketed paste (when the program asked for it); newlines arrive as CR, as from any terminal.
   * The text must be clean of control bytes other than newline and tab.
   */
  paste(key: string, text: string): Promise<Typed>;
  /** This text is about to be pasted: it may be brought near already. Nothing is typed; nobody waits for it. */
  bring?(text: string): void;
  press(key: string, ...keys: Key[]): Promise<Typed>;
  /** Types literal text as keystrokes, not as a paste: for what a person sends by `sessions send --keys`. */
  type(key: string, text: string): Promise<Typed>;
  /** Which of these keys this terminal has taken. Answers for a dead terminal too. */
  taken(keys: readonly string[]): Promise<readonly string[]>;
  resize(cols: number, rows: number): Promise<void>;
  /** True while a person with write access has typed lately, or the pane is in a mode that swallows keys. */
  busyWithPerson(): Promise<boolean>;
  /** Ends the program and its whole tree (TERM, `graceMs`, KILL) and removes the terminal. May be called twice. */
  close(graceMs?: number): Promise<void>;
}

export interface TerminalHost {
  readonly kind: HostKind;
  /** Resolves once the process exists, not once it is ready. Throws `Failure` `terminal.open_failed`, `terminal.unresponsive`. */
  open(spec: TerminalSpec): Promise<Terminal>;
  adopt(session: SessionId): Promise<Terminal | undefined>;
  /** Every terminal of this devflow home, alive or dead-but-unreaped. */
  list(): Promise<readonly { session: SessionId; run: string; key: string; alive: boolean }[]>;
  /** What keeps the host from answering now, if anything does; terminals wait until it is over. */
  problem?(): Failure | undefined;
  /** Lets go of all terminals and of the host's own connection; they live on. */
  release(): Promise<void>;
}
