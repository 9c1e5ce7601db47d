/** A TypeScript file of `test/support` as a process of its own, and what it says, line by line. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

export interface Child {
  process: ChildProcessByStdio<Writable, Readable, null>;
  /** Everything it has said so far. */
  lines: string[];
  /** Resolves once it has said that many lines; rejects when it ends before. */
  said(lines: number): Promise<void>;
  /** Resolves once it is gone and all that it said has been read. */
  ended: Promise<void>;
}

export function startChild(script: string, ...args: string[]): Child {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const argv = ["--import", "tsx", file, ...args];
  const child = spawn(process.execPath, argv, { cwd: PROJECT, stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const read = new Promise<void>((resolve) => reader.once("close", resolve));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ended = Promise.all([read, gone]).then(() => undefined);
  return {
    process: child,
    lines,
    ended,
    said: (count) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (lines.length >= count) resolve();
        };
        reader.on("line", look);
        look();
        ended.then(() => reject(new Error(`${script} ended after ${lines.length} of ${count} lines`)));
      }),
  };
}
