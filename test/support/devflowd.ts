/** Runs devflowd (over a stub engine) as real processes in a throw-away home, and ends every one that it started. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { instanceHolder } from "../../src/adapters/system/instance-lock.ts";
import { logFile } from "../../src/daemon/parts.ts";
import { lockFile } from "../../src/domain/places.ts";
import { throwawayHome } from "./socket-daemon.ts";

export const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
export const STUB_DEVFLOWD = [process.execPath, "--import", TSX, `${import.meta.dirname}/stub-devflowd.ts`] as const;

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

export interface DevflowdHome extends ReturnType<typeof throwawayHome> {
  /** Runs a command to its end. */
  devflowd(args: readonly string[], env?: Record<string, string>): Promise<Ran>;
  /** Starts a process and leaves it running. */
  spawn(args: readonly string[], env?: Record<string, string>): ChildProcess;
  log(): string;
  /** The pid of the daemon that holds this home. */
  holder(): number | undefined;
}

export function devflowdHome(): DevflowdHome {
  const home = throwawayHome();
  const children: ChildProcess[] = [];
  const lock = lockFile(home.places);
  const start = (args: readonly string[], env: Record<string, string> = {}) => {
    const [node, ...rest] = STUB_DEVFLOWD;
    const child = spawn(node, [...rest, ...args], {
      env: { ...process.env, ...home.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    return child;
  };
  return {
    ...home,
    spawn: start,
    devflowd: (args, env) =>
      new Promise((resolve) => {
        const child = start(args, env);
        let out = "";
        let err = "";
        child.stdout?.on("data", (chunk) => {
          out += chunk;
        });
        child.stderr?.on("data", (chunk) => {
          err += chunk;
        });
        child.once("close", (code) => resolve({ code, out, err }));
      }),
    log: () => readFileSync(logFile(home.places), "utf8"),
    holder: () => instanceHolder(lock),
    remove() {
      const daemon = instanceHolder(lock);
      if (daemon !== undefined) process.kill(daemon, "SIGKILL");
      for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
      home.remove();
    },
  };
}
