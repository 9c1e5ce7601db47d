/**
 * Plays one run from its start until it is deleted, whatever becomes of the daemon meanwhile: somebody starts it again, answers what
 * the run asks, and looks at every event as soon as it is in the log.
 */
import { existsSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { answersTo } from "../../../src/domain/escalation.ts";
import type { StoredEvent } from "../../../src/domain/event.ts";
import { Failure } from "../../../src/domain/failure.ts";
import { isTidy, statusOf } from "../../../src/domain/run-state.ts";
import { talking } from "../../../src/domain/run-talk.ts";
import { openTurn } from "../../../src/domain/talk.ts";
import { rests, watcher } from "../../support/invariants.ts";
import { logFile } from "../../support/log-file.ts";
import type { Life } from "./daemon.ts";
import { backupOf, emptyJournal, SAID, type Stage, type StoryName } from "./stories.ts";

const LOOK_MS = 20;

/** What a person may be told after a crash: the daemon before has done it already, and just had no time to write it down. */
const OVERTAKEN: ReadonlySet<string> = new Set(["escalation.settled", "escalation.changed"]);

export interface Played {
  run: string;
  log: readonly StoredEvent[];
  /** The rules that were broken, in words. */
  broken: string[];
  deaths: number;
}

export interface PlayOptions {
  stage: Stage;
  story: StoryName;
  key: string;
  /** The daemon that runs now, and the next one. */
  life(): Life;
  again(): Promise<void>;
  /** How long it may stand still, in milliseconds; daemons' starts are not counted. */
  patienceMs: number;
}

export async function play({ stage, story, key, life, again, patienceMs }: PlayOptions): Promise<Played> {
  const { w } = stage;
  const log: StoredEvent[] = [];
  const broken: string[] = [];
  const now = watcher();
  let run = "";
  const file = logFile(w.home);
  let cursor = file.after(0).at(-1)?.cursor ?? 0;
  let deaths = 0;
  let moved = Date.now();
  let act: Promise<unknown> | undefined;
  emptyJournal(w);
  rmSync(backupOf(w), { force: true });

  function look(): void {
    for (const event of file.after(cursor)) {
      cursor = event.cursor;
      log.push(event);
      broken.push(...now.see(event));
      moved = Date.now();
    }
  }

  /** What a person does now, going by the log: nothing twice, since what was done is in it. */
  function wanted(): (() => Promise<unknown>) | undefined {
    const { state } = now;
    const daemon = life();
    if (run === "")
      return async () => {
        run = (await daemon.call("run.start", stage.request(story, key)))?.run ?? "";
      };
    if (state.interrupted || state.deleted) return undefined;
    const waits = Object.entries(state.phases).find(([, { status }]) => status === "awaiting_approval");
    if (waits) return () => daemon.call("run.approve", { run, phase: waits[0] });
    const asking = state.ended ? undefined : state.escalations.find((one) => answersTo(one).includes("allow"));
    if (asking) return () => daemon.call("escalation.answer", { escalation: asking.escalation, answer: "allow" });
    const { talk } = talking(state) ?? {};
    if (talk && !talk.over && !openTurn(talk)) return () => speak(daemon, talk.turns.length + 1);
    if (!isTidy(state)) return undefined;
    const backup = backupOf(w);
    if (story === "saved" && !existsSync(backup)) return () => daemon.call("daemon.backup", { file: backup });
    return () => daemon.call("run.delete", { run });
  }

  /** Says one thing after the other, each under its own key, and ends the talk when all is said. */
  function speak(daemon: Life, turn: number): Promise<unknown> {
    if (turn > SAID.length) return daemon.call("talk.end", { run });
    return daemon.call("talk.say", { run, text: `What of the ${turn}. thing?`, key: `turn ${turn}` });
  }

  function serve(): void {
    const next = act === undefined ? wanted() : undefined;
    act =
      next?.()
        .catch((error: unknown) => {
          if (!(error instanceof Failure && OVERTAKEN.has(error.code)))
            broken.push(`a person is told: ${String(error)}`);
        })
        .finally(() => {
          act = undefined;
        }) ?? act;
  }

  async function startAgain(): Promise<void> {
    if (life().end === undefined) return;
    await act;
    deaths += 1;
    await again();
    moved = Date.now();
  }

  while (!now.state.deleted && broken.length === 0) {
    await startAgain();
    look();
    serve();
    if (Date.now() - moved > patienceMs) {
      const told = log.slice(-8).map(({ event }) => event.type);
      const why = rests(now.state)[0] ?? "nothing happens";
      broken.push(...now.owed(), `${why}: it is ${statusOf(now.state)} after ${told.join(", ")}`);
    }
    await pause(LOOK_MS);
  }
  await act;
  await startAgain();
  look();
  file.close();
  return { run, log, broken, deaths };
}
