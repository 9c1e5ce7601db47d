/**
 * What a pty terminal's output does in the daemon: it goes to the screen, to the recording and to the listeners, and is then
 * acknowledged to the holder with the answers to the queries in it.
 *
 * Output that an earlier daemon has dealt with (before `acked`) only goes to the screen, silently.
 */

import type { ClientFrame, HolderFrame } from "../../domain/terminal-frame.ts";
import type { OutputScrubber } from "../../domain/terminal-scrub.ts";
import type { TerminalExit, TerminalSpec } from "../../ports/terminal-host.ts";
import { terminalModes } from "./pty-modes.ts";
import { type Recorder, recorder } from "./recorder.ts";
import { type Emulator, emulator } from "./screen.ts";
import type { TerminalFeed } from "./terminal-feed.ts";

const ESC = 0x1b;

export interface PtyFeed {
  readonly screen: Emulator;
  /** Output before this has arrived: where a new connection goes on. */
  readonly position: number;
  readonly pid: number | undefined;
  take(frame: HolderFrame): void;
  /** Tells the exit behind everything that came before it, unless it has been told. */
  end(exit: TerminalExit): void;
  /** Everything that was there when the holder said welcome is on the screen. */
  caughtUp(): Promise<void>;
  /** Resolves once everything that has arrived is dealt with. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface PtyFeedOptions {
  cols: number;
  rows: number;
  record: TerminalSpec["record"];
  /** Takes secrets out of what is recorded. */
  scrub: (() => OutputScrubber) | undefined;
  events: TerminalFeed;
  send(frame: ClientFrame): void;
}

export function ptyFeed({ cols, rows, record, scrub, events, send }: PtyFeedOptions): PtyFeed {
  let pressed = false;
  let replies = "";
  const screen = emulator({
    cols,
    rows,
    onEvent: events.tell,
    onPressure: (high) => {
      pressed = high;
    },
    onReply: (text) => {
      replies += text;
    },
  });
  let recording: Recorder | undefined;
  let pid: number | undefined;
  let welcomed = false;
  let position = 0;
  /** Output before this is an earlier daemon's. */
  let toldFrom = 0;
  let silent: Buffer[] = [];
  let presentTo = Number.POSITIVE_INFINITY;
  let present: () => void = () => {};
  const caughtUp = new Promise<void>((resolve) => {
    present = resolve;
  });
  let escapeBefore = false;
  /** What must follow the output before it, in order. */
  let handled: Promise<void> = Promise.resolve();

  const seed = () => {
    if (silent.length === 0) return;
    const bytes = Buffer.concat(silent);
    const modes = terminalModes();
    modes.feed(bytes);
    screen.seed(bytes, modes.title);
    silent = [];
  };
  const missed = () => {
    recording?.gap();
    events.tell({ type: "gap" });
  };
  const tell = (bytes: Buffer) => {
    seed();
    screen.write(bytes);
    recording?.output(bytes);
    events.tell({ type: "output", bytes });
    // The screen parses plain text late; it holds no query, so there is nothing to wait for unless too much piles up.
    const hasEscape = bytes.includes(ESC);
    const parsed = hasEscape || escapeBefore || pressed;
    escapeBefore = hasEscape;
    const to = position;
    handled = handled.then(async () => {
      if (parsed) await screen.settled();
      const reply = replies === "" ? {} : { reply: Buffer.from(replies).toString("base64") };
      replies = "";
      send({ t: "ack", to, ...reply });
    });
  };
  const welcome = (frame: Extract<HolderFrame, { t: "welcome" }>) => {
    pid = frame.pid;
    presentTo = frame.to;
    screen.resize(frame.cols, frame.rows);
    if (record) recording ??= recorder({ ...record, cols: frame.cols, rows: frame.rows, scrub: scrub?.() });
    if (!welcomed) {
      toldFrom = frame.acked;
      if (frame.preamble !== "") silent.push(Buffer.from(frame.preamble, "base64"));
      if (frame.from > frame.acked) missed();
      position = frame.from;
    }
    welcomed = true;
  };
  const end = (exit: TerminalExit) => {
    seed();
    handled = handled.then(async () => {
      if (events.exit !== undefined) return;
      await screen.settled();
      await recording?.close();
      pid = undefined;
      events.tell({ type: "exit", exit });
      send({ t: "collected" });
    });
  };

  return {
    screen,
    get position() {
      return position;
    },
    get pid() {
      return pid;
    },
    take(frame) {
      switch (frame.t) {
        case "welcome":
          welcome(frame);
          break;
        case "output": {
          const bytes = Buffer.from(frame.data, "base64");
          const known = bytes.subarray(0, Math.max(0, toldFrom - position));
          position += bytes.length;
          if (known.length > 0) silent.push(known);
          if (known.length < bytes.length) tell(bytes.subarray(known.length));
          break;
        }
        case "gap":
          seed();
          position = frame.to;
          screen.write(Buffer.from(frame.preamble, "base64"));
          missed();
          break;
        case "resized":
          seed();
          screen.resize(frame.cols, frame.rows);
          recording?.resize(frame.cols, frame.rows);
          break;
        case "exit":
          end(frame.exit);
      }
      if (position < presentTo) return;
      seed();
      present();
    },
    end,
    caughtUp: () => caughtUp,
    settled: () => handled,
    async close() {
      await recording?.close();
      screen.dispose();
    },
  };
}
