/** One program in a tmux server of its own, driven with plain tmux commands: for tests of the programs, not of our tmux host. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, vi } from "vitest";
import type { Observation } from "../../src/domain/evidence.ts";
import { programStatus } from "../../src/domain/program-status.ts";

/** What a program gets to end by itself after a hang-up, in milliseconds. */
const GRACE = 5_000;

export interface BarePane {
  /** The visible rows, right-trimmed. */
  rows(): Promise<string[]>;
  text(): Promise<string>;
  title(): Promise<string>;
  /** The program has rung the bell, as the terminal understands it. */
  rang(): Promise<boolean>;
  cursor(): Promise<{ row: number; col: number; visible: boolean }>;
  /** Bracketed paste, as devflow delivers prompts. */
  paste(text: string): Promise<void>;
  keys(...names: string[]): Promise<void>;
  /** The exit status of the program, once it has ended. Written by a shell around it: tmux loses some. */
  exit(): Promise<number | undefined>;
  /** All bytes that the program has written. */
  raw: string;
  close(): Promise<void>;
}

interface PaneSpec {
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  cols?: number;
  rows?: number;
}

export async function barePane({ argv, cwd, env, cols = 100, rows = 30 }: PaneSpec): Promise<BarePane> {
  const home = await mkdtemp(join(tmpdir(), "devflow-pane-"));
  const socket = join(home, "s");
  const raw = join(home, "raw");
  const code = join(home, "code");
  const config = join(home, "tmux.conf");
  await writeFile(
    config,
    "set -g remain-on-exit on\nset -g status off\nset -g default-terminal screen-256color\nset -g exit-empty off\n",
  );
  const clean = { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", TERM: "xterm-256color" };
  const tmux = async (args: string[], input?: string) =>
    (
      await execa("tmux", ["-S", socket, "-f", config, ...args], {
        env: clean,
        extendEnv: false,
        ...(input === undefined ? {} : { input }),
        stripFinalNewline: false,
      })
    ).stdout;
  const format = async (text: string) => (await tmux(["display-message", "-p", "-t", "a", text])).trimEnd();
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // The trap keeps the shell, not the program, alive through a hang-up and Ctrl-C: it has to tell that the program has ended.
  // Then the pane is held open: tmux scrolls a dead pane's screen to write that it is dead.
  const shell = ["sh", "-c", 'trap : HUP INT; "$@"; echo $? > "$0"; trap - HUP INT; exec cat > /dev/null', code];
  const withEnv = [...shell, "env", "-u", "TMUX", "-u", "TMUX_PANE", ...assignments, ...argv];
  // The pipe is set up before the program starts, so that no byte of it is missed.
  await tmux(["new-session", "-d", "-s", "a", "-x", String(cols), "-y", String(rows), "-c", cwd, "cat"]);
  await tmux(["pipe-pane", "-t", "a", `cat > '${raw}'`]);
  await tmux(["respawn-pane", "-k", "-t", "a", "-c", cwd, ...withEnv]);
  const group = Number(await format("#{pane_pid}"));
  const exit = async () => {
    const written = await readFile(code, "utf8").catch(() => "");
    return written.endsWith("\n") ? Number(written) : undefined;
  };

  return {
    raw,
    async rows() {
      return (await tmux(["capture-pane", "-p", "-t", "a"]))
        .split("\n")
        .slice(0, rows)
        .map((row) => row.trimEnd());
    },
    text: () => tmux(["capture-pane", "-p", "-t", "a"]),
    title: () => format("#{pane_title}"),
    rang: async () => (await format("#{window_bell_flag}")) === "1",
    async cursor() {
      const [row, col, visible] = (await format("#{cursor_y} #{cursor_x} #{cursor_flag}")).split(" ").map(Number);
      return { row: row ?? 0, col: col ?? 0, visible: visible === 1 };
    },
    async paste(text) {
      await tmux(["load-buffer", "-b", "p", "-"], text);
      await tmux(["paste-buffer", "-d", "-p", "-b", "p", "-t", "a"]);
    },
    async keys(...names) {
      await tmux(["send-keys", "-t", "a", ...names]);
    },
    exit,
    async close() {
      await tmux(["kill-server"]).catch(() => undefined);
      const ended = () => vi.waitFor(async () => expect(await exit()).toBeDefined(), { timeout: GRACE, interval: 20 });
      await ended().catch(() => killGroup(group));
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** What devflow would see of the pane now. */
export async function seen(pane: BarePane): Promise<Observation> {
  const [rows, cursor, title, code] = [await pane.rows(), await pane.cursor(), await pane.title(), await pane.exit()];
  const written = await readFile(pane.raw, "utf8").catch(() => "");
  const status = [...written.matchAll(/\x1b\]7501;([^\x07\x1b]*)/g)]
    .map(([, text = ""]) => programStatus(text))
    .findLast((one) => one !== undefined);
  const now = Date.now();
  return {
    screen: { rows, cursor, title },
    lastOutputAt: now,
    now,
    exit: code === undefined ? undefined : { code },
    programStatus: status && { status, at: now },
  };
}
