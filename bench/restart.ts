/**
 * What a long past costs a start: a daemon that was killed is started again over a million events, and over a log that holds
 * nothing but the runs that both have to take up. From the process's start until every run is taken up.
 */
import { spawn } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { auditLog } from "../src/adapters/audit/audit-log.ts";
import { openEventLog } from "../src/adapters/storage/sqlite-event-log.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { keepAuditTrail } from "../src/daemon/audit-trail.ts";
import { SMALL_HEAP } from "../src/daemon/memory.ts";
import { silent } from "../test/support/fakes.ts";
import { destroyTmux } from "../test/support/tmux-home.ts";
import { type Figure, median } from "./figure.ts";
import { endedRuns, waitingRuns } from "./past-log.ts";

const MOST = 1.5;
const EVENTS = 1_000_000;
const WAITING = 10;
const STARTS = 9;
/** Said by the daemon once nothing of its start is left to do. */
const UP = "every run is taken up";
/** Between two looks at how far the audit record has come. */
const LOOK_MS = 50;
const root = join(import.meta.dirname, "..");

export async function restartBench(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  const [empty, full] = [join(folder, "empty"), join(folder, "full")];
  try {
    const events = await endedRuns(databaseOf(full), EVENTS);
    for (const home of [empty, full]) await waitingRuns(databaseOf(home), WAITING);
    for (const home of [empty, full]) await audited(home);
    const times = { empty: [] as number[], full: [] as number[] };
    // The first start of each is not like the others: the system has to read the program and the file.
    for (let n = 0; n <= STARTS; n += 1) {
      const [one, other] = [await started(empty), await started(full)];
      if (n === 0) continue;
      times.empty.push(one);
      times.full.push(other);
    }
    const value = median(times.full) / median(times.empty);
    const megabytes = statSync(databaseOf(full)).size / 1024 ** 2;
    return [
      {
        figure: `restart after SIGKILL with ${events} events in the log, over an empty log`,
        value,
        bar: `≤ ${MOST}`,
        ok: value <= MOST,
        detail: `${median(times.full).toFixed(0)} ms over ${median(times.empty).toFixed(0)} ms, ${WAITING} runs to take up, ${megabytes.toFixed(0)} MB`,
      },
    ];
  } finally {
    for (const home of [empty, full]) await destroyTmux(join(home, "run", "t"));
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

function databaseOf(home: string): string {
  mkdirSync(join(home, "data"), { recursive: true, mode: 0o700 });
  return join(home, "data", "devflow.db");
}

/** Takes the log into the audit record, as the daemons that have run there would have. */
async function audited(home: string): Promise<void> {
  const log = openEventLog({ file: databaseOf(home) });
  const audit = auditLog({
    directory: join(home, "data"),
    anchor: join(home, "state", "audit.db"),
    onProblem: (problem) => process.stderr.write(`${problem}\n`),
  });
  const clock = systemClock();
  const enough = new AbortController();
  const done = keepAuditTrail({ log, audit, clock, journal: silent }, enough.signal);
  // The last event of all is one that is recorded.
  while (audit.after().cursor < log.head()) await clock.sleep(LOOK_MS);
  enough.abort();
  await done;
  audit.close();
  log.close();
}

/** Starts the daemon and kills it once it is up; answers with the milliseconds between. */
async function started(home: string): Promise<number> {
  const from = performance.now();
  const child = spawn(process.execPath, [...SMALL_HEAP, join(root, "bin", "devflowd"), "start", "--foreground"], {
    env: { ...process.env, DEVFLOW_HOME: home },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let said = "";
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      said += `${line}\n`;
      if (line.includes(UP)) return performance.now() - from;
    }
    throw new Error(`the daemon did not come up:\n${said}`);
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
}
