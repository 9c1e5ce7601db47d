/** A tmux terminal host on a throw-away home, as tests and the typist program make it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { tmuxHost } from "../../src/adapters/terminals/tmux-host.ts";

export const tmuxSocket = (home: string) => join(home, "t.sock");

export const tmuxHostAt = (home: string) =>
  tmuxHost({ directory: home, stateDirectory: join(home, "state"), endProcesses });

/** Ends the server of this home and all that runs in it. */
export async function destroyTmux(home: string): Promise<void> {
  const socket = tmuxSocket(home);
  if (!existsSync(socket)) return;
  const tmux = (...args: string[]) =>
    promisify(execFile)("tmux", ["-S", socket, ...args]).catch(() => ({ stdout: "" }));
  const { stdout } = await tmux("list-panes", "-a", "-F", "#{pane_pid}");
  const clients = await tmux("list-clients", "-F", "#{client_control_mode} #{client_pid}");
  await tmux("kill-server");
  for (const [, pid] of clients.stdout.matchAll(/^1 (\d+)$/gm)) {
    try {
      process.kill(Number(pid), "SIGKILL"); // One that hangs in leaving would keep the server.
    } catch {
      // It has left.
    }
  }
  for (const pid of stdout.split("\n").map(Number)) {
    if (pid <= 1) continue;
    try {
      process.kill(-pid, "SIGKILL"); // The pane's process group, which tmux has made.
    } catch {
      // Gone with its terminal.
    }
  }
}
