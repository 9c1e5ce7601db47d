/**
 * What the event log costs over SQLite itself: durable appends against bare commits of one row, at the same `synchronous`.
 *
 * Both sides take turns in short rounds, on the same disk within milliseconds of each other, so that other work on the
 * machine hits both; the median of the rounds' ratios counts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEventLog } from "../src/adapters/storage/sqlite-event-log.ts";
import { systemIds } from "../src/adapters/system/ids.ts";
import type { RunEvent, RunStarted } from "../src/domain/event.ts";
import type { RunId, SessionId } from "../src/domain/ids.ts";
import { Template } from "../src/domain/template.ts";
import type { EventLog } from "../src/ports/event-log.ts";
import { type BareCommits, bareCommits } from "./bare-commits.ts";
import type { Figure } from "./figure.ts";

const ROUNDS = 61;
/** Commits of a round: enough for a rate, few enough that a round sees one mood of the machine. */
const COMMITS = 25;
const APPENDERS = 64;
const EACH = 2;
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
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({
        bare: await rate(COMMITS, async () => commitBare(raw, round)),
        alone: await rate(COMMITS, () => appendTo(log, runs.slice(0, 1), COMMITS)),
        together: await rate(APPENDERS * EACH, () => appendTo(log, runs, EACH)),
      });
    }
    log.close();
    raw.close();
    return [
      ratio(
        "durable appends, alone / bare commits",
        rounds.map(({ alone, bare }) => [alone, bare]),
        0.5,
      ),
      ratio(
        `durable appends, ${APPENDERS} at once / bare commits`,
        rounds.map(({ together, bare }) => [together, bare]),
        5,
      ),
      await flatness(folder),
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
  const fewer = await startRuns(few, 1);
  const more = await startRuns(many, 1);
  const rounds: [number, number][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await rate(COMMITS * 4, () => appendTo(few, fewer, COMMITS * 4, false));
    rounds.push([await rate(COMMITS * 4, () => appendTo(many, more, COMMITS * 4, false)), before]);
  }
  few.close();
  many.close();
  return ratio(`appends after ${manyRuns} finished runs / after ${fewRuns}`, rounds, 0.8);
}

interface Round {
  bare: number;
  alone: number;
  together: number;
}

function commitBare(raw: BareCommits, round: number): void {
  for (let n = 1; n <= COMMITS; n++) raw.commit(JSON.stringify(nth(round * COMMITS + n)), true);
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

/** Of rates, each with its baseline of the same round. */
function ratio(figure: string, rounds: readonly (readonly [number, number])[], least: number): Figure {
  const value = Math.round(median(rounds.map(([subject, baseline]) => subject / baseline)) * 100) / 100;
  const [subject, baseline] = [0, 1].map((side) => Math.round(median(rounds.map((round) => round[side] ?? 0))));
  return { figure, value, bar: `≥ ${least}`, ok: value >= least, detail: `${subject}/s over ${baseline}/s` };
}
