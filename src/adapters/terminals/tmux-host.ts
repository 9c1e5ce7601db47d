/**
 * Terminals as panes of a private tmux server: they outlive the daemon, and people attach to them with tmux itself.
 *
 * One server, one control client for all panes, one window per session. Every pane carries a tag that says whose it is;
 * a restarted daemon finds its panes by that and takes the screen from tmux. Nothing is polled per pane: the end of a
 * program is noticed for all of them together (`tmux-looks.ts`).
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { SessionId } from "../../domain/ids.ts";
import { shortage } from "../../domain/system-problem.ts";
import type { OutputScrubber } from "../../domain/terminal-scrub.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { Terminal, TerminalHost, TerminalSpec } from "../../ports/terminal-host.ts";
import { ControlLost } from "./control-client.ts";
import { type TmuxServer, tmuxLink } from "./tmux-link.ts";
import { tmuxLooks } from "./tmux-looks.ts";
import { exitFrom, listPanes, listPanesOf, type Pane, type PaneTag, panesFrom, tagCommands } from "./tmux-panes.ts";
import { quote, quoteFormat } from "./tmux-quote.ts";
import { resizeCommands, restoreSizes, sizeFrom } from "./tmux-sizes.ts";
import { type TmuxTerminal, tmuxTerminal } from "./tmux-terminal.ts";
import { PASTE_PREFIX } from "./tmux-typing.ts";
import { EXIT_SUFFIX, installWrapper, wrapped } from "./wrapper.ts";

const LABEL_CHARS = 40;

export interface TmuxHostOptions {
  /** Holds the socket `t.sock`; made with mode 0700. Its path must leave the socket within 103 bytes. */
  directory: string;
  /** Holds the wrapper, exit files and texts on their way into a pane; made with mode 0700. */
  stateDirectory: string;
  endProcesses: EndProcesses;
  tmux?: string;
  /** Takes secrets out of what is recorded: one for each terminal. */
  scrub?: (() => OutputScrubber) | undefined;
  /** Told what went wrong without anybody having asked: for the log. */
  onProblem?(problem: string): void;
}

