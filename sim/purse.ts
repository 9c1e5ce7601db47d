/** The spending of one life of the daemon: the real one, over the ledger of the world and through the faults of that life. */

import { reservationsLeft } from "../src/daemon/leftovers.ts";
import { keepSwept, sweep } from "../src/daemon/sweep.ts";
import { Failure } from "../src/domain/failure.ts";
import type { Engine } from "../src/engine/engine.ts";
import type { Metering } from "../src/engine/sessions.ts";
import { type EngineSpending, spending } from "../src/engine/spending.ts";
import type { Clock, Ids } from "../src/ports/clock.ts";
import type { EventLog } from "../src/ports/event-log.ts";
import type { Journal } from "../src/ports/journal.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { CallEnd, CallRequest, Grant } from "../src/ports/spending.ts";
import type { Life } from "./life.ts";
import type { Money } from "./money.ts";
import type { Outside } from "./outside.ts";

/** What could not be booked is tried again after this, as agents that call models do. */
const BOOK_AGAIN_MS = 5_000;

/** The ledger is looked at less often than the log is written: each time more can go wrong. */
const LEDGER_FAULTS = { "killed before": 0.01, "killed after": 0.02 };
const RECORD_FAULTS = { "is not there": 0.3 };

/** What agents that call models, and people, have of the daemon that is up. */
export interface Desk {
  /** `gone`: the daemon has ended, and nobody will answer. */
  ask(request: CallRequest, signal: AbortSignal): Promise<Grant | "gone">;
  sent(call: string, generation: string): void;
  settle(call: string, end: CallEnd): Promise<void>;
  setLimit: Ledger["setLimit"];
}

export interface Purse {
  desk: Desk;
  metering: Metering;
  deps: { budget: Money["setting"]; moved(): void; affords: EngineSpending };
  /** Before runs are taken up, and after it. */
  begin(): void;
  takenUp(): void;
  /** The daemon is gone. */
  end(): void;
}

export interface PurseOptions {
  outside: Outside;
  money: Money;
  /** The ledger as this life has it: the world's own, unless it is broken on purpose. */
  ledger: Ledger;
  life: Life;
  log: EventLog;
  clock: Clock;
  ids: Ids;
  journal: Journal;
  engine(): Engine;
}

export function purse(options: PurseOptions): Purse {
  const { outside, money, life, log, clock, ids, journal, engine } = options;
  const { disk, faults } = outside;
  const ledger = throughFaults(options);
  const over = new AbortController();
  let takenUp: () => void = () => {};
  const tellable = new Promise<void>((resolve) => {
    takenUp = resolve;
  });
  const spends = spending({
    ledger,
    prices: money.prices,
    clock,
    ids,
    journal,
    generationCost: (_, generation) =>
      life.call("record", async () => {
        const usage = faults.at("provider", RECORD_FAULTS) ? undefined : money.record(generation);
        return usage && { usage };
      }),
    runs: {
      state: (run) => engine().state(run),
      learn: async (run, outcome) => {
        await tellable;
        return engine().learn(run, outcome);
      },
    },
  });
  const unsettled = (error: unknown): void => journal.error("calls could not be settled", { error: String(error) });

  const desk: Desk = {
    async ask(request, signal) {
      const gone = new Promise<"gone">((resolve) => over.signal.addEventListener("abort", () => resolve("gone")));
      const refused = (error: unknown): Grant | Promise<never> => {
        if (!life.alive) return life.never();
        if (!(error instanceof Failure)) throw error;
        return { kind: "refused", failure: { code: error.code, message: error.message, hint: "", details: {} } };
      };
      const asked = spends.ask(request, signal, () => {}).catch(refused);
      return life.alive ? Promise.race([asked, gone]) : "gone";
    },
    sent(call, generation) {
      if (life.alive) mayEnd(() => spends.sent(call, generation));
    },
    async settle(call, end) {
      while (life.alive) {
        try {
          await spends.settle(call, end);
          return;
        } catch (error) {
          if (life.alive && !(error instanceof Failure && error.waits)) throw error;
        }
        await outside.clock.sleep(BOOK_AGAIN_MS);
      }
    },
    setLimit(...limit) {
      if (!life.alive) return;
      mayEnd(() => ledger.setLimit(...limit));
      spends.reconsider();
    },
  };

  /** What is done from outside does not end with the daemon. */
  function mayEnd(what: () => void): void {
    try {
      what();
    } catch (error) {
      if (life.alive && !(error instanceof Failure)) throw error;
    }
  }

  return {
    desk,
    metering: {
      report(by, nth, usage) {
        const booked = spends.report(by, nth, usage);
        if (life.alive) money.heard(`${by.session}/${nth}`);
        return booked;
      },
      gone: (session) => void spends.settleLeft((of) => of === session).catch(unsettled),
    },
    deps: { budget: money.setting, moved: spends.reconsider, affords: spends },
    begin: () => void spends.settleLeft(() => true).catch(unsettled),
    takenUp() {
      takenUp();
      const table = { reservations: () => reservationsLeft({ ledger, log, settleLeft: spends.settleLeft }) };
      void sweep(table, journal);
      void keepSwept(table, { clock, journal }, over.signal);
    },
    end() {
      over.abort("the daemon is gone");
      money.forgets();
    },
  };

  function throughFaults({ ledger: inner }: PurseOptions): Ledger {
    const now =
      <A extends unknown[], T>(name: string, effect: (...args: A) => T, room: boolean) =>
      (...args: A): T =>
        life.now(
          name,
          () => {
            if (room) disk.room();
            return effect(...args);
          },
          LEDGER_FAULTS,
        );
    return {
      ...inner,
      reserve: now("reserve", inner.reserve, true),
      book: now("book", inner.book, true),
      note: now("note", inner.note, true),
      release: now("unreserve", inner.release, true),
      report: now("usage", inner.report, true),
      setLimit: now("limit", inner.setLimit, true),
    };
  }
}
