/** devflowd: starts, stops and shows the daemon. */
import { parseArgs } from "node:util";
import { padded } from "../domain/columns.ts";
import { Failure, failureRecord } from "../domain/failure.ts";
import type { Places } from "../domain/places.ts";
import { systemProblem } from "../domain/system-problem.ts";
import { say, speak, told } from "../messages/say.ts";
import { findDaemon } from "../protocol/find-daemon.ts";
import { placesHere } from "../protocol/here.ts";
import { languageHere } from "../protocol/language-here.ts";
import { helpLines } from "./help.ts";
import { printLogs, readable } from "./logs.ts";
import { forgetMalloc, SMALL_HEAP, SMALL_MALLOC } from "./memory.ts";
import { type DaemonParts, logFile } from "./parts.ts";
import { answering, startDetached } from "./start-detached.ts";

const STATUS_MS = 10_000;
const FACT_COLUMNS = 9;

type RealParts = () => Promise<DaemonParts>;

/** Loaded when it is needed, as `foreground.ts` and `stop.ts` are: asking the daemon for its status must not load the daemon. */
const realParts: RealParts = async () => (await import("./compose.ts")).parts;

export async function main(argv: readonly string[], parts: RealParts = realParts): Promise<number> {
  const json = argv.includes("--json");
  process.stdout.on("error", outputBroken);
  try {
    // Programs read English, and so does whoever reads the log.
    await speak(json ? "en" : languageHere());
    return await command(argv, parts);
  } catch (error) {
    const failure =
      error instanceof Failure ? error : new Failure("internal", { problem: String(error) }, { cause: error });
    const record = failureRecord(failure);
    const { message, hint } = told(record);
    if (json) process.stderr.write(`${JSON.stringify({ error: record })}\n`);
    else process.stderr.write(`devflowd: ${message}${hint ? ` (${hint})` : ""}\n`);
    return failure.exit;
  }
}

async function command(argv: readonly string[], parts: RealParts): Promise<number> {
  const { name, what, flags } = understood(argv);
  const places = placesHere();
  switch (name) {
    case "start":
      return flags.foreground ? foreground(places, await parts()) : start(places);
    case "stop": {
      const pid = await stop(places);
      print(pid === undefined ? say("devflowd.none") : say("devflowd.stopped", { pid }));
      return 0;
    }
    case "restart":
      await (await import("./compose/able.ts")).mustComeUp(places);
      await stop(places);
      return start(places);
    case "status":
      return status(places, flags.json);
    case "logs":
      return logs(places, flags);
    case "service": {
      const { service } = await import("./autostart.ts");
      await service(what, places, process.env, print);
      return 0;
    }
    case "help":
      for (const line of helpLines()) print(line);
      return 0;
    default:
      throw new Failure("usage.invalid", {
        problem: name === "" ? say("devflowd.say_what") : say("devflowd.unknown", { name }),
      });
  }
}

function understood(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        foreground: { type: "boolean", default: false },
        follow: { type: "boolean", short: "f", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { name: "help", what: "", flags: values };
    const [name = "", what = ""] = positionals;
    const most = name === "service" ? 2 : 1;
    if (positionals.length > most) throw new Error(say("devflowd.one_word", { word: positionals[most] ?? "" }));
    return { name, what, flags: values };
  } catch (error) {
    throw new Failure("usage.invalid", { problem: error instanceof Error ? error.message : String(error) });
  }
}

/** Set by the process that starts the daemon in the background: its stderr is the log file already. */
const IN_BACKGROUND = "DEVFLOWD_IN_BACKGROUND";

/** What a stopped daemon may still have open that keeps Node going; without a socket nobody could ask it to stop. */
const LINGER_MS = 1_000;

async function foreground(places: Places, parts: DaemonParts): Promise<number> {
  const background = process.env[IN_BACKGROUND] !== undefined;
  delete process.env[IN_BACKGROUND];
  if (background) forgetMalloc(process.env);
  const echo = (line: string) => process.stderr.write(`${readable(line.trimEnd())}\n`);
  // The terminal may go away before the daemon has stopped cleanly.
  process.stderr.on("error", () => {});
  const { runForeground } = await import("./foreground.ts");
  const code = await runForeground({ places, env: process.env, parts, ...(!background && { echo }) });
  setTimeout(() => process.exit(code), LINGER_MS).unref();
  return code;
}

async function start(places: Places): Promise<number> {
  const running = await answering(places);
  if (running !== undefined) throw new Failure("daemon.already_running", { pid: running });
  const [, program = ""] = process.argv;
  const argv = [
    process.execPath,
    ...SMALL_HEAP,
    ...process.execArgv,
    program,
    "start",
    "--foreground",
    "--json",
  ] as const;
  const pid = await startDetached({ places, argv, env: { ...SMALL_MALLOC, ...process.env, [IN_BACKGROUND]: "1" } });
  print(say("devflowd.runs", { pid }));
  return 0;
}

const stop = async (places: Places): Promise<number | undefined> => (await import("./stop.ts")).stopDaemon(places);

async function status(places: Places, json: boolean): Promise<number> {
  const found = await findDaemon(places);
  if (found === undefined) throw new Failure("daemon.unreachable", { socket: places.socket });
  const seen = await found.link.call("daemon.status", {}, STATUS_MS);
  found.link.close();
  if (json) {
    print(JSON.stringify(seen));
    return 0;
  }
  const { version, pid, host, sessions } = seen;
  const { running, waiting } = seen.runs;
  print(say("devflowd.up", { version, pid, since: new Date(seen.startedAt).toISOString() }));
  const facts = [
    [say("devflowd.fact.socket"), seen.socket],
    [say("devflowd.fact.data"), seen.home],
    [say("devflowd.fact.terminals"), seen.paused ? say("devflowd.paused", { host }) : host],
    [say("devflowd.fact.runs"), say("devflowd.work", { running, waiting, sessions })],
    [say("devflowd.fact.memory"), `${seen.memoryMb} MB`],
  ] as const;
  for (const [name, value] of facts) print(`${padded(name, FACT_COLUMNS)} ${value}`);
  for (const { message, hint } of seen.problems)
    print(`${padded(say("devflowd.fact.problem"), FACT_COLUMNS)} ${message} (${hint})`);
  return 0;
}

async function logs(places: Places, { follow, json }: { follow: boolean; json: boolean }): Promise<number> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await printLogs({ file: logFile(places), follow, raw: json, print, signal: stop.signal });
  return 0;
}

/** `devflowd logs | head` closes the pipe: that is enough, not an error. Whatever else breaks the output is one. */
function outputBroken(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`devflowd: ${say("output.broken", { problem: systemProblem(error) })}\n`);
  process.exit(1);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