export function tmuxHost(options: TmuxHostOptions): TerminalHost {
  const { directory, stateDirectory, endProcesses, tmux = "tmux", scrub, onProblem = () => {} } = options;
  /** Held terminals by pane id, of the current server. */
  const held = new Map<string, TmuxTerminal>();
  /** Output of panes that are being opened, until they are held. */
  let early: Map<string, Uint8Array[]> | undefined;
  let opening = 0;
  let pressing = 0;
  let impatient = 0;
  let released = false;
  let prepared: Promise<string> | undefined;

  const link = tmuxLink({
    tmux,
    directory,
    stateDirectory,
    onOutput(pane, bytes) {
      const terminal = held.get(pane);
      if (terminal) terminal.output(bytes);
      else if (early) early.set(pane, [...(early.get(pane) ?? []), bytes]);
    },
    patient: () => impatient === 0,
    onNotice(name, text) {
      if (name === "pause") void paused(text);
      else if (name === "layout-change") void resized(text);
      else if (/window-close$/.test(name)) looks.lookIn(0);
      else if (/^(sessions-changed|client-detached)$/.test(name)) void takeBackSizes();
    },
    async onAttached(server, run) {
      for (const terminal of held.values()) {
        // A pane that is no longer there is found out by the next look.
        if (terminal.epoch === server.epoch)
          await terminal.reseed({ gap: true, run: (_, line, then) => run(line, then) }).catch(lost);
      }
      await restoreSizes((line) => run(line)).catch(lost);
      looks.lookIn(0);
    },
    onServerGone(server) {
      for (const [pane, terminal] of held) {
        if (terminal.epoch !== server.epoch) continue;
        held.delete(pane);
        terminal.serverGone();
      }
    },
  });

  /** tmux has dropped output for us since we were slow: take the screen, and go on. */
  const paused = async (pane: string) => {
    const proceed = `refresh-client -A '${pane}:continue'`;
    const terminal = held.get(pane);
    const server = await link.server({ start: false }).catch(() => undefined);
    if (terminal) await terminal.reseed({ gap: true, afterwards: proceed }).catch(() => {});
    else if (server) await link.run(server.epoch, proceed).catch(() => {});
  };

  const resized = async (notice: string) => {
    const size = sizeFrom(notice);
    if (!size) return;
    const terminal = [...held.values()].find(({ window }) => window === size.window);
    await terminal?.resized(size.cols, size.rows).catch(() => {}); // What broke is found out by the next look.
  };

  /** Somebody has left: the windows that had their size get their own back. */
  const takeBackSizes = async () => {
    const server = await link.server({ start: false }).catch(() => undefined);
    if (server) await restoreSizes((line) => link.repeat(server.epoch, line)).catch(() => {});
  };

  const looks = tmuxLooks(link, () => [...held.values()]);

  const prepare = () => {
    prepared ??= (async () => {
      await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
      const wrapper = await installWrapper(stateDirectory);
      await sweep();
      looks.watch(stateDirectory);
      return wrapper;
    })().catch((problem) => {
      // The next caller may have more luck.
      prepared = undefined;
      throw problem;
    });
    return prepared;
  };
  /** Removes what killed daemons have left: texts on their way, exit files of panes that are gone. */
  const sweep = async () => {
    const server = await link.server({ start: false });
    const known = server ? panesFrom(await link.repeat(server.epoch, listPanes)).map(({ tag }) => tag.exitFile) : [];
    for (const name of await readdir(stateDirectory)) {
      const stale = name.startsWith(PASTE_PREFIX) || (name.includes(EXIT_SUFFIX) && !known.includes(name));
      if (stale) await rm(join(stateDirectory, name), { force: true });
    }
    if (!server) return;
    for (const line of await link.repeat(server.epoch, "list-buffers -F '#{buffer_name}'")) {
      const name = line.toString();
      if (name.startsWith(PASTE_PREFIX)) await link.repeat(server.epoch, `delete-buffer -b ${name}`).catch(lost);
    }
  };

  const hold = (server: TmuxServer, made: Omit<Pane, "dead" | "status" | "signal">) => {
    const { pane, tag } = made;
    const terminal = tmuxTerminal({
      ...made,
      ...{ link, server, stateDirectory, endProcesses, lookIn: looks.lookIn, onProblem, scrub },
      exitFile: join(stateDirectory, tag.exitFile),
      onPressure(high) {
        pressing += high ? 1 : -1;
        link.hold(pressing > 0);
      },
      onImpatient(by) {
        impatient += by;
      },
      onClosed() {
        if (held.get(pane) === terminal) held.delete(pane);
        void terminal.detach();
      },
    });
    held.set(pane, terminal);
    return terminal;
  };
  const find = async (list: string, start = false) => {
    await prepare();
    const server = await link.server({ start });
    return { server, panes: server ? panesFrom(await link.repeat(server.epoch, list)) : [] };
  };

  /** Sessions that are looked for in the same turn of the event loop: a restart asks for all of them, and one list tells of all. */
  let looking: { sessions: SessionId[]; found: ReturnType<typeof find> } | undefined;
  const findOf = async (session: SessionId) => {
    const sessions = looking?.sessions ?? [];
    looking ??= {
      sessions,
      found: new Promise((resolve) => {
        setImmediate(() => {
          looking = undefined;
          const [only = session, ...more] = sessions;
          resolve(find(more.length > 0 ? listPanes : listPanesOf(only)));
        });
      }),
    };
    sessions.push(session);
    const { server, panes } = await looking.found;
    return { server, pane: panes.findLast(({ tag }) => tag.session === session) };
  };

  /** Whether a server runs that has no terminal any more, alive or dead: nobody would miss it. */
  const isEmpty = async () => {
    if (!prepared) return false;
    const { server, panes } = await find(listPanes);
    return server !== undefined && panes.length === 0;
  };

  const open = async (spec: TerminalSpec): Promise<Terminal> => {
    const wrapper = await prepare();
    if (!(await stat(spec.cwd).catch(() => undefined))?.isDirectory())
      throw new Error(`${spec.cwd} is not a directory`);
    const { server, panes } = await find(listPanesOf(spec.session), true);
    if (!server) throw new Error("the tmux server did not start");
    for (const old of panes) {
      if (!old.dead && !exitFrom(join(stateDirectory, old.tag.exitFile)))
        throw new Error(`session ${spec.session} is open already`);
      await ((await adopt(spec.session)) ?? { close: async () => {} }).close();
    }
    const exitFile = `${spec.session}-${randomBytes(4).toString("hex")}${EXIT_SUFFIX}`;
    const tag: PaneTag = {
      session: spec.session,
      run: spec.run,
      exitFile,
      ...(spec.record && { record: spec.record }),
    };
    const argv = wrapped(wrapper, join(stateDirectory, exitFile), spec);
    const environment = Object.entries(spec.env).flatMap(([name, value]) => ["-e", quote(`${name}=${value}`)]);
    // The window that is made becomes the current one, so the tags go to it: no pane is ever without.
    const line = [
      `set-option -t ${quote("devflow:")} default-size ${spec.cols}x${spec.rows}`,
      [
        `new-window -t ${quote("devflow:")} -P -F '#{pane_id} #{window_id} #{pane_pid}' -n ${quoteFormat(spec.label.slice(0, LABEL_CHARS))}`,
        ...environment,
        "--",
        ...argv.map(quote),
      ].join(" "),
      ...tagCommands(tag),
      // Makes the size the window's own, whoever looks at it. (As a global setting it crashes tmux 3.3 on new-window.)
      resizeCommands("", spec),
      // Without a title of its own a pane has the machine's name.
      `select-pane -T ""`,
    ].join(" ; ");
    let terminal: TmuxTerminal | undefined;
    opening++;
    early ??= new Map();
    try {
      await link.run(server.epoch, line, ([made]) => {
        const [pane, window, pid] = String(made ?? "").split(" ");
        if (terminal || !pane || !window) return;
        terminal = hold(server, { pane, window, pid: Number(pid), tag, cols: spec.cols, rows: spec.rows });
        for (const bytes of early?.get(pane) ?? []) terminal.output(bytes);
      });
    } catch (problem) {
      // The connection broke: the window is there, whole, or not at all.
      if (!(problem instanceof ControlLost)) {
        await terminal?.close(0);
        throw problem;
      }
      const adopted = await adopt(spec.session);
      if (!adopted) throw problem;
      return adopted;
    } finally {
      if (--opening === 0) early = undefined;
    }
    if (!terminal) throw new Error("tmux did not say which window it made");
    looks.lookIn(0);
    return terminal;
  };

  const adopt = async (session: SessionId): Promise<Terminal | undefined> => {
    const { server, pane: found } = await findOf(session);
    if (!server || !found) return undefined;
    const known = held.get(found.pane);
    if (known) return known;
    const terminal = hold(server, found);
    await terminal.reseed({ gap: false });
    // Of a program that has ended, the caller is given the exit with the terminal.
    if (terminal.looked(found) === "ended") await terminal.screen();
    looks.lookIn(0);
    return terminal;
  };

  return {
    kind: "tmux",
    async open(spec) {
      try {
        return await open(spec);
      } catch (problem) {
        if (problem instanceof Failure) throw problem;
        const short = shortage(problem);
        if (short) throw short;
        const text = problem instanceof Error ? problem.message : String(problem);
        throw new Failure("terminal.open_failed", { label: spec.label, problem: text }, { cause: problem });
      }
    },
    adopt,
    async list() {
      const { server, panes } = await find(listPanes);
      return panes.map(({ pane, dead, tag }) => ({
        session: tag.session,
        run: tag.run,
        key: `${server?.epoch}-${pane}`,
        alive: !dead && !exitFrom(join(stateDirectory, tag.exitFile)),
      }));
    },
    problem: link.problem,
    async release() {
      if (released) return;
      released = true;
      looks.stop();
      const endServer = await isEmpty().catch(() => false);
      for (const terminal of held.values()) await terminal.detach();
      held.clear();
      await link.release({ endServer });
    },
  };
}

const lost = (problem: unknown) => {
  if (problem instanceof ControlLost) throw problem;
};
