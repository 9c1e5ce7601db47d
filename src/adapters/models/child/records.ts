/** The records of a session: each fact goes into the journal first, then to the daemon; the limits are counted from it. */
import type { Channel } from "./channel.ts";
import type { Asked, CallEnd, Did, Journal } from "./journal.ts";
import { type Tally, tallyOf, type WorkClock } from "./tally.ts";

export interface Records {
  readonly tally: Tally;
  asked(asked: Asked): void;
  sent(call: string): void;
  settle(call: string, end: CallEnd): void;
  /** Nothing happens when it was told before: a step that a crash cut off is gone through again. */
  did(did: Did): void;
  /** After a start: what a killed process has left open is settled, and everything is told again. */
  catchUp(): void;
  confirmed(call: string): void;
  /** How long an attempt has worked, as far as is known. */
  workedMs(attempt: string): number;
}

export function recordsOf(journal: Journal, clock: WorkClock, channel: Channel): Records {
  const tally = tallyOf(journal.done);

  function settle(call: string, end: CallEnd): void {
    journal.settled(call, end);
    channel.tell({ t: "settle", call, end });
  }

  function did(did: Did): void {
    if (journal.knows(did.type, did.call)) return;
    const done = { attempt: tally.attempt, workedMs: clock.workedMs(), did };
    const nth = journal.did(done);
    tally.add(done);
    channel.tell({ t: "did", nth, did });
  }

  const workedMs = (attempt: string) =>
    journal.done.reduce((most, done) => (done.attempt === attempt ? Math.max(most, done.workedMs) : most), 0);

  return {
    tally,
    settle,
    did,
    workedMs,
    asked: (asked) => journal.asked(asked),
    sent: (call) => journal.sent(call),
    confirmed: (call) => journal.confirmed(call),
    catchUp() {
      const open = journal.open();
      for (const { call, end } of journal.unconfirmed()) channel.tell({ t: "settle", call, end });
      journal.done.forEach(({ did }, index) => {
        channel.tell({ t: "did", nth: index + 1, did });
      });
      for (const { asked, at, sent } of open) {
        settle(asked.call, sent ? { kind: "unknown" } : { kind: "unused" });
        if (!sent) continue;
        const problem = "the agent's process ended in the middle of the call";
        const durationMs = Math.max(0, Date.now() - at);
        const done = {
          attempt: asked.attempt,
          workedMs: workedMs(asked.attempt),
          did: { type: "model.called" as const, ...calledOf(asked), finish: "error", problem, tries: 1, durationMs },
        };
        channel.tell({ t: "did", nth: journal.did(done), did: done.did });
      }
    },
  };
}

const calledOf = ({ attempt: _, ...called }: Asked) => called;
