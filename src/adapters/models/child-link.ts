/** A model agent's process as the daemon holds it: started with its own process group, spoken to over IPC, its end told once. */
import { fork } from "node:child_process";
import { FromChild, type ToChild } from "./session-protocol.ts";

export interface ChildProgram {
  /** The file that Node runs. */
  file: string;
  /** Flags of Node before it. */
  nodeFlags?: readonly string[];
}

export interface ChildLinkOptions {
  program: ChildProgram;
  env: Readonly<Record<string, string>>;
  cwd: string;
  heard(message: FromChild): void;
  /** Called once, after the last message; `why` is what can be said of its end. */
  ended(why: string): void;
}

export interface ChildLink {
  readonly pid: number | undefined;
  /** What cannot be sent any more is not: the process's end is told soon. */
  send(message: ToChild): void;
  /** Closes the channel: the process ends by itself. */
  disconnect(): void;
  /** Resolves when the process has ended. */
  readonly over: Promise<void>;
}

/** What of stderr goes into a reason. */
const REASON_CHARACTERS = 300;

export function childLink({ program, env, cwd, heard, ended }: ChildLinkOptions): ChildLink {
  const child = fork(program.file, [], {
    cwd,
    env: { ...env },
    execArgv: [...(program.nodeFlags ?? [])],
    // A process group and a terminal session of its own: Ctrl-C at the daemon's terminal is not meant for it.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  let confused = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-REASON_CHARACTERS);
  });
  child.on("message", (message) => {
    const parsed = FromChild.safeParse(message);
    if (parsed.success) heard(parsed.data);
    else confused = `it said something that is no message (${parsed.error.issues[0]?.message ?? ""})`;
  });
  const over = new Promise<void>((resolve) => {
    let told = false;
    const tell = (why: string) => {
      if (told) return;
      told = true;
      ended([why, confused, stderr.trim()].filter(Boolean).join(": "));
      resolve();
    };
    child.once("error", (error) => tell(`its process could not be started: ${error.message}`));
    // `close` and not `exit`: what it said last has been read by then. A grandchild may hold stderr open for ever, though.
    child.once("exit", (code, signal) => {
      const why = signal === null ? `its process ended with exit code ${code}` : `its process was ended by ${signal}`;
      setTimeout(() => tell(why), LAST_WORDS_MS);
      child.once("close", () => tell(why));
    });
  });
  return {
    get pid() {
      return child.pid;
    },
    send: (message) => {
      if (child.connected) child.send(message, () => {}); // a channel that breaks meanwhile is told by the process's end
    },
    disconnect: () => {
      if (child.connected) child.disconnect();
    },
    over,
  };
}

/** What a process that has ended said last is read within this. */
const LAST_WORDS_MS = 500;
