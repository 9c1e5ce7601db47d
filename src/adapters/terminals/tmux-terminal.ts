/**
 * One pane of the private tmux server as a terminal: its screen, its events, typing into it, its end.
 *
 * The pane's program runs under the wrapper, so its end is what the wrapper's exit file says; tmux's word counts only
 * when there is no such file. The end is told when the pane is dead or the wrapper has lingered: then tmux has read and
 * passed on whatever the program printed.
 */
import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { SessionId } from "../../domain/ids.ts";
import type { OutputScrubber } from "../../domain/terminal-scrub.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { Terminal, TerminalExit, Typed } from "../../ports/terminal-host.ts";
import { TmuxRefusal } from "./control-client.ts";
import { type Recorder, recorder } from "./recorder.ts";
import { type Emulator, emulator } from "./screen.ts";
import { terminalFeed } from "./terminal-feed.ts";
import type { TmuxLink, TmuxServer } from "./tmux-link.ts";
import { exitFrom, exitFromTmux, type Pane, type PaneTag } from "./tmux-panes.ts";
import { busy } from "./tmux-people.ts";
import { seedCommands, seedFrom } from "./tmux-seed.ts";
import { resizeCommands } from "./tmux-sizes.ts";
import { type Brought, bring, paste, press, putAway, takenKeys, typeText } from "./tmux-typing.ts";
import { LINGER_MS } from "./wrapper.ts";

const CLOSE_GRACE_MS = 5_000;
/** The wrapper lingers, then ends; tmux needs a moment to see it. */
const EXIT_SETTLES_MS = LINGER_MS + 50;
/** All processes are gone, so the look finds the end at once; a server that has died meanwhile never tells. */
const EXIT_MAX_MS = 2_000;
/** After the program was killed together with its wrapper, tmux learns of it at once or not at all. */
const LOOKS_FOR_A_CAUSE = 3;

export interface TmuxTerminalOptions {
  link: TmuxLink;
  server: TmuxServer;
  pane: string;
  window: string;
  pid: number;
  tag: PaneTag;
  exitFile: string;
  stateDirectory: string;
  cols: number;
  rows: number;
  endProcesses: EndProcesses;
  onPressure(high: boolean): void;
  /** A listener that wants to be told at once has come or left. */
  onImpatient(by: 1 | -1): void;
  onClosed(): void;
  /** Asks for a look at all panes soon. */
  lookIn(ms: number): void;
  onProblem(problem: string): void;
  /** Takes secrets out of what is recorded. */
  scrub: (() => OutputScrubber) | undefined;
}

/** What the host needs of a terminal besides the port. */
export interface TmuxTerminal extends Terminal {
  readonly pane: string;
  readonly window: string;
  readonly epoch: string;
  readonly tag: PaneTag;
  output(bytes: Uint8Array): void;
  /** Reads the screen anew from tmux; with `gap`, listeners learn that they may have missed output. */
  reseed(how: { gap: boolean; afterwards?: string; run?: TmuxLink["run"] }): Promise<void>;
  /** tmux has given the window this size. */
  resized(toCols: number, toRows: number): Promise<void>;
  /** What a look at all panes has shown of this one: `undefined` when it is no longer there. */
  looked(now: Pane | undefined): "alive" | "ending" | "cause unknown" | "ended";
  /** The server has died, and the pane with it. */
  serverGone(): void;
  /** Lets go, without ending anything. */
  detach(): Promise<void>;
}

