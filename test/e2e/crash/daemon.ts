/** One life of a devflowd that a test starts itself, so that it sees how that life ends. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../../../src/domain/failure.ts";
import { type Link, openLink } from "../../../src/protocol/link.ts";
import type { MethodName, ParamsIn, Result } from "../../../src/protocol/methods.ts";
import type { World } from "../../support/world.ts";

/** A start on a machine that has much else to do. */
const START_MS = 30_000;
const LOOK_MS = 10;

export interface Life {
  readonly pid: number;
  /** How it has ended: the signal that killed it, or its exit code. */
  readonly end: string | undefined;
  /** `undefined` when the daemon was gone before it answered. */
  call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M> | undefined>;
  kill(): Promise<void>;
  /** Stops it in good order. */
  stop(): Promise<void>;
}

/**
 * A link to this daemon and no other. One that is killed while it starts a program leaves a copy of itself for a moment, which holds its
 * socket until it has become that program: who connects then is cut off.
 */
async function linkTo(socket: string, pid: number | undefined): Promise<Link | undefined> {
  const link = await openLink(socket).catch(() => undefined);
  const answer = await link?.call("daemon.ping", {}).catch(() => undefined);
  if (answer?.pid === pid) return link;
  link?.close();
  return undefined;
}

/** Starts the devflowd of an installation; resolves once it answers, or has ended. */
export async function live(w: World, installation: string, env: Readonly<Record<string, string>> = {}): Promise<Life> {
  const state = join(w.home, "state");
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const output = openSync(join(state, "crash.out"), "a", 0o600);
  const argv = [join(installation, "bin", "devflowd"), "start", "--foreground", "--json"];
  const child = spawn(process.execPath, argv, {
    env: { ...w.env, ...env },
    cwd: state,
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let end: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      end = signal ?? `exit code ${code}`;
      resolve();
    });
  });
  const socket = join(w.home, "run", "devflowd.sock");
  let link: Link | undefined;
  const deadline = Date.now() + START_MS;
  while (end === undefined && link === undefined && Date.now() < deadline) {
    link = await linkTo(socket, child.pid);
    link ??= await pause(LOOK_MS);
  }
  if (end === undefined && link === undefined) {
    child.kill("SIGKILL");
    throw new Error(`devflowd does not answer:\n${readFileSync(join(state, "crash.out"), "utf8").slice(-2_000)}`);
  }
  return {
    pid: child.pid ?? 0,
    get end() {
      return end;
    },
    async call(method, params) {
      try {
        return await link?.call(method, params);
      } catch (error) {
        const gone = error instanceof Failure && error.code === "daemon.unreachable";
        if (!gone) throw error;
        await ended;
        return undefined;
      }
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
