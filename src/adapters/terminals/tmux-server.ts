/**
 * Starts devflow's private tmux server, and knows whether a process belongs to it.
 *
 * It has a socket of its own in a directory of its own, reads no configuration, and begins with a bare environment:
 * whatever the first client has in its environment would reach every pane.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { Failure } from "../../domain/failure.ts";
import { quote } from "./tmux-quote.ts";

export const SESSION = "devflow";
/** Longer socket paths are cut by the system (macOS: 103 usable bytes, Linux 107). */
const SOCKET_PATH_MAX_BYTES = 103;
/** Each pane takes one descriptor of the server; at its limit the server spins and every client hangs. */
const OPEN_FILES = 4096;
/** Starting takes some 10 ms; a machine under load may need long. */
const START_LIMIT_MS = 10_000;
/** Lines kept per pane for people who scroll: some 5 MB when full. */
const HISTORY_LINES = 5_000;

/** One window stays for ever, since the end of its session would end our connection. `cat` takes what a person types. */
const KEEPER =
  "echo 'This window keeps the devflow session open. The agents are in the other windows.'; exec cat >/dev/null";

/** Applied on every connection, so that a server left by an older devflow gets them too. */
export const SETTINGS: readonly string[] = [
  "set-option -s exit-empty off",
  "set-option -s exit-unattached off",
  "set-option -s set-clipboard off",
  "set-option -s default-terminal screen-256color",
  "set-option -g destroy-unattached off",
  `set-option -g default-shell ${quote("/bin/sh")}`,
  `set-option -g update-environment ""`,
  `set-option -g history-limit ${HISTORY_LINES}`,
  "set-option -gw remain-on-exit on",
  // tmux would scroll the last screen to make room for saying that the program has ended.
  `set-option -gw remain-on-exit-format ""`,
  "set-option -gw allow-rename off",
  // For people who attach. What they attach to and how they leave is all that they need to know.
  "set-option -g status-style bg=colour236,fg=colour252",
  "set-option -g status-left-length 60",
  `set-option -g status-left ${quote(" devflow #[bold]#{window_name}#[nobold]#{?client_readonly, (read-only),}")}`,
  "set-option -g status-right-length 100",
  `set-option -g status-right ${quote("leave: Ctrl-b d (in a tmux of yours: Ctrl-b Ctrl-b d) ")}`,
  `set-option -gw window-status-format ""`,
  `set-option -gw window-status-current-format ""`,
  "set-option -gw automatic-rename off",
];

/** What tmux itself needs; nothing of the daemon's own environment goes further. */
export const bareEnvironment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
  HOME: process.env.HOME ?? "/",
  LANG: process.platform === "darwin" ? "en_US.UTF-8" : "C.UTF-8",
  SHELL: "/bin/sh",
  TERM: "xterm-256color",
});

export async function prepareSocketDirectory(directory: string, socket: string): Promise<void> {
  const bytes = Buffer.byteLength(socket);
  if (bytes > SOCKET_PATH_MAX_BYTES) throw new Failure("socket.path_too_long", { path: socket, bytes });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
}

/**
 * Starts the server, or makes the session anew in one that runs. Throws what tmux said.
 * `directory` becomes the session's own: relative file names in commands are looked up there.
 */
export async function startServer(tmux: string, socket: string, directory: string): Promise<void> {
  const limit = `n=$(ulimit -S -n); if [ "$n" != unlimited ] && [ "$n" -lt ${OPEN_FILES} ]; then ulimit -S -n ${OPEN_FILES} 2>/dev/null || ulimit -S -n "$(ulimit -H -n)"; fi; exec "$@"`;
  const session = ["new-session", "-d", "-s", SESSION, "-n", "keeper", "-x", "200", "-y", "50", "--"];
  const argv = [tmux, "-u", "-f", "/dev/null", "-S", socket, ...session, "/bin/sh", "-c", KEEPER];
  await promisify(execFile)("/bin/sh", ["-c", limit, "sh", ...argv], {
    env: bareEnvironment(),
    cwd: directory,
    timeout: START_LIMIT_MS,
  }).catch((problem: Error & { stderr?: string }) => {
    throw new Error(problem.stderr?.trim() || problem.message);
  });
}

/**
 * Ends control clients of this socket that are not ours, but a killed daemon's: now and then one hangs in leaving, and as long as it
 * does its server cannot end, nor another begin. There is one daemon at a time, so nobody else has such clients.
 */
export function endStrayClients(socket: string): void {
  for (const name of existsSync("/proc/self") ? readdirSync("/proc") : []) {
    const pid = Number(name);
    if (!(pid > 1) || !usesSocket(pid, socket, "-C") || parentOf(pid) === process.pid) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has left meanwhile.
    }
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/**
 * Whether `pid` is a tmux process of this socket: its command line names it. Only where that can be seen (Linux) is a
 * signal sent to one that is not our child.
 */
export function usesSocket(pid: number, socket: string, ...more: readonly string[]): boolean {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return [socket, ...more].every((word) => argv.includes(word));
  } catch {
    return false;
  }
}
