/** An agent's process that is spoken to over its stdin and stdout. It lives no longer than the daemon that has started it. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { cleanText } from "../../domain/text.ts";
import { mustHaveFiles } from "../system/spare-files.ts";

/** What of stderr is worth keeping as a reason. */
const STDERR_CHARACTERS = 2_000;

export interface AcpProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** How it ended; never rejects. */
  readonly ended: Promise<string>;
  /** The last that it wrote to stderr, on one line. */
  complaint(): string;
}

/** In a process session of its own, so that the whole of it can be ended. */
export function startProcess(argv: readonly string[], cwd: string, env: Readonly<Record<string, string>>): AcpProcess {
  const [program = "", ...args] = argv;
  mustHaveFiles();
  const child = spawn(program, args, { cwd, env: { ...env }, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS);
  });
  // Writing to one that has just ended is found out by its end.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => {});
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    ended: endOf(child),
    complaint: () =>
      cleanText(stderr.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, ""))
        .text.trim()
        .replace(/\s*\n\s*/g, "; "),
  };
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`),
    );
  });
