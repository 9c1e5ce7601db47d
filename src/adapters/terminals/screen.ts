/**
 * A terminal emulator without a window: bytes of a program in, the screen as text and the events of the port out.
 *
 * Widths are Unicode 11, the version in which wide characters and emoji take the same cells as in tmux.
 * What carries no event is parsed late (when the screen is read, or enough has gathered): parsing piece by piece is what costs a busy host its
 * processor time. Where a program's questions are answered here, all escape sequences are parsed at once, for any may be one.
 */
import { Unicode11Addon } from "@xterm/addon-unicode11";
import type { Terminal as Xterm } from "@xterm/headless";
import headless from "@xterm/headless";
import type { Screen, TerminalEvent } from "../../ports/terminal-host.ts";
import { passthroughFilter } from "./passthrough.ts";

/** Enough to read what has just scrolled away; the host (tmux) keeps the long history. */
const SCROLLBACK_ROWS = 200;
/** Output without events waits until this much has gathered, or until somebody reads. */
const LAZY_BYTES = 16 * 1024;
/** Above this much unparsed output the source should pause, below the lower mark go on. */
const HIGH_WATER_BYTES = 100_000;
const LOW_WATER_BYTES = 5_000;
/** Working directory, notifications, shell and editor marks, program status. Titles (0, 2) come as `title`. */
const OSC_CODES = [7, 9, 99, 133, 633, 777, 1337, 7501] as const;
const ESC = 0x1b;
const BEL = 0x07;
/** What follows an ESC that begins or ends a string: titles, marks and notices are such. */
const STRING_INTRODUCERS = new Uint8Array(256);
for (const one of "]\\PX^_") STRING_INTRODUCERS[one.charCodeAt(0)] = 1;
const introducesString = (byte: number | undefined): boolean => byte !== undefined && STRING_INTRODUCERS[byte] === 1;
const SPACE = 0x20;

export type ScreenEvent = Extract<TerminalEvent, { type: "title" | "bell" | "osc" }>;

export interface Emulator {
  /** Takes output; never throws, never blocks. The bytes may be kept: do not reuse their buffer. */
  write(bytes: Uint8Array): void;
  /**
   * Starts over with `bytes` as what the screen shows (after adoption or a gap). No events are told for them. `pasteUnknown`: they do not
   * tell whether the program has asked for marked pastes.
   */
  seed(bytes: Uint8Array, title: string, pasteUnknown?: boolean): void;
  /** The screen with everything applied that was written before. */
  read(): Promise<Screen>;
  /** Resolves once everything written so far is parsed and its events are told. */
  settled(): Promise<void>;
  resize(cols: number, rows: number): void;
  dispose(): void;
}

export interface EmulatorOptions {
  cols: number;
  rows: number;
  onEvent(event: ScreenEvent): void;
  /** Told `true` when unparsed output is piling up and `false` once the pile is gone: pause the source meanwhile. */
  onPressure?(high: boolean): void;
  /** What a terminal answers to a program's queries (cursor position, device attributes). tmux answers by itself. */
  onReply?(text: string): void;
  onBracketedPaste?(on: boolean): void;
}

