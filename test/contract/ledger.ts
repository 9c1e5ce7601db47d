/**
 * What every ledger does, the one in memory included: limits (K1), one entry a call (K2), booking (K3), what is open (K4), sums.
 * What a kill leaves needs a disk, and is in `test/adapters/storage/sqlite-ledger.test.ts`.
 */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DefaultLimits } from "../../src/adapters/storage/sqlite-ledger.ts";
import type { Scope } from "../../src/domain/budget.ts";
import { MOST_MONEY } from "../../src/domain/money.ts";
import type { Ledger, Spent } from "../../src/ports/ledger.ts";
import { runId } from "../support/run-events.ts";
import { booking, DAY, money, RUN, spender, usage } from "../support/spending.ts";

export interface OpenedLedger {
  ledger: Ledger;
  dispose(): void;
}

const run: Scope = { kind: "run", name: RUN };
const day: Scope = { kind: "day", name: DAY };
const persona: Scope = { kind: "persona-day", name: `deep-coder@1/${DAY}` };

/** `open` gives an empty ledger, which nobody else has. */
export function ledgerContract(name: string, open: (defaults?: DefaultLimits) => OpenedLedger): void {
  describe(`the ledger (${name})`, () => {
    let opened: OpenedLedger;
    let ledger: Ledger;
    beforeEach(() => {
      opened = open();
      ledger = opened.ledger;
    });
    afterEach(() => opened.dispose());

    const limit = (scope: Scope, usd: string, policy: "block" | "warn_continue" | "prompt" = "block") =>
      ledger.setLimit(scope.kind, scope.name, { usd, policy });
    const counts = (scope: Scope) => {
      const { booked, reserved } = ledger.standing(scope);
      return { booked, reserved };
    };

    it("counts a call in its run, its day and its persona's day, first as reserved, then as booked (K3)", () => {
      expect(ledger.reserve("c1", spender(), money("0.5"))).toEqual([]);
      for (const scope of [run, day, persona]) expect(counts(scope)).toEqual({ booked: 0n, reserved: money("0.5") });
      ledger.book("c1", booking("0.123456789012"));
      for (const scope of [run, day, persona]) {
        expect(counts(scope)).toEqual({ booked: money("0.123456789012"), reserved: 0n });
      }
      expect(counts({ kind: "run", name: runId(2) })).toEqual({ booked: 0n, reserved: 0n });
    });

    it("refuses what would pass a limit, names it, and writes nothing (K1)", () => {
      limit(run, "1");
      expect(ledger.reserve("c1", spender(), money("0.6"))).toEqual([]);
      expect(ledger.reserve("c2", spender(), money("0.4000000000001"))).toEqual([
        { scope: run, limit: money("1"), policy: "block", would: money("1.0000000000001") },
      ]);
      expect(ledger.find("c2")).toBeUndefined();
      expect(counts(day)).toEqual({ booked: 0n, reserved: money("0.6") });
      expect(ledger.reserve("c2", spender(), money("0.4"))).toEqual([]);
    });

    it("names every limit in the way, and passes those that it is told to", () => {
      limit(run, "1", "warn_continue");
      limit(day, "2");
      const crossed = ledger.reserve("c1", spender(), money("3"));
      expect(crossed.map(({ scope, policy }) => [scope.kind, policy])).toEqual([
        ["run", "warn_continue"],
        ["day", "block"],
      ]);
      expect(ledger.reserve("c1", spender(), money("3"), ["run"]).map(({ scope }) => scope.kind)).toEqual(["day"]);
      expect(ledger.reserve("c1", spender(), money("1.5"), ["run"])).toEqual([]);
    });

    it("lets what is free pass every limit", () => {
      limit(run, "0");
      expect(ledger.reserve("c1", spender({ free: true }), 0n)).toEqual([]);
      expect(ledger.reserve("c2", spender(), 1n)).toHaveLength(1);
    });

    it("gives 200 that ask at once no more than the limit, to the last digit", async () => {
      limit(day, "1");
      const amount = money("0.013");
      const asked = Array.from({ length: 200 }, async (_, n) => {
        await Promise.resolve();
        return ledger.reserve(`c${n}`, spender({ run: runId(n % 7), session: `s${n}` }), amount).length === 0;
      });
      const granted = (await Promise.all(asked)).filter(Boolean).length;
      expect(granted).toBe(76);
      expect(counts(day).reserved).toBe(76n * amount);
      expect(ledger.open()).toHaveLength(76);
    });

    it("reserves, books and releases a call once, however often it is told to (K2)", () => {
      limit(run, "1");
      ledger.reserve("c1", spender(), money("0.9"));
      expect(ledger.reserve("c1", spender(), money("0.9"))).toEqual([]);
      expect(counts(run).reserved).toBe(money("0.9"));
      ledger.book("c1", booking("0.2"));
      ledger.book("c1", booking("0.7"));
      ledger.release("c1");
      expect(ledger.reserve("c1", spender(), money("0.9"))).toEqual([]);
      expect(counts(run)).toEqual({ booked: money("0.2"), reserved: 0n });
      expect(() => ledger.book("never", booking("1"))).toThrow(/never reserved/);
    });

    it("forgets a call that was never made", () => {
      ledger.reserve("c1", spender(), money("0.9"));
      ledger.release("c1");
      ledger.release("c1");
      expect(counts(run)).toEqual({ booked: 0n, reserved: 0n });
      expect([ledger.find("c1"), ledger.open(), ledger.spent({ by: "all" })]).toEqual([undefined, [], []]);
    });

    it("books more than was reserved when it came to more", () => {
      limit(run, "1");
      ledger.reserve("c1", spender(), money("0.9"));
      ledger.book("c1", booking("1.5"));
      expect(counts(run).booked).toBe(money("1.5"));
      expect(ledger.reserve("c2", spender(), 0n)).toHaveLength(1);
    });

    it("books a report once, under its key", () => {
      ledger.report("s/1", spender(), booking("0.1"));
      ledger.report("s/1", spender(), booking("0.1"));
      expect(counts(run)).toEqual({ booked: money("0.1"), reserved: 0n });
    });

    it("tells what is open, with all that is needed to settle it (K4)", () => {
      const who = spender({ phase: "build", account: "router/KEY", tokens: { inputTokens: 9, maxOutputTokens: 4 } });
      ledger.reserve("c1", who, 5n);
      ledger.reserve("c2", spender({ free: true }), 0n);
      ledger.reserve("c3", spender(), 7n);
      ledger.note("c1", "gen-1");
      ledger.book("c3", booking("1"));
      ledger.note("c3", "gen-3");
      expect(ledger.open()).toEqual([
        { ...who, call: "c1", amount: 5n, generation: "gen-1" },
        { ...spender({ free: true }), call: "c2", amount: 0n },
      ]);
      expect(ledger.find("c1")).toEqual({ kind: "open", reservation: ledger.open()[0] });
    });

    it("tells what was booked as it was booked; a cost that nobody knows is not there", () => {
      const used = usage(100, 20, { cachedTokens: 60, reasoningTokens: 5, estimated: true });
      ledger.reserve("c1", spender(), 5n);
      ledger.book("c1", booking("0.25", { usage: used, served: "house/small", provider: "House" }));
      ledger.report("r1", spender(), booking(undefined));
      expect(ledger.find("c1")).toEqual({ kind: "booked", usage: { ...used, costUsd: "0.25" } });
      expect(ledger.find("r1")).toEqual({ kind: "booked", usage: usage(10, 1) });
    });

    it("takes the most special limit that there is, and the setting where there is none", () => {
      opened.dispose();
      opened = open({ day: { usd: "10", policy: "prompt" } });
      ledger = opened.ledger;
      const at = (scope: Scope) => ledger.standing(scope).limit?.amount;
      expect([at(run), at(day), at(persona)]).toEqual([undefined, money("10"), undefined]);
      ledger.setLimit("day", undefined, { usd: "20", policy: "block" });
      expect(at(day)).toBe(money("20"));
      ledger.setLimit("day", DAY, { usd: "30", policy: "block" });
      expect([at(day), at({ kind: "day", name: "2026-11-22" })]).toEqual([money("30"), money("20")]);

      for (const [named, usd] of [
        [undefined, "1"],
        ["deep-coder", "2"],
        ["deep-coder@1", "3"],
        [persona.name, "4"],
      ] as const) {
        ledger.setLimit("persona-day", named, { usd, policy: "block" });
        expect(at(persona)).toBe(money(usd));
      }
      expect(at({ kind: "persona-day", name: `deep-coder@2/${DAY}` })).toBe(money("2"));
      expect(at({ kind: "persona-day", name: `other@1/${DAY}` })).toBe(money("1"));

      ledger.setLimit("day", DAY, undefined);
      ledger.setLimit("day", undefined, undefined);
      expect(ledger.standing(day).limit).toEqual({ amount: money("10"), policy: "prompt" });
      expect(ledger.limits().map(({ kind, name: of }) => [kind, of])).toEqual([
        ["persona-day", undefined],
        ["persona-day", "deep-coder"],
        ["persona-day", "deep-coder@1"],
        ["persona-day", persona.name],
      ]);
    });

    it("sums up by model, persona, day, run and phase, and keeps what is estimated and what is unknown apart", () => {
      const other = { run: runId(2), persona: "other@1", day: "2026-11-22", at: 5_000, phase: "review" };
      ledger.report("a", spender({ phase: "build" }), booking("0.1", { usage: usage(10, 1, { cachedTokens: 4 }) }));
      ledger.report(
        "b",
        spender({ phase: "build" }),
        booking("0.02", { usage: usage(5, 2, { estimated: true }), served: "house/small" }),
      );
      ledger.report("c", spender(other), booking(undefined, { usage: usage(7, 3) }));
      ledger.reserve("d", spender(other), money("5")); // open: nothing was spent yet

      const short = ({ name: of, calls, amount, estimated, unknown, usage: { inputTokens } }: Spent) =>
        [of, calls, inputTokens, amount, estimated, unknown].join(" ");
      const spent = (query: Parameters<Ledger["spent"]>[0]) => ledger.spent(query).map(short);
      const whole = `all 3 22 ${money("0.12")} ${money("0.02")} 1`;
      expect(spent({ by: "all" })).toEqual([whole]);
      expect(spent({ by: "model" })).toEqual([
        `house/large 2 17 ${money("0.1")} 0 1`,
        `house/small 1 5 ${money("0.02")} ${money("0.02")} 0`,
      ]);
      expect(spent({ by: "persona" })).toHaveLength(2);
      expect(spent({ by: "day" }).map((line) => line.split(" ")[0])).toEqual([DAY, "2026-11-22"]);
      expect(spent({ by: "run" }).map((line) => line.split(" ")[0])).toEqual([RUN, runId(2)]);
      expect(spent({ by: "phase", run: RUN })).toEqual([`build 2 15 ${money("0.12")} ${money("0.02")} 0`]);
      expect(spent({ by: "all", since: 1_001 })).toEqual(["all 1 7 0 0 1"]);
      expect(spent({ by: "all", until: 5_000 })).toHaveLength(1);
      expect(ledger.spent({ by: "all" })[0]?.usage).toEqual({
        ...usage(22, 6, { cachedTokens: 4, estimated: true }),
        costUsd: "0.12",
      });
    });

    it("refuses amounts that it cannot keep account of, and is as it was", () => {
      expect(() => ledger.reserve("c1", spender(), MOST_MONEY + 1n)).toThrow(/more than devflow can keep/);
      expect(ledger.reserve("c1", spender(), MOST_MONEY)).toEqual([]);
      expect(() => ledger.reserve("c2", spender(), 1n)).toThrow(/more than devflow can keep/);
      expect(() => limit(day, "10000000")).toThrow(/more than devflow can keep/);
      expect(ledger.find("c2")).toBeUndefined();
      expect(counts(run)).toEqual({ booked: 0n, reserved: MOST_MONEY });
    });

    it("never grants past a limit, and always counts what its entries come to", () => {
      const amount = fc.bigInt({ min: 0n, max: money("0.4") });
      const action = fc.oneof(
        fc.record({ do: fc.constant("reserve" as const), call: fc.nat(20), amount, run: fc.nat(2) }),
        fc.record({ do: fc.constant("book" as const), call: fc.nat(20), amount }),
        fc.record({ do: fc.constant("release" as const), call: fc.nat(20) }),
        fc.record({ do: fc.constant("report" as const), call: fc.integer({ min: 100, max: 105 }), amount }),
      );
      fc.assert(
        fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
          const fresh = open({ day: { usd: "1", policy: "block" }, run: { usd: "0.7", policy: "block" } });
          try {
            const on = fresh.ledger;
            for (const it of actions) {
              const call = `c${it.call}`;
              const known = on.find(call);
              if (it.do === "reserve") {
                const who = spender({ run: runId(it.run) });
                const granted = on.reserve(call, who, it.amount).length === 0 && !known;
                for (const scope of [day, { kind: "run", name: who.run } as const]) {
                  const { booked, reserved, limit: most } = on.standing(scope);
                  if (granted) expect(booked + reserved).toBeLessThanOrEqual(most?.amount ?? 0n);
                }
              } else if (it.do === "book") {
                if (known) on.book(call, { ...booking("0"), amount: it.amount });
              } else if (it.do === "release") on.release(call);
              else on.report(call, spender(), { ...booking("0"), amount: it.amount });
            }
            const reserved = on.open().reduce((sum, { amount: of }) => sum + of, 0n);
            const booked = on.spent({ by: "all" })[0]?.amount ?? 0n;
            const { booked: counted, reserved: held } = on.standing(day);
            expect({ counted, held }).toEqual({ counted: booked, held: reserved });
          } finally {
            fresh.dispose();
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}
