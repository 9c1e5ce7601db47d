/** Which processes there are: from `/proc` on Linux, from `ps` elsewhere (which cannot tell environments). */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { promisify } from "node:util";

export interface ProcessEntry {
  pid: number;
  parent: number;
  /** The process session (not a devflow session), where it is known. */
  group: number | undefined;
  /** With the pid, names this process for ever (until the next boot). */
  startedAt: string;
  /** The devflow session whose mark it carries. */
  mark: string | undefined;
  /** The run whose mark it carries. */
  run: string | undefined;
  /** The call within that session whose mark it carries. */
  call: string | undefined;
}

/** Reading one process takes some 0.03 ms: after this many the event loop gets its turn. */
const PROCESSES_A_TURN = 100;
const MARK = "DEVFLOW_SESSION=";
const CALL_MARK = "DEVFLOW_CALL=";
const RUN_MARK = "DEVFLOW_RUN=";
const hasProc = process.platform === "linux";

export async function processTable(): Promise<ProcessEntry[]> {
  return hasProc ? fromProc() : fromPs();
}

/** Whether this very process still runs; a zombie does not. */
export async function stillRuns({ pid, startedAt }: ProcessEntry): Promise<boolean> {
  if (hasProc) return procStat(pid)?.startedAt === startedAt;
  return (await fromPs(pid)).some((entry) => entry.startedAt === startedAt);
}

async function fromProc(): Promise<ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  let turn = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    if (++turn % PROCESSES_A_TURN === 0) await breathe();
    const stat = procStat(Number(name));
    if (stat) entries.push({ ...stat, ...procMarks(stat.pid) });
  }
  return entries;
}

function procStat(pid: number): Omit<ProcessEntry, "mark" | "call" | "run"> | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The command's name stands in brackets and may hold anything, brackets included: what counts follows the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent, , session] = fields;
  const startedAt = fields[19];
  if (state === "Z" || state === "X" || startedAt === undefined) return undefined;
  return { pid, parent: Number(parent), group: Number(session), startedAt };
}

function procMarks(pid: number): Pick<ProcessEntry, "mark" | "call" | "run"> {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    const marked = (name: string) => environment.find((variable) => variable.startsWith(name))?.slice(name.length);
    return { mark: marked(MARK), call: marked(CALL_MARK), run: marked(RUN_MARK) };
  } catch {
    // Another user's process, or gone.
    return { mark: undefined, call: undefined, run: undefined };
  }
}

async function fromPs(pid?: number): Promise<ProcessEntry[]> {
  const which = pid === undefined ? ["-ax"] : ["-p", String(pid)];
  const columns = ["-o", "pid=", "-o", "ppid=", "-o", "stat=", "-o", "lstart="];
  const answer = await promisify(execFile)("ps", [...which, ...columns], {
    env: { ...process.env, LC_ALL: "C" },
  }).catch(() => undefined);
  return (answer?.stdout ?? "").split("\n").flatMap((line) => {
    const [, id, parent, state, startedAt] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (!id || !parent || !startedAt || state?.startsWith("Z")) return [];
    return [
      {
        pid: Number(id),
        parent: Number(parent),
        group: undefined,
        startedAt,
        mark: undefined,
        call: undefined,
        run: undefined,
      },
    ];
  });
}
