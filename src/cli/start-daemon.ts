/** Connects to the daemon, and starts it first when none answers. Without packages. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Failure, failureFrom } from "../domain/failure.ts";
import type { Places } from "../domain/places.ts";
import { findDaemon } from "../protocol/find-daemon.ts";
import { checkPlaces, placesHere } from "../protocol/here.ts";
import { installedAt } from "../protocol/installation.ts";
import { type Client, connect } from "./client.ts";

export interface ConnectOptions {
  /** Whether a daemon may be started. */
  start: boolean;
  /** Called before it is started, to say so. */
  onStart: () => void;
  places?: Places;
  /** The command line of devflowd. */
  devflowd?: readonly [string, ...string[]];
}

/** A client of the daemon of these places, or the failure that tells why there is none. */
export async function connectOrStart({
  start,
  onStart,
  places = placesHere(),
  devflowd,
}: ConnectOptions): Promise<Client> {
  checkPlaces(places);
  const there = await connect(places.socket).catch(() => undefined);
  if (there !== undefined) return there;
  const elsewhere = await findDaemon(places);
  elsewhere?.link.close();
  if (elsewhere !== undefined) return connect(elsewhere.socket);
  if (!start) throw new Failure("daemon.unreachable", { socket: places.socket });
  onStart();
  await startDaemon(devflowd ?? [process.execPath, join(installedAt(), "bin", "devflowd")]);
  const found = await findDaemon(places);
  found?.link.close();
  return connect(found?.socket ?? places.socket);
}

/** Runs `devflowd start`, which ends once the daemon answers. That somebody else was faster is fine. */
async function startDaemon([command, ...args]: readonly [string, ...string[]]): Promise<void> {
  const child = spawn(command, [...args, "start", "--json"], { stdio: ["ignore", "ignore", "pipe"] });
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
    failureSaid(said) ?? new Failure("daemon.start_failed", { problem: said.trim() || `devflowd ended with ${code}` });
  if (failure.code !== "daemon.already_running") throw failure;
}

function failureSaid(text: string): Failure | undefined {
  const line = text.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) return undefined;
  try {
    return failureFrom((JSON.parse(line) as { error?: unknown }).error);
  } catch {
    return undefined;
  }
}
