/**
 * What the event log costs over SQLite itself: durable appends against bare commits of one row, at the same `synchronous`.
 *
 * Both sides take turns in rounds, on the same disk within seconds of each other; the medians of the rounds are compared.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SQLite from "better-sqlite3";
import { openEventLog } from "../src/adapters/storage/sqlite-event-log.ts";
import { systemIds } from "../src/adapters/system/ids.ts";
import type { RunEvent, RunStarted } from "../src/domain/event.ts";
import type { RunId, SessionId } from "../src/domain/ids.ts";
import { Template } from "../src/domain/template.ts";
import type { EventLog } from "../src/ports/event-log.ts";

export interface Figure {
  figure: string;
  value: number;
  bar: string;
  ok: boolean;
  detail: string;
}

const ROUNDS = 9;
/** Commits of a round: enough for a rate, few enough that a round sees one mood of the disk. */
const COMMITS = 150;
const APPENDERS = 64;
const EACH = 12;
/** Runs that have ended before: cost must not depend on them. */
const FINISHED = [100, 10_000] as const;

/** A phase's attempts without end: an attempt and its prompt in turn, of the size that events have (some 350 bytes). */
const nth = (number: number): RunEvent =>
  number % 2 === 1
    ? { type: "phase.started", phase: "specify", attempt: number, round: 1, cause: "rejected", comment: COMMENT }
    : {
        type: "prompt.sending",
        key: `prompt/specify/${number}/1`,
        phase: "specify",
        attempt: number,
        number: 1,
        session: "01JZ8N3V000000QK5RTXW9YB4M" as SessionId,
        purpose: "work",
        sha256: "c".repeat(64),
        bytes: 4_000,
        file: "/home/someone/work/shop/.devflow/prompts/specify-1.md",
      };

const COMMENT = "The second requirement cannot be tested as it is written. Say what a user would see. ".repeat(3);

export async function eventLogBench(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "devflow-bench-"));
  try {
    const raw = bareCommits(join(folder, "bare.db"));
    const log = openEventLog({ file: join(folder, "devflow.db") });
    const runs = await startRuns(log, APPENDERS);
    const rates = { bare: [] as number[], alone: [] as number[], together: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.bare.push(await rate(COMMITS, async () => raw.commit(COMMITS)));
      rates.alone.push(await rate(COMMITS, () => appendTo(log, runs.slice(0, 1), COMMITS)));
      rates.together.push(await rate(APPENDERS * EACH, () => appendTo(log, runs, EACH)));
    }
    log.close();
    raw.close();
    const flat = await flatness(folder);
    const bare = median(rates.bare);
    return [
      ratio("durable appends, alone / bare commits", median(rates.alone), bare, 0.5),
      ratio(`durable appends, ${APPENDERS} at once / bare commits`, median(rates.together), bare, 5),
      flat,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Appends after 10 000 finished runs against appends after 100, not waiting for the disk so that work itself shows. */
async function flatness(folder: string): Promise<Figure> {
  const [fewRuns, manyRuns] = FINISHED;
  const few = openEventLog({ file: join(folder, "few.db") });
  const many = openEventLog({ file: join(folder, "many.db") });
  await finishRuns(few, fewRuns);
  await finishRuns(many, manyRuns);
  const sides = [
    { log: few, runs: await startRuns(few, 1), rates: [] as number[] },
    { log: many, runs: await startRuns(many, 1), rates: [] as number[] },
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { log, runs, rates } of sides) {
      rates.push(await rate(COMMITS * 4, () => appendTo(log, runs, COMMITS * 4, false)));
    }
  }
  const [before = 0, after = 0] = sides.map(({ rates }) => median(rates));
  for (const { log } of sides) log.close();
  return ratio(`appends after ${manyRuns} finished runs / after ${fewRuns}`, after, before, 0.8);
}

function bareCommits(file: string): { commit(times: number): void; close(): void } {
  const database = new SQLite(file);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(
    "CREATE TABLE events (cursor INTEGER PRIMARY KEY, run TEXT, position INTEGER, at INTEGER, event TEXT, UNIQUE (run, position))",
  );
  const insert = database.prepare("INSERT INTO events (run, position, at, event) VALUES (?, ?, ?, ?)");
  let position = 0;
  return {
    commit(times) {
      for (let n = 0; n < times; n++) {
        position += 1;
        insert.run("01JZ8N3V000000QK5RTXW9YB4M", position, Date.now(), JSON.stringify(nth(position)));
      }
    },
    close: () => void database.close(),
  };
}

interface Run {
  id: RunId;
  position: number;
}

const ids = systemIds();

async function startRuns(log: EventLog, count: number): Promise<Run[]> {
  const runs = Array.from({ length: count }, () => ({ id: ids.next() as RunId, position: 1 }));
  await Promise.all(runs.map(({ id }) => log.append(id, 0, [startOf(id)], { at: Date.now() })));
  return runs;
}

async function finishRuns(log: EventLog, count: number): Promise<void> {
  const told = (id: RunId): RunEvent[] => [startOf(id), { type: "run.completed" }];
  for (let done = 0; done < count; done += 250) {
    const some = Array.from({ length: Math.min(250, count - done) }, () => ids.next() as RunId);
    await Promise.all(some.map((id) => log.append(id, 0, told(id), { at: Date.now() })));
  }
}

/** Each run has an appender of its own that waits for its answer before it goes on. */
async function appendTo(log: EventLog, runs: Run[], each: number, durable = true): Promise<void> {
  const work = async (run: Run): Promise<void> => {
    for (let n = 0; n < each; n++) {
      const key = `step/specify/${run.position}`;
      const answer = await log.append(run.id, run.position, [nth(run.position)], { key, durable, at: Date.now() });
      if (answer.kind !== "appended") throw new Error(`append was answered with ${answer.kind}`);
      run.position += 1;
    }
  };
  await Promise.all(runs.map(work));
}

const TEMPLATE = Template.parse({
  name: "bench",
  version: 1,
  description: "One phase",
  roles: { author: { requires: ["spec"] } },
  phases: [{ id: "specify", role: "author", produces: { schema: "spec" } }],
});

const startOf = (id: RunId): RunStarted => ({
  type: "run.started",
  repo: `/home/someone/${id}`,
  base: "main",
  baseCommit: "4f2a".repeat(10),
  goal: "Measure",
  template: TEMPLATE,
  templateHash: "a".repeat(64),
  bindings: {},
  schemas: {},
  warnings: [],
});

/** Times a second. */
async function rate(times: number, work: () => Promise<void>): Promise<number> {
  const from = process.hrtime.bigint();
  await work();
  return (times * 1e9) / Number(process.hrtime.bigint() - from);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function ratio(figure: string, subject: number, baseline: number, least: number): Figure {
  const value = Math.round((subject / baseline) * 100) / 100;
  const detail = `${Math.round(subject)}/s over ${Math.round(baseline)}/s`;
  return { figure, value, bar: `≥ ${least}`, ok: value >= least, detail };
}
