/** Connects to the daemon, and starts it first when none answers. Without packages. */
import { join } from "node:path";
import { Failure, failureSaid } from "../domain/failure.ts";
import type { Places } from "../domain/places.ts";
import { say } from "../messages/say.ts";
import { findDaemon } from "../protocol/find-daemon.ts";
import { checkPlaces, placesHere } from "../protocol/here.ts";
import { installedAt } from "../protocol/installation.ts";
import { type Client, connect } from "./client.ts";

export interface ConnectOptions {
  /** Whether a daemon may be started. */
  start: boolean;
  /** Called before it is started, to say so. */
  onStart: () => void;
  env?: NodeJS.ProcessEnv;
  /** The command line of devflowd. */
  devflowd?: readonly [string, ...string[]];
}

/** A client of this environment's daemon, or the failure that tells why there is none. */
export async function connectOrStart({ start, onStart, env = process.env, devflowd }: ConnectOptions): Promise<Client> {
  const places = placesHere(env);
  checkPlaces(places);
  const there = await connect(places.socket).catch(() => undefined);
  if (there !== undefined) return there;
  const running = await socketOf(places);
  if (running !== undefined) return connect(running);
  if (!start) throw new Failure("daemon.unreachable", { socket: places.socket });
  onStart();
  await startDaemon(devflowd ?? [process.execPath, join(installedAt(), "bin", "devflowd")], env);
  return connect((await socketOf(places)) ?? places.socket);
}

/** Where the daemon of these places answers, if it does. */
async function socketOf(places: Places): Promise<string | undefined> {
  const found = await findDaemon(places);
  found?.link.close();
  return found?.socket;
}

/** Runs `devflowd start`, which ends once the daemon answers. That somebody else was faster is fine. */
async function startDaemon([command, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn(command, [...args, "start", "--json"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) =>
      reject(new Failure("daemon.start_failed", { problem: error.message }, { cause: error })),
    );
    child.once("close", resolve);
  });
  if (code === 0) return;
  const failure =
    failureSaid(said.trim().split("\n").at(-1) ?? "") ??
    new Failure("daemon.start_failed", { problem: crash(said) ?? say("daemon.ended_with", { code: code ?? "?" }) });
  if (failure.code !== "daemon.already_running") throw failure;
}

/** The line that names the error in what Node prints of a crash. */
const crash = (text: string): string | undefined => {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1))?.trim();
};