export function tmuxTerminal(options: TmuxTerminalOptions): TmuxTerminal {
  const { link, server, pane, window, tag, exitFile, stateDirectory, endProcesses, lookIn, onProblem, scrub } = options;
  const { epoch } = server;
  const session: SessionId = tag.session;
  const feed = terminalFeed(options.onImpatient);
  let { cols, rows } = options;
  let pid: number | undefined = options.pid;
  let ending: { exit: TerminalExit; since: number } | undefined;
  let looks = 0;
  let tellEnded = () => {};
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve;
  });
  let closing: Promise<void> | undefined;
  let closed = false;
  let seeding = 0;
  /** Typing goes one after the other, in the order in which it was asked for. */
  let lastTyping: Promise<unknown> = Promise.resolve();
  let near: Brought | undefined;

  const run = (line: string, onBlock?: (lines: readonly Buffer[]) => void) => link.repeat(epoch, line, onBlock);
  const screen: Emulator = emulator({
    cols,
    rows,
    onEvent: feed.tell,
    onPressure: options.onPressure,
    // tmux before 3.7 does not tell this mode: kept for whoever adopts the pane.
    onBracketedPaste: (on) => void run(`set-option -p -t ${pane} @devflow_paste ${on ? 1 : 0}`).catch(() => {}),
  });
  const cast: Recorder | undefined = tag.record && recorder({ ...tag.record, cols, rows, onProblem, scrub: scrub?.() });

  const sized = (toCols: number, toRows: number) => {
    if (toCols === cols && toRows === rows) return;
    cols = toCols;
    rows = toRows;
    screen.resize(cols, rows);
    cast?.resize(cols, rows);
  };

  /** Tells the end, once, when everything that came before it has been told. */
  const end = (exit: TerminalExit) => {
    if (!pid) return;
    pid = undefined;
    void screen.settled().then(() => {
      feed.tell({ type: "exit", exit });
      tellEnded();
      return cast?.close();
    });
  };
  /** The program has ended, whether that has been told yet or not (T4). */
  const hasEnded = () => closed || !pid || ending !== undefined || exitFrom(exitFile) !== undefined;

  const type = (typing: () => Promise<Typed>): Promise<Typed> => {
    const next = lastTyping.then(async () => {
      if (hasEnded()) return "gone";
      try {
        return await typing();
      } catch (problem) {
        if (problem instanceof TmuxRefusal && /can't find/.test(problem.message)) return "gone";
        if (hasEnded()) return "gone";
        throw problem;
      }
    });
    lastTyping = next.catch(() => {});
    return next;
  };

  const forget = async (): Promise<void> => {
    const before = near;
    near = undefined;
    if (before) await putAway((line) => link.run(epoch, line), before);
  };

  const close = async (graceMs: number) => {
    const survivors = await endProcesses({ session, root: pid }, graceMs);
    if (survivors.length > 0) onProblem(`session ${session}: processes ${survivors.join(", ")} could not be ended`);
    await toldWithin(EXIT_MAX_MS);
    closed = true;
    await run(`kill-window -t ${window}`).catch(() => {}); // Gone already, or the whole server.
    await forget();
    end(exitFrom(exitFile) ?? {});
    await ended;
    await rm(exitFile, { force: true });
    await cast?.close();
    options.onClosed();
  };
  /** The end is told by the looks at all panes: they know the cause. */
  const toldWithin = (ms: number) => {
    lookIn(0);
    return Promise.race([ended, pause(ms, undefined, { ref: false })]);
  };

  const terminal: TmuxTerminal = {
    session,
    host: "tmux",
    key: `${epoch}-${pane}`,
    pane,
    window,
    epoch,
    tag,
    get pid() {
      return pid;
    },
    get exit() {
      return feed.exit;
    },
    attach: { argv: attachArgv(link.socket, window), readOnlyArgv: lookArgv(link.socket, window) },
    on: feed.on,
    async screen({ patient = false } = {}) {
      if (!patient) await link.gathered();
      return screen.read();
    },
    paste: (key, text) =>
      type(() => {
        const brought = near?.text === text ? near : undefined;
        if (brought) near = undefined;
        return paste(run, pane, key, text, stateDirectory, brought);
      }),
    bring(text) {
      if (near?.text === text || hasEnded()) return;
      void forget();
      // Not tried again: on another connection it could come after the paste.
      near = bring((line) => link.run(epoch, line), text, stateDirectory);
    },
    press: (key, ...keys) => type(() => press(run, pane, key, keys)),
    type: (key, text) => type(() => typeText(run, pane, key, text)),
    taken: (keys) => takenKeys(run, pane, keys),
    async resize(toCols, toRows) {
      await run(resizeCommands(window, { cols: toCols, rows: toRows }), () => sized(toCols, toRows));
    },
    busyWithPerson: async () => !hasEnded() && busy(run, pane, window),
    async close(graceMs = CLOSE_GRACE_MS) {
      closing ??= close(graceMs);
      await closing;
    },

    output(bytes) {
      if (seeding > 0 || closed) return;
      screen.write(bytes);
      cast?.output(bytes);
      feed.tell({ type: "output", bytes });
    },
    async reseed({ gap, afterwards, run: on = link.run }) {
      const blocks: (readonly Buffer[])[] = [];
      // What arrives before the reply is on the screen that the reply shows.
      seeding++;
      try {
        await on(epoch, [seedCommands(pane), ...(afterwards ? [afterwards] : [])].join(" ; "), (lines) => {
          if (blocks.push(lines) !== 3) return;
          seeding--;
          const seed = seedFrom(blocks);
          sized(seed.cols, seed.rows);
          screen.seed(seed.bytes, seed.title, seed.pasteUnknown);
          if (!gap) return;
          cast?.gap();
          feed.tell({ type: "gap" });
        });
      } finally {
        if (blocks.length < 3) seeding--;
      }
    },
    async resized(toCols, toRows) {
      if (toCols === cols && toRows === rows) return;
      // tmux has laid the screen out anew in its own way: taken from there, not guessed.
      await terminal.reseed({ gap: false });
      feed.tell({ type: "gap" });
    },
    looked(now) {
      if (!pid) return "ended";
      const exit = exitFrom(exitFile);
      if (exit) ending ??= { exit, since: performance.now() };
      if (ending) {
        // A helper of the program may keep the pane open long after: the wrapper's word is enough.
        const left = EXIT_SETTLES_MS - (performance.now() - ending.since);
        if (now && !now.dead && left > 0) {
          lookIn(left);
          return "ending";
        }
        end(ending.exit);
        return "ended";
      }
      if (now && !now.dead) return "alive";
      const cause = now && exitFromTmux(now);
      if (!cause && ++looks < LOOKS_FOR_A_CAUSE) return "cause unknown";
      end(cause ?? {});
      return "ended";
    },
    serverGone: () => end(exitFrom(exitFile) ?? {}),
    async detach() {
      await lastTyping;
      await forget();
      await screen.settled();
      await cast?.close();
      screen.dispose();
    },
  };
  return terminal;
}

/**
 * A session of the person's own that holds this window alone: what they type can go nowhere else, it is over when the
 * window is gone, and leaving it leaves nothing behind. While they are there the window has their size (`tmux-sizes.ts`).
 */
const attachArgv = (socket: string, window: string): string[] => [
  ...["tmux", "-uN", "-S", socket, "new-session", "--", PLACEHOLDER],
  ...viewCommands(window),
  ...[";", "set-option", "-w", "window-size", "latest"],
];

/** Sees what there is room for, and changes nothing. */
const lookArgv = (socket: string, window: string): string[] => [
  ...["tmux", "-uN", "-S", socket, "new-session", "-f", "read-only,ignore-size", "--", PLACEHOLDER],
  ...viewCommands(window),
];

/** A session begins with a window of its own, which then gives way. */
const PLACEHOLDER = "exec cat";
const viewCommands = (window: string): string[] => [
  ...[";", "set-option", "destroy-unattached", "on"],
  ...[";", "link-window", "-k", "-s", window, "-t", ":0"],
];