export function emulator(options: EmulatorOptions): Emulator {
  const { onEvent, onPressure, onReply, onBracketedPaste } = options;
  const xterm: Xterm = new headless.Terminal({
    cols: options.cols,
    rows: options.rows,
    scrollback: SCROLLBACK_ROWS,
    allowProposedApi: true,
    logLevel: "off",
  });
  xterm.loadAddon(new Unicode11Addon());
  xterm.unicode.activeVersion = "11";

  let filter = passthroughFilter();
  let endsInEsc = false;
  let lazy: Uint8Array[] = [];
  let lazyBytes = 0;
  let unparsed = 0;
  /** Pieces given to the parser and not yet taken by it, empty ones included. */
  let parsing = 0;
  let pressing = false;
  let seeding = 0;
  let disposed = false;
  /** Nothing was written yet: there is nothing to start over from. */
  let blank = true;
  let title = "";
  let cursorVisible = true;
  let bracketedPaste = false;
  let pasteUnknown = false;
  /** What was read last, until something is written: several look at a screen at rest in one moment. */
  let shown: Screen | undefined;

  const tell = (event: ScreenEvent) => {
    if (seeding === 0 && !disposed) onEvent(event);
  };
  xterm.onTitleChange((text) => {
    title = text;
    tell({ type: "title", title: text });
  });
  xterm.onBell(() => tell({ type: "bell" }));
  for (const code of OSC_CODES) {
    xterm.parser.registerOscHandler(code, (text) => {
      tell({ type: "osc", code, text });
      return false;
    });
  }
  // The emulator does not tell whether the cursor is shown: follow DECTCEM and the resets ourselves.
  const cursorMode = (visible: boolean) => (params: (number | number[])[]) => {
    if (params.includes(25)) cursorVisible = visible;
    return false;
  };
  const cursorReset = () => {
    cursorVisible = true;
    return false;
  };
  xterm.parser.registerCsiHandler({ prefix: "?", final: "h" }, cursorMode(true));
  xterm.parser.registerCsiHandler({ prefix: "?", final: "l" }, cursorMode(false));
  xterm.parser.registerCsiHandler({ intermediates: "!", final: "p" }, cursorReset);
  xterm.parser.registerEscHandler({ final: "c" }, cursorReset);
  if (onReply) xterm.onData((text) => seeding === 0 && onReply(text));

  const press = () => {
    if (disposed) return;
    const now = pressing ? unparsed > LOW_WATER_BYTES : unparsed > HIGH_WATER_BYTES;
    if (now === pressing) return;
    pressing = now;
    onPressure?.(now);
  };
  const parse = (bytes: Uint8Array, then?: () => void) => {
    if (disposed) {
      then?.();
      return;
    }
    blank &&= bytes.length === 0;
    unparsed += bytes.length;
    parsing += 1;
    press();
    xterm.write(bytes, () => {
      unparsed -= bytes.length;
      parsing -= 1;
      shown = undefined;
      press();
      const paste = xterm.modes.bracketedPasteMode;
      if (paste !== bracketedPaste) {
        bracketedPaste = paste;
        if (seeding === 0) pasteUnknown = false;
        if (seeding === 0) onBracketedPaste?.(paste);
      }
      then?.();
    });
  };
  const flush = () => {
    if (lazyBytes === 0) return;
    const bytes = lazy.length === 1 ? (lazy[0] as Uint8Array) : Buffer.concat(lazy);
    lazy = [];
    lazyBytes = 0;
    parse(bytes);
  };
  /** Whether these bytes may end something that is told at once, or be a question. */
  const urgent = (bytes: Uint8Array): boolean => {
    const begun = endsInEsc;
    endsInEsc = bytes[bytes.length - 1] === ESC;
    if (begun || endsInEsc) return true;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === BEL) return true;
      if (byte === ESC && (onReply || introducesString(bytes[at + 1]))) return true;
    }
    return false;
  };
  const settled = () =>
    new Promise<void>((resolve) => {
      flush();
      // The parser takes what it is given in a later turn of the event loop: a screen at rest need not wait for that.
      if (parsing === 0) resolve();
      else parse(new Uint8Array(0), resolve);
    });

  return {
    write(bytes) {
      const clean = filter.push(bytes);
      if (clean.length === 0) return;
      lazy.push(clean);
      lazyBytes += clean.length;
      if (urgent(clean) || lazyBytes > LAZY_BYTES) flush();
    },
    seed(bytes, seedTitle, unknown = false) {
      // What was written before still has its events told, then the screen starts over.
      flush();
      filter = passthroughFilter();
      const start = Buffer.from(blank ? "" : "\x1bc");
      parse(new Uint8Array(0), () => seeding++);
      parse(Buffer.concat([start, bytes]), () => {
        seeding--;
        title = seedTitle;
        pasteUnknown = unknown;
      });
    },
    settled,
    async read() {
      await settled();
      if (shown) return shown;
      const buffer = xterm.buffer.active;
      const rows: string[] = [];
      for (let row = 0; row < xterm.rows; row += 1)
        rows.push(withoutTrailingSpaces(buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? ""));
      shown = {
        cols: xterm.cols,
        rows,
        cursor: { row: buffer.cursorY, col: buffer.cursorX, visible: cursorVisible },
        title,
        alternate: buffer.type === "alternate",
        bracketedPaste: xterm.modes.bracketedPasteMode || (pasteUnknown ? undefined : false),
      };
      return shown;
    },
    resize(cols, rows) {
      // Output that came before was laid out for the old size.
      flush();
      parse(new Uint8Array(0), () => !disposed && xterm.resize(cols, rows));
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      if (pressing) onPressure?.(false);
      pressing = false;
      xterm.dispose();
    },
  };
}

function withoutTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === SPACE) end -= 1;
  return text.slice(0, end);
}
