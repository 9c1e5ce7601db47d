/**
 * Notices the ends of programs in all panes, without asking pane by pane.
 *
 * A program's end shows as its exit file: one watch on one directory tells at once. That a watch can fail is why there is
 * also a glance now and then (one command that prints the dead panes, normally none), and rarely a whole look.
 */
import { watch } from "node:fs";
import type { TmuxLink } from "./tmux-link.ts";
import { listDeadPanes, listPanes, panesFrom } from "./tmux-panes.ts";
import { usesSocket } from "./tmux-server.ts";
import type { TmuxTerminal } from "./tmux-terminal.ts";
import { EXIT_SUFFIX, LINGER_MS } from "./wrapper.ts";

/** Between two glances while programs run: how long an end stays unseen when its wrapper was killed with it. */
const GLANCE_MS = 500;
/** Every so many glances a whole look, for what neither the watch nor the glance shows. */
const GLANCES_A_LOOK = 10;
/** After an exit file has appeared: the wrapper has ended by then, and tmux has read the last output. */
const LOOK_AFTER_EXIT_MS = LINGER_MS + 20;
/** Between two looks at a pane that has ended without a cause. */
const LOOK_FOR_CAUSE_MS = 15;

export interface TmuxLooks {
  /** Asks for a whole look within this time. */
  lookIn(ms: number): void;
  /** From now on the directory with the exit files is watched, and glanced at while something runs. */
  watch(directory: string): void;
  stop(): void;
}

export function tmuxLooks(link: TmuxLink, terminals: () => readonly TmuxTerminal[]): TmuxLooks {
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let wanted = false;
  let glances = 0;
  let stopped = false;
  let stopWatching = () => {};

  const after = (ms: number) => {
    if (stopped || performance.now() + ms >= timerAt) return;
    clearTimeout(timer);
    timerAt = performance.now() + ms;
    timer = setTimeout(() => {
      timerAt = Number.POSITIVE_INFINITY;
      void again().catch(() => lookIn(GLANCE_MS));
    }, ms);
  };
  const lookIn = (ms: number) => {
    wanted = true;
    after(ms);
  };

  const again = async () => {
    const server = await link.server({ start: false });
    if (!server || !terminals().some(({ exit }) => !exit)) return;
    const whole = wanted || ++glances % GLANCES_A_LOOK === 0 || (await someDied(server.epoch));
    wanted = false;
    if (whole) await look(server.epoch, server.pid);
    after(GLANCE_MS);
  };
  const someDied = async (epoch: string) => {
    const dead = (await link.run(epoch, listDeadPanes)).map(String);
    return terminals().some(({ pane, exit }) => !exit && dead.includes(pane));
  };
  const look = async (epoch: string, serverPid: number) => {
    const panes = new Map(panesFrom(await link.run(epoch, listPanes)).map((pane) => [pane.pane, pane]));
    for (const terminal of terminals()) {
      const state = terminal.looked(terminal.epoch === epoch ? panes.get(terminal.pane) : undefined);
      if (state !== "cause unknown") continue;
      // Some builds lose the signal that tells tmux of its child's end: the same signal again makes it look.
      if (usesSocket(serverPid, link.socket)) process.kill(serverPid, "SIGCHLD");
      lookIn(LOOK_FOR_CAUSE_MS);
    }
  };

  return {
    lookIn,
    watch(directory) {
      const watcher = watch(directory, { persistent: false }, (_, name) => {
        if (name === null || name.endsWith(EXIT_SUFFIX)) lookIn(LOOK_AFTER_EXIT_MS);
      });
      stopWatching = () => watcher.close();
      // Without the watch an end is seen by a glance.
      watcher.on("error", stopWatching);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      stopWatching();
    },
  };
}
