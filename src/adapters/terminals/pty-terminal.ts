/** One pty terminal as the daemon has it: a connection to its holder that is taken up again, and what its output feeds. */

import { Failure } from "../../domain/failure.ts";
import type { AnswerFrame } from "../../domain/terminal-frame.ts";
import type { OutputScrubber } from "../../domain/terminal-scrub.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { Terminal, Typed } from "../../ports/terminal-host.ts";
import { ptyFeed } from "./pty-feed.ts";
import { type HolderLink, linkHolder, type Question } from "./pty-link.ts";
import { type HolderRecord, readExit, readLastOutput } from "./pty-record.ts";
import { pause, within } from "./pty-wait.ts";
import { terminalFeed } from "./terminal-feed.ts";

/** An agent that is asked to end gets this long to write its transcript. */
const CLOSE_GRACE_MS = 5_000;
/** A program that is gone is told of within this; a holder that was told to end is gone within this. */
const HOLDER_WAIT_MS = 2_000;
/** A holder answers in well under a millisecond; one that is stopped or swapped out may take longer. */
const ANSWER_WAIT_MS = 10_000;
/** A holder never hangs up on us; should one do it all the same, do not spin. */
const RECONNECT_MS = 100;

export interface PtyTerminal extends Terminal {
  /** Lets go of the terminal, which lives on. */
  release(): Promise<void>;
}

export interface PtyTerminalOptions {
  record: HolderRecord;
  /** Where the holder leaves its exit. */
  directory: string;
  endProcesses: EndProcesses;
  /** Removes what is left of the terminal once it is closed. */
  remove(): void;
  /** Takes secrets out of what is recorded. */
  scrub: (() => OutputScrubber) | undefined;
}

/** Resolves once the screen shows what the terminal shows. */
export async function ptyTerminal({
  record,
  directory,
  endProcesses,
  remove,
  scrub,
}: PtyTerminalOptions): Promise<PtyTerminal> {
  const { session, socket } = record;
  const events = terminalFeed();
  let link: HolderLink | undefined;
  let joining: Promise<void> = Promise.resolve();
  let released = false;
  let closing: Promise<void> | undefined;
  const feed = ptyFeed({
    cols: record.cols,
    rows: record.rows,
    record: record.record,
    scrub,
    events,
    send: (frame) => link?.send(frame),
  });

  /** The holder is not there any more: what it has left says how the program ended, or nobody knows. */
  const bury = () => {
    const left = readExit(directory);
    if (left && feed.position < left.welcome.to) {
      feed.take(left.welcome);
      feed.take({ t: "output", at: left.welcome.from, data: readLastOutput(directory).toString("base64") });
    }
    feed.end(left?.exit ?? {});
  };
  const join = async () => {
    const joined = await linkHolder(socket, feed.position, (frame) => released || feed.take(frame));
    link = joined;
    if (joined === undefined) return bury();
    const lost = joined.ended.then(() => {
      link = undefined;
      if (released || closing !== undefined || events.exit !== undefined) return;
      joining = pause(RECONNECT_MS).then(join);
    });
    await Promise.race([feed.caughtUp(), lost.then(() => joining)]);
  };

  const ask = async (question: Question): Promise<AnswerFrame | undefined> => {
    // When the connection breaks nobody knows whether the question arrived: thanks to its key it can be asked again.
    for (let tries = 0; tries < 2 && link !== undefined; tries++) {
      const answer = await within(ANSWER_WAIT_MS, link.ask(question), "late");
      if (answer === "late")
        throw new Failure("session.send_failed", { session, problem: "its terminal does not answer" });
      if (answer !== undefined) return answer;
      await joining;
      await feed.settled();
    }
    return undefined;
  };
  const type = async (question: Question): Promise<Typed> => {
    if (events.exit !== undefined || closing !== undefined) return "gone";
    const answer = await ask(question);
    if (answer?.typed !== undefined) return answer.typed;
    if (events.exit !== undefined || closing !== undefined) return "gone";
    throw new Failure("session.send_failed", { session, problem: "its terminal went away while typing" });
  };
  const end = async (graceMs: number) => {
    const exited = new Promise<void>((resolve) => events.on(({ type }) => type === "exit" && resolve()));
    await endProcesses({ session, root: feed.pid }, graceMs);
    if (link) {
      await within(HOLDER_WAIT_MS, exited, undefined);
      link?.send({ t: "end" });
      await within(HOLDER_WAIT_MS, link?.ended, undefined);
    }
    feed.end({});
    await feed.settled();
    await feed.close();
    remove();
  };

  joining = join();
  await joining;
  return {
    session,
    host: "pty",
    key: record.key,
    get pid() {
      return feed.pid;
    },
    attach: { socket },
    get exit() {
      return events.exit;
    },
    on: events.on,
    screen: () => feed.screen.read(),
    paste: (key, text) => type({ t: "paste", key, text }),
    press: (key, ...keys) => type({ t: "press", key, keys }),
    type: (key, text) => type({ t: "type", key, text }),
    async taken(keys) {
      const answer = await ask({ t: "taken", keys: [...keys] });
      const known = answer?.taken ?? readExit(directory)?.taken ?? [];
      return keys.filter((key) => known.includes(key));
    },
    async resize(cols, rows) {
      await ask({ t: "resize", cols, rows });
    },
    busyWithPerson: async () => (await ask({ t: "busy" }))?.busy ?? false,
    close: (graceMs = CLOSE_GRACE_MS) => {
      closing ??= end(graceMs);
      return closing;
    },
    async release() {
      released = true;
      link?.close();
      await feed.close();
    },
  };
}
