/** Ends every process of a session: TERM, a grace, KILL, and a look for survivors (`src/ports/processes.ts`). */
import { setTimeout as pause } from "node:timers/promises";
import type { Ending, EndProcesses } from "../../ports/processes.ts";
import { type ProcessEntry, processTable, stillRuns } from "./process-table.ts";

/** How often the dying are looked at. */
const LOOK_MS = 20;
/** A killed process is gone within this unless it hangs in the kernel. */
const KILL_WAIT_MS = 2_000;
/** A fork may slip through between looking and killing; nothing has been seen to do so twice. */
const KILL_ROUNDS = 3;

export const endProcesses: EndProcesses = async (ending, graceMs) => {
  const first = await belongingTo(ending);
  for (const one of first) await signal(one, "SIGTERM");
  // A stopped process takes TERM only once it goes on.
  for (const one of first) await signal(one, "SIGCONT");
  await ended(first, graceMs);
  for (let round = 0; round < KILL_ROUNDS; round++) {
    // Children of those that have died meanwhile belong to init now: those without the mark are in `first`.
    const left = unique([...(await belongingTo(ending)), ...(await running(first))]);
    if (left.length === 0) return [];
    for (const one of left) await signal(one, "SIGKILL");
    await ended(left, KILL_WAIT_MS);
  }
  return unique([...(await belongingTo(ending)), ...(await running(first))]).map(({ pid }) => pid);
};

/** P1: the marked, their descendants, and the members of process sessions that one of them leads. */
async function belongingTo({ session, root, call }: Ending): Promise<ProcessEntry[]> {
  // Nothing is inherited through ourselves: a daemon that an agent has started carries that agent's mark.
  const table = (await processTable()).filter(({ pid }) => pid !== process.pid && pid > 1);
  const readable = process.platform === "linux";
  const mine = new Map<number, ProcessEntry>();
  for (const one of table) {
    if ((one.mark === session && (call === undefined || one.call === call)) || (!readable && one.pid === root))
      mine.set(one.pid, one);
  }
  for (let before = -1; before !== mine.size; ) {
    before = mine.size;
    for (const one of table) {
      const related = mine.has(one.parent) || (one.group !== undefined && mine.has(one.group));
      const another = call !== undefined && one.call !== undefined && one.call !== call;
      if (related && !another && (one.mark === undefined || one.mark === session)) mine.set(one.pid, one);
    }
  }
  return [...mine.values()];
}

async function signal(one: ProcessEntry, name: NodeJS.Signals): Promise<void> {
  if (!(await stillRuns(one))) return; // P2
  try {
    process.kill(one.pid, name);
  } catch {
    // It ended in this instant, or is another user's: the look for survivors tells.
  }
}

async function ended(all: readonly ProcessEntry[], withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while ((await running(all)).length > 0 && performance.now() < deadline) await pause(LOOK_MS);
}

async function running(all: readonly ProcessEntry[]): Promise<ProcessEntry[]> {
  const alive: ProcessEntry[] = [];
  for (const one of all) if (await stillRuns(one)) alive.push(one);
  return alive;
}

const unique = (all: readonly ProcessEntry[]) => [...new Map(all.map((one) => [one.pid, one])).values()];
