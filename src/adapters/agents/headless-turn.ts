/**
 * One turn of a headless agent: its output followed as it grows, its limits kept, its end judged. Started here or taken over.
 *
 * Changes in the folder mean *look again*, and so does a slow tick: file events get lost, and time passes without any.
 */

import { type FSWatcher, watch } from "node:fs";
import {
  afterTurn,
  type HeadlessProfile,
  hear,
  hearLog,
  NOTHING_YET,
  resumable,
  type Tally,
} from "../../domain/headless-turn.ts";
import type { Redact } from "../../domain/redact.ts";
import { pattern } from "../../domain/screen-rule.ts";
import type { Evidence, Verdict } from "../../domain/session.ts";
import type { Usage } from "../../domain/usage.ts";
import type { Clock } from "../../ports/clock.ts";
import { eventLines, textLines } from "./event-lines.ts";
import type { Stop, TurnFiles, TurnProcess, TurnRecord, TurnResult } from "./turn-files.ts";

/** How often a turn is looked at when nothing calls for it. */
const TICK_MS = 2_000;

/** More than any honest turn prints; a disk must not fill up. */
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

export interface TurnLimits {
  /** A turn without an event for this long is ended. */
  inactivityMs: number;
  /** A turn is ended after this, whatever it does. */
  wallMs: number;
}

export type TurnNews =
  /** An event has come, or its process has. */
  | { kind: "sign" }
  /** `nth` counts the reports of the session from 1. */
  | { kind: "usage"; usage: Usage; nth: number }
  /** What it says, which is told again by whoever follows the turn anew, under the same name. */
  | { kind: "said"; message: string; text: string }
  | { kind: "over" };

export interface TurnDeps {
  headless: HeadlessProfile;
  clock: Clock;
  limits: TurnLimits;
  /** Ends every process of the session. */
  endAll(): Promise<void>;
  tell(news: TurnNews): void;
  /** Takes secrets out of what is kept once it is over. */
  redact?: Redact;
}

export interface Turn {
  readonly record: TurnRecord;
  readonly files: TurnFiles;
  process(): TurnProcess;
  /** Of the wrapper, while it lives. */
  pid(): number | undefined;
  /** What it came to; absent while it is not over. */
  result(): TurnResult | undefined;
  verdict(): Verdict;
  tally(): Tally;
  /** Looks at the files now. */
  look(): Promise<void>;
  /** The wrapper that this daemon started has ended: perhaps another one has the claim, perhaps none ever will. */
  wrapperEnded(): void;
  /** Ends it. Resolves when it is over. */
  end(stop: Stop): Promise<void>;
  /** Stops following; the turn itself goes on. */
  release(): void;
}

