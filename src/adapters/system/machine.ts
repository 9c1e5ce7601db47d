/** What this machine has: programs and what they say, room on disks, and who may read what. */
import { execFile } from "node:child_process";
import { chmod, lstat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "./whole-file.ts";

export type Said =
  | { kind: "said"; text: string }
  | { kind: "failed"; text: string }
  | { kind: "missing" }
  | { kind: "late" };

/** What a program says, within a time. */
export function said(
  program: string,
  args: readonly string[],
  { env, timeoutMs }: { env: Readonly<Record<string, string | undefined>>; timeoutMs: number },
): Promise<Said> {
  return new Promise((resolve) => {
    const options = { env: { ...env }, timeout: timeoutMs, killSignal: "SIGKILL" as const, maxBuffer: 64 * 1024 };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const text = `${stdout}${stderr}`.trim();
      if (!error) return resolve({ kind: "said", text });
      if (errorCode(error) === "ENOENT") return resolve({ kind: "missing" });
      resolve(error.killed ? { kind: "late" } : { kind: "failed", text: text || error.message });
    });
    child.stdin?.end();
  });
}

/** Of the file system that holds this path, which need not exist. */
export async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    return freeBytes(dirname(path));
  }
}

export interface Rights {
  directory: boolean;
  link: boolean;
  uid: number;
  mode: number;
}

/** Undefined when nothing is there. */
export async function rightsOf(path: string): Promise<Rights | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  return found && { directory: found.isDirectory(), link: found.isSymbolicLink(), uid: found.uid, mode: found.mode };
}

export const setMode = (path: string, mode: number): Promise<void> => chmod(path, mode);
