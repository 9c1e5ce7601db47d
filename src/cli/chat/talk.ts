/**
 * A talk as the client follows it: its events folded, shown as they come, and what a person does sent on.
 * The daemon may be killed meanwhile: what was said is said again under its key, and is one turn.
 */
import { randomUUID } from "node:crypto";
import type { EventOf, StoredEvent } from "../../domain/event.ts";
import { Failure } from "../../domain/failure.ts";
import { isTidy } from "../../domain/run-state.ts";
import { talking } from "../../domain/run-talk.ts";
import { advance, type Folding } from "../../domain/run-view.ts";
import { isLive } from "../../domain/session.ts";
import { openTurn } from "../../domain/talk.ts";
import { say } from "../../messages/say.ts";
import type { Client } from "../client.ts";
import type { CommandContext } from "../command.ts";
import type { Paper } from "../style.ts";
import { answerLines, costShown, eventLines } from "./lines.ts";
import { liveAnswer } from "./live-answer.ts";

/** A daemon that was killed is started again, and takes its runs up; longer than that it will not come back by itself. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 300;

export interface TalkOptions {
  client: Client;
  run: string;
  /** Where its events begin. */
  cursor: number;
  by: string;
  revive: CommandContext["revive"];
  paper(): Paper;
  print(lines: readonly string[]): void;
  /** Something has changed that the prompt shows. */
  changed(): void;
}

export interface Talk {
  readonly run: string;
  now(): Folding | undefined;
  cost(): string;
  busy(): boolean;
  turns(): number;
  /** The session that is at work, if one is. */
  session(): string | undefined;
  say(text: string): Promise<void>;
  end(): Promise<void>;
  /** Asks until the daemon answers; for what is harmless to ask twice. */
  patiently<T>(asking: () => Promise<T>): Promise<T>;
  /** Resolves when everything of it is over, or `signal` aborts. */
  follow(signal: AbortSignal): Promise<void>;
}

export function talk(options: TalkOptions): Talk {
  const { client, run, by, revive, paper, changed } = options;
  let folding: Folding | undefined;
  let away = false;
  const live = liveAnswer();
  /** Two answers in a row have one empty line between them. */
  let spaced = false;
  const print = (lines: readonly string[]): void => {
    const shown = spaced && lines[0] === "" ? lines.slice(1) : lines;
    options.print(shown);
    if (shown.length > 0) spaced = shown.at(-1) === "";
  };
  const printBlocks = (blocks: readonly string[]): void => {
    for (const block of blocks) print(answerLines(block, paper()));
  };

  const at = () => folding && talking(folding.state);
  const turns = (): number =>
    Object.values(folding?.state.phases ?? {}).reduce((sum, phase) => sum + (phase.talk?.turns.length ?? 0), 0);

  async function patiently<T>(asking: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await asking();
      } catch (error) {
        if (!isAway(error) || Date.now() > deadline) throw error;
        await revive().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  async function shown(stored: StoredEvent, past: boolean): Promise<void> {
    const { event } = stored;
    if (past) return;
    if (event.type === "turn.ended") await ended(event);
    if (event.type === "tool.calling" && event.agent === "main") printBlocks(live.pause());
    print(eventLines(stored, paper()));
  }

  async function ended({ sha256, how, number: turn }: EventOf<"turn.ended">): Promise<void> {
    const kept = sha256 !== undefined && how !== "failed";
    const answered = kept ? (await patiently(() => client.call("talk.turn", { run, turn }))).answered : undefined;
    printBlocks(live.end(answered));
    if (answered === undefined && how === "answered") print([paper().style.dim(say("chat.no_answer"))]);
    if (how === "interrupted") print([paper().style.yellow(`· ${say("chat.interrupted")}`)]);
  }

  return {
    run,
    now: () => folding,
    cost: () => (folding ? costShown(folding.view, turns()) : "$0"),
    busy: () => openTurn(at()?.talk) !== undefined,
    turns,
    session: () =>
      Object.values(folding?.state.sessions ?? {}).findLast(({ state, opened }) => opened && isLive(state))?.session,
    async say(text) {
      const key = randomUUID();
      await patiently(() => client.call("talk.say", { run, text, key, by }));
    },
    end: async () => {
      await patiently(() => client.call("talk.end", { run, by })).catch((error: unknown) => {
        if (!(error instanceof Failure && error.code === "talk.none")) throw error;
      });
    },
    patiently,
    async follow(signal) {
      const before = options.cursor;
      const onAway = (gone: boolean): void => {
        if (gone !== away) print([paper().style.yellow(`· ${say(gone ? "chat.away" : "chat.back")}`)]);
        away = gone;
        if (gone) void patiently(() => client.call("daemon.ping", {})).catch(() => undefined);
      };
      const onSaying = (saying: Parameters<typeof live.hear>[0]): void => printBlocks(live.hear(saying));
      for await (const stored of client.follow(0, { run, signal, onAway, onSaying, patienceMs: PATIENCE_MS })) {
        folding = advance(folding, stored);
        await shown(stored, stored.cursor <= before);
        changed();
        if (folding && isTidy(folding.state)) return;
      }
    },
  };
}

const isAway = (error: unknown): boolean =>
  error instanceof Failure && (error.code === "daemon.unreachable" || error.code === "daemon.stopping");
