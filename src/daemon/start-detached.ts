/** Starts the daemon as a process of its own that outlives this one, and waits until it answers or has said why not. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FAILURES, Failure, failureSaid } from "../domain/failure.ts";
import type { Places } from "../domain/places.ts";
import { systemProblem } from "../domain/system-problem.ts";
import { findDaemon } from "../protocol/find-daemon.ts";
import { makeDirectory } from "./directories.ts";
import { logFile } from "./parts.ts";

/** A cold start on a busy machine, opening a large database; nobody waits longer without wanting to know why. */
const START_MS = 30_000;
/** Between two looks whether it answers. */
const LOOK_MS = 20;
const PING_MS = 2_000;

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
  makeDirectory(dirname(log));
  const output = openLog(log);
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
  let ended: Failure | undefined;
  let lostRace = false;
  child.once("error", (error) => {
    ended = notStarted(error.message);
  });
  child.once("exit", (code, signal) => {
    lostRace = code === FAILURES["daemon.already_running"].exit;
    ended =
      failureIn(log, saidBefore) ?? notStarted(signal ? `it was ended by ${signal}` : `it exited with code ${code}`);
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
    if (ended !== undefined && !lostRace) throw ended;
    if (Date.now() > deadline) {
      child.kill("SIGTERM");
      child.unref();
      throw ended ?? notStarted(`it has not answered for ${startMs / 1000} s`);
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

const notStarted = (problem: string): Failure => new Failure("daemon.start_failed", { problem });

function openLog(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (cause) {
    throw new Failure("home.unusable", { path, problem: systemProblem(cause) }, { cause });
  }
}

/** What the daemon has said since `from`: its own failure, else the line that names the error of a crash, else the last one. */
function failureIn(log: string, from: number): Failure | undefined {
  const lines = readFileSync(log).subarray(from).toString("utf8").split("\n");
  const own = lines.map(failureSaid).findLast((failure) => failure !== undefined);
  if (own !== undefined) return own.code === "internal" ? notStarted(own.message) : own;
  const plain = lines.filter((line) => line.trim() !== "" && !line.startsWith("{"));
  // What ends Node itself is said above a stack of addresses.
  const reason =
    plain.find((line) => /^\w*Error\b|\bAssertion failed\b/.test(line))?.replace(/^[\s#]+/, "") ?? plain.at(-1);
  return reason === undefined ? undefined : notStarted(reason);
}
