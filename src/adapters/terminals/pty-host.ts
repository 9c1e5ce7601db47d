/**
 * The pty host: terminals without tmux. Each lives in a holder process of its own (`pty-holder.ts`), so it survives the daemon;
 * this side starts holders, finds them again by their records, and speaks to them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, lstatSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import { SessionId } from "../../domain/ids.ts";
import { shortage } from "../../domain/system-problem.ts";
import type { OutputScrubber } from "../../domain/terminal-scrub.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { TerminalHost, TerminalSpec } from "../../ports/terminal-host.ts";
import { mustHaveFiles } from "../system/spare-files.ts";
import { linkHolder } from "./pty-link.ts";
import { type HolderReady, type HolderStart, readExit, readRecord } from "./pty-record.ts";
import { type PtyTerminal, ptyTerminal } from "./pty-terminal.ts";
import { within } from "./pty-wait.ts";

/** The system cuts longer socket paths silently. */
const SOCKET_PATH_BYTES = 103;
/** The random end of a session's id names its socket: enough to tell sessions apart, short enough for a socket path. */
const SOCKET_NAME_CHARS = 10;
/** Starting Node and a program takes a fraction of this on a loaded machine. */
const START_WAIT_MS = 15_000;
/** What a half-started predecessor of the same session gets to end. */
const LEFTOVER_GRACE_MS = 1_000;
const LOG = "holder.log";

export interface PtyHostOptions {
  /** For the sockets: short, on a local disk, 0700. */
  directory: string;
  /** For records, exits and last output: must survive what the sessions survive. */
  stateDirectory: string;
  /** The command that runs `pty-holder`, every path in it absolute. */
  holder: readonly string[];
  endProcesses: EndProcesses;
  /** Takes secrets out of what is recorded: one for each terminal. */
  scrub?: (() => OutputScrubber) | undefined;
}

export function ptyHost({ directory, stateDirectory, holder, endProcesses, scrub }: PtyHostOptions): TerminalHost {
  const terminals = new Map<SessionId, Promise<PtyTerminal>>();
  const stateOf = (session: SessionId) => join(stateDirectory, session);
  const socketOf = (session: SessionId) => join(directory, `${session.slice(-SOCKET_NAME_CHARS)}.sock`);

  /** The one terminal of a session that has a record. */
  const take = (session: SessionId): Promise<PtyTerminal> | undefined => {
    const known = terminals.get(session);
    const record = readRecord(stateOf(session));
    if (known !== undefined || record === undefined) return known;
    const remove = () => {
      terminals.delete(session);
      rmSync(record.socket, { force: true });
      rmSync(stateOf(session), { recursive: true, force: true });
    };
    const taken = ptyTerminal({ record, directory: stateOf(session), endProcesses, remove, scrub });
    terminals.set(session, taken);
    return taken;
  };

  /** Makes room for a session: its ended terminal, or what a start that was cut short has left. */
  const clear = async (session: SessionId) => {
    const old = await take(session);
    if (old && old.exit === undefined) throw new Error("its terminal is still open");
    if (old) return old.close(LEFTOVER_GRACE_MS);
    if (lstatSync(stateOf(session), { throwIfNoEntry: false }) === undefined) return;
    const link = await linkHolder(socketOf(session), 0, () => {});
    link?.send({ t: "end" });
    await within(LEFTOVER_GRACE_MS, link?.ended, undefined);
    await endProcesses({ session }, LEFTOVER_GRACE_MS);
    rmSync(stateOf(session), { recursive: true, force: true });
  };

  const start = async (spec: TerminalSpec, socket: string) => {
    const state = stateOf(spec.session);
    privateDirectory(state);
    const log = openSync(join(state, LOG), "a", 0o600);
    const [command = "", ...args] = holder;
    mustHaveFiles();
    // A process session of its own, nothing of our environment, and stdin for what must stay secret.
    const child = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", log], env: {}, cwd: "/" });
    closeSync(log);
    child.unref();
    const { env, argv, ...rest } = spec;
    const given: HolderStart = { ...rest, env, argv, socket, directory: state };
    const ready = await within(START_WAIT_MS, firstLine(child, JSON.stringify(given)), {
      problem: "it did not start in time",
    });
    if ("key" in ready) return;
    child.kill("SIGKILL");
    rmSync(state, { recursive: true, force: true });
    throw "error" in ready ? ready.error : new Error(ready.problem);
  };

  return {
    kind: "pty",
    async open(spec) {
      const socket = socketOf(spec.session);
      const bytes = Buffer.byteLength(socket);
      if (bytes > SOCKET_PATH_BYTES) throw new Failure("socket.path_too_long", { path: socket, bytes });
      for (const path of [directory, stateDirectory]) privateDirectory(path);
      try {
        await clear(spec.session);
        await start(spec, socket);
        const opened = await take(spec.session);
        if (opened === undefined) throw new Error("its record is missing");
        return opened;
      } catch (error) {
        if (error instanceof Failure) throw error;
        const short = shortage(error);
        if (short) throw short;
        throw new Failure(
          "terminal.open_failed",
          { label: spec.label, problem: (error as Error).message },
          { cause: error },
        );
      }
    },
    adopt: async (session) => take(session),
    async list() {
      const found = recorded(stateDirectory).flatMap((session) => readRecord(stateOf(session)) ?? []);
      return Promise.all(
        found.map(async ({ session, run, key, socket }) => {
          const mine = await terminals.get(session);
          const ended = mine ? mine.exit !== undefined : readExit(stateOf(session)) !== undefined;
          return { session, run, key, alive: !ended && (mine !== undefined || (await answers(socket))) };
        }),
      );
    },
    async release() {
      const all = [...terminals.values()];
      terminals.clear();
      for (const terminal of await Promise.allSettled(all))
        if (terminal.status === "fulfilled") await terminal.value.release();
    },
  };
}

/** There is no holder: the system has refused one. */
interface NotStarted {
  problem: string;
  error: Error;
}

const recorded = (stateDirectory: string): SessionId[] => {
  if (lstatSync(stateDirectory, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(stateDirectory).flatMap((name) => SessionId.safeParse(name).data ?? []);
};

async function answers(socket: string): Promise<boolean> {
  const link = await linkHolder(socket, 0, () => {});
  link?.close();
  return link !== undefined;
}

/** Gives a holder its start and waits for the one line that it says. */
function firstLine(child: ChildProcess, given: string): Promise<HolderReady | NotStarted> {
  return new Promise((resolve) => {
    let said = "";
    const done = (ready: HolderReady | NotStarted) => {
      child.stdout?.destroy();
      resolve(ready);
    };
    child.on("error", (error) => done({ problem: error.message, error }));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("\n")) done(JSON.parse(said) as HolderReady);
    });
    child.stdout?.on("end", () => done({ problem: `its holder ended at once; ${LOG} has more` }));
    // A holder that ends before it has read says why on stdout.
    child.stdin?.on("error", () => {});
    child.stdin?.end(given);
  });
}

/** A directory that nobody else can look into, made when it is not there. */
function privateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(path);
  const unsafe = (problem: string) => new Failure("socket.unsafe_directory", { path, problem });
  if (!lstatSync(path).isDirectory()) throw unsafe("it is not a directory");
  if (uid !== process.getuid?.()) throw unsafe("it belongs to another user");
  if ((mode & 0o077) !== 0) throw unsafe(`its mode is ${(mode & 0o777).toString(8)}`);
}