/** Follows a turn from its beginning, what came before included; the first look is done when this resolves. */
export async function followTurn(files: TurnFiles, record: TurnRecord, deps: TurnDeps): Promise<Turn> {
  const { headless, clock, limits } = deps;
  const lines = eventLines(files.stdout);
  const { log } = headless;
  const logged = log && textLines(files.log);
  const released = new AbortController();
  let tally: Tally = { ...NOTHING_YET, ...(record.continues?.total && { total: record.continues.total }) };
  let pid: number | undefined;
  /** What it had taken before this daemon has begun to follow it. */
  const before = clock.now() - record.at - clock.steady();
  /** On the clock that limits go by, and on the one that people do. */
  let lastSign = { steady: clock.steady(), at: clock.now() };
  let process: TurnProcess = "unclaimed";
  let result: TurnResult | undefined;
  let sweeping = false;
  let ending = false;
  let ownWrapperEnded = false;
  let looking: Promise<void> | undefined;
  let again = false;

  function take(value: unknown): void {
    const before = tally;
    tally = hear(tally, headless.events, value);
    if (tally.events === before.events) return;
    lastSign = { steady: clock.steady(), at: clock.now() };
    deps.tell({ kind: "sign" });
    const { answer = "" } = tally;
    // Many agents say their last words twice: as a message, and as the turn's result.
    if (answer !== "" && answer !== before.answer)
      deps.tell({ kind: "said", message: `${record.key}/${tally.events}`, text: answer });
    const usage = tally.reports.length > before.reports.length ? tally.reports.at(-1) : undefined;
    if (usage) deps.tell({ kind: "usage", usage, nth: record.reportsBefore + tally.reports.length });
  }

  /** A log goes on and on: only that the prompt was taken is a sign of life. */
  function takeLog(line: string): void {
    const before = tally;
    if (log) tally = hearLog(tally, log, line);
    if (tally === before) return;
    if (tally.first !== before.first) lastSign = { steady: clock.steady(), at: clock.now() };
    deps.tell({ kind: "sign" });
  }

  /** One look at a time; a call in the middle of one means another one after it. */
  function look(): Promise<void> {
    again = true;
    looking ??= (async () => {
      while (again && !result && !released.signal.aborted) {
        again = false;
        await lookOnce().catch(() => undefined); // a full disk, say: the tick tries again
      }
      looking = undefined; // in the same turn as the last question whether to go on
    })();
    return looking;
  }

  async function lookOnce(): Promise<void> {
    const before = process;
    process = await files.process();
    if (process === "unclaimed" && ownWrapperEnded && (await files.forbid())) process = "gone";
    if (process === "unclaimed") return;
    pid ??= await files.pid();
    if (before !== process) deps.tell({ kind: "sign" });
    const code = await files.exit();
    // After the exit was seen: then this is all of it. The log first: an event means that what it tells of a refusal is over.
    await logged?.read(takeLog);
    const bytes = await lines.read(take);
    const over = code !== undefined || process === "gone";
    if (over) lines.rest(take);
    // While its processes are being ended the session's next turn would be taken for one of them.
    if (over && sweeping) return;
    if (over) return finish(code);
    const limit = overLimit(bytes);
    if (limit !== undefined && !ending) void end({ why: limit });
  }

  function overLimit(bytes: number): string | undefined {
    const now = clock.steady();
    if (bytes > MAX_OUTPUT_BYTES) return `it printed more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB`;
    if (before + now >= limits.wallMs) return `it took longer than ${seconds(limits.wallMs)}`;
    if (now - lastSign.steady >= limits.inactivityMs) return `it told nothing for ${seconds(limits.inactivityMs)}`;
    return undefined;
  }

  async function finish(code: number | undefined): Promise<void> {
    const stop = await files.stop();
    const end = {
      at: clock.now(),
      stderr: await files.stderr(log && pattern(log.line)),
      ...(code !== undefined && { code }),
      ...(stop && { stopped: stop.why, asked: stop.key !== undefined }),
    };
    const verdict = afterTurn({ headless, tally, end, limitsBefore: record.limitsBefore });
    // An npm wrapper that was killed leaves the real agent alive: what has crashed is not left to work on unseen.
    if (verdict.state === "exited") await deps.endAll();
    const { events, first, total, reports } = tally;
    const conversation = resumable(headless.events, tally);
    result = {
      verdict,
      events,
      ...(first !== undefined && { first }),
      ...(conversation !== undefined && { conversation }),
      ...(total && { total }),
      reports: [...reports],
    };
    stopFollowing();
    deps.tell({ kind: "over" });
    // Without it the next daemon comes to the same result from the other files.
    const kept = await files.setResult(result).then(
      () => true,
      () => false,
    );
    if (kept && deps.redact) await files.scrub(deps.redact).catch(() => undefined);
  }

  async function end(stop: Stop): Promise<void> {
    if (result) return;
    ending = true;
    await files.setStop(stop);
    sweeping = !(await files.forbid());
    if (sweeping)
      await deps.endAll().finally(() => {
        sweeping = false;
      });
    await look();
    // What could not be ended hangs in the kernel; the tick sees when it goes.
  }

  const watcher = watchFolder(files.folder, () => void look());
  function stopFollowing(): void {
    watcher?.close();
    released.abort();
  }
  async function tick(): Promise<void> {
    while (!released.signal.aborted) {
      await clock.sleep(TICK_MS, released.signal);
      await look();
    }
  }
  void tick();
  const stop = await files.stop();
  await (stop ? end(stop) : look()); // a daemon that died while it ended the turn

  return {
    record,
    files,
    process: () => process,
    pid: () => (process === "alive" && !result ? pid : undefined),
    result: () => result,
    tally: () => tally,
    verdict: () => result?.verdict ?? underWay(process, tally, lastSign.at),
    look,
    wrapperEnded: () => {
      ownWrapperEnded = true;
      void look();
    },
    end,
    release: stopFollowing,
  };
}

/** None where the system has no watches left: the tick does alone. */
function watchFolder(folder: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, changed);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

function underWay(process: TurnProcess, tally: Tally, at: number): Verdict {
  const evidence = (source: Evidence["source"], said: string): Evidence[] => [{ source, said, at }];
  if (process === "unclaimed") return { state: "booting", evidence: evidence("process", "a turn is being started") };
  const { events, first, refused, said = `${events} events` } = tally;
  if (refused !== undefined) return { state: "working", evidence: evidence("log", `it asks again: ${refused}`) };
  if (events > 0) return { state: "working", evidence: evidence("stream", said) };
  return {
    state: "working",
    evidence: evidence(first === undefined ? "process" : "log", first ?? "its process runs and has told nothing yet"),
  };
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;
