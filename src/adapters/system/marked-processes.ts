/** Processes that carry devflow's marks and work in one of its directories: other devflow homes have marks of the same kind. */
import { existsSync, readlinkSync, realpathSync } from "node:fs";
import { SessionId } from "../../domain/ids.ts";
import { processTable } from "./process-table.ts";

export interface MarkedProcess {
  pid: number;
  run: string;
  session: SessionId;
}

/** None where environments cannot be read, as on macOS. */
export async function markedProcesses(directories: readonly string[]): Promise<MarkedProcess[]> {
  const real = directories.flatMap((directory) => (existsSync(directory) ? [realpathSync(directory)] : []));
  const here = (pid: number): boolean => {
    const cwd = workingDirectory(pid);
    return cwd !== undefined && real.some((directory) => cwd.startsWith(`${directory}/`));
  };
  return (await processTable()).flatMap(({ pid, mark, run }) => {
    const session = SessionId.safeParse(mark);
    if (!session.success || run === undefined || pid === process.pid || !here(pid)) return [];
    return [{ pid, run, session: session.data }];
  });
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // it has ended
  }
}
