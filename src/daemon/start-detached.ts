/** Starts the daemon as a process of its own that outlives this one, and waits until it answers or has said why not. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FAILURES, Failure } from "../domain/failure.ts";
import type { Places } from "../domain/places.ts";
import { findDaemon } from "../protocol/find-daemon.ts";
import { logFile } from "./parts.ts";

/** A cold start on a busy machine, opening a large database; nobody waits longer without wanting to know why. */
const START_MS = 30_000;
/** Between two looks whether it answers. */
const LOOK_MS = 20;
const PING_MS = 2_000;

/** The mark of a failure among what a daemon that could not start has said. */
export const SAID_BY_DAEMON = "devflowd: ";

export interface DetachedOptions {
  places: Places;
  /** The command line of a foreground daemon. */
  argv: readonly [string, ...string[]];
  env: NodeJS.ProcessEnv;
  startMs?: number;
}

/** Resolves to the pid of the daemon that answers: ours, or that of whoever was faster. */
export async function startDetached({ places, argv, env, startMs = START_MS }: DetachedOptions): Promise<number> {
  const log = logFile(places);
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
  const output = openSync(log, "a", 0o600);
  const saidBefore = statSync(log).size;
  const [command, ...args] = argv;
  // Its working directory is its own, so that it holds no directory of the user's; relative paths would mean another place there.
  const child = spawn(command, args, {
    cwd: places.state,
    env: { ...env, ...absolute(env, "DEVFLOW_HOME"), ...absolute(env, "DEVFLOW_RUNTIME_DIR") },
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let ended: string | undefined;
  let lostRace = false;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code, signal) => {
    lostRace = code === FAILURES["daemon.already_running"].exit;
    ended = reasonIn(log, saidBefore) ?? (signal ? `it was ended by ${signal}` : `it exited with code ${code}`);
  });

  const deadline = Date.now() + startMs;
  for (;;) {
    const pid = await answering(places);
    if (pid !== undefined && pid === child.pid) {
      child.unref();
      return pid;
    }
    if (pid !== undefined) {
      // Somebody was faster. Ours must not live on to take over later, from one that was stopped meanwhile.
      if (ended === undefined) child.kill("SIGTERM");
      while (ended === undefined) await new Promise((next) => setTimeout(next, LOOK_MS));
      return pid;
    }
    // Whoever won holds the lock and will answer soon.
    if (ended !== undefined && !lostRace) throw new Failure("daemon.start_failed", { problem: ended });
    if (Date.now() > deadline) {
      child.kill("SIGTERM");
      child.unref();
      throw new Failure("daemon.start_failed", { problem: ended ?? `it has not answered for ${startMs / 1000} s` });
    }
    await new Promise((next) => setTimeout(next, LOOK_MS));
  }
}

/** The pid of a daemon that answers here. */
export async function answering(places: Places): Promise<number | undefined> {
  const found = await findDaemon(places);
  if (found === undefined) return undefined;
  const answer = await found.link.call("daemon.ping", {}, PING_MS).catch(() => undefined);
  found.link.close();
  return answer?.pid;
}

const absolute = (env: NodeJS.ProcessEnv, name: string): NodeJS.ProcessEnv =>
  env[name] ? { [name]: resolve(env[name]) } : {};

/** What the daemon has said since `from`: its own sentence, else the last line, which a crash of Node leaves. */
function reasonIn(log: string, from: number): string | undefined {
  const lines = readFileSync(log).subarray(from).toString("utf8").split("\n");
  const plain = lines.filter((line) => line.trim() !== "" && !line.startsWith("{"));
  const own = plain.findLast((line) => line.startsWith(SAID_BY_DAEMON));
  return own?.slice(SAID_BY_DAEMON.length) ?? plain.find((line) => /^\w*Error\b/.test(line)) ?? plain.at(-1);
}
