/** Random workflows through random luck: whatever happens to a run, it stays sound, and somebody can always bring it to its end. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import { evolve, fold } from "../../src/domain/run-evolve.ts";
import { nextSteps } from "../../src/domain/run-next.ts";
import { isTidy, statusOf } from "../../src/domain/run-state.ts";
import { viewOf } from "../../src/domain/run-view.ts";
import { broken, reasonToRest } from "../support/invariants.ts";
import { dice, type SimulatedRun, simulatedRun, templates } from "../support/simulated-run.ts";

/** What happens next: a step that is wanted goes somehow, or something happens that nobody has asked for. */
const happenings = fc.noBias(
  fc.array(fc.record({ which: fc.nat(1_000), dice, asked: fc.nat(9) }), { minLength: 20, maxLength: 120, size: "max" }),
);
type Happening = { which: number; dice: number; asked: number };

function happen(run: SimulatedRun, { which, dice: rolled, asked }: Happening): void {
  const steps = nextSteps(run.state);
  const step = steps[which % Math.max(1, steps.length)];
  if (step && asked > 1) run.perform(step, rolled);
  else run.disturb(rolled);
}

/** Everything goes well from here on, and a person does what the run waits for. */
function bringToItsEnd(run: SimulatedRun): void {
  for (let turn = 0; turn < 2_000 && !isTidy(run.state); turn++) {
    const [step] = nextSteps(run.state);
    if (step) run.perform(step, 0);
    else if (run.state.interrupted || run.state.escalations.some(({ severity }) => severity === "problem"))
      run.tell({ kind: "resume", by: "ann", cause: "asked", retry: true });
    else run.tell({ kind: "approve", phase: undefined, by: "ann" });
  }
}

const RUNS = { numRuns: 400 };

describe("a run through anything", () => {
  test("breaks no rule, at no point asks for one step twice, and rests only with a reason", () => {
    fc.assert(
      fc.property(templates, happenings, (template, all) => {
        const run = simulatedRun(template);
        for (const happening of all) {
          happen(run, happening);
          const keys = nextSteps(run.state).map(({ key }) => key);
          expect(new Set(keys).size).toBe(keys.length);
          if (keys.length === 0 && !isTidy(run.state)) {
            expect(reasonToRest(run.state)).toBeDefined();
            expect(["waiting", "interrupted"]).toContain(statusOf(run.state));
          }
        }
        expect(broken(run.log)).toEqual([]);
      }),
      RUNS,
    );
  });

  test("can always be brought to its end, and is tidy then", () => {
    fc.assert(
      fc.property(templates, happenings, (template, all) => {
        const run = simulatedRun(template);
        for (const happening of all) happen(run, happening);
        bringToItsEnd(run);
        expect(isTidy(run.state)).toBe(true);
        expect(broken(run.log)).toEqual([]);
        expect(nextSteps(run.state)).toEqual([]);
      }),
      RUNS,
    );
  });

  test("is the same when its log is read again, also from its text, and any part of it can be read", () => {
    fc.assert(
      fc.property(templates, happenings, (template, all) => {
        const run = simulatedRun(template);
        for (const happening of all) happen(run, happening);
        const events = run.log.map(({ event }) => event);
        expect(fold(events)).toEqual(run.state);
        const read: RunEvent[] = JSON.parse(JSON.stringify(events));
        expect(fold(read)).toEqual(run.state);
        expect(nextSteps(fold(read))).toEqual(nextSteps(run.state));
        const stored = run.log.map((each, at) => ({ ...each, cursor: at + 1, run: "r", at }));
        expect(viewOf(stored)?.status).toBe(statusOf(run.state));
      }),
      { numRuns: 100 },
    );
  });

  test("takes any event in any state without a fault", () => {
    fc.assert(
      fc.property(templates, happenings, fc.nat(), (template, all, shift) => {
        const run = simulatedRun(template);
        for (const happening of all) happen(run, happening);
        const events = run.log.map(({ event }) => event);
        const cut = shift % events.length;
        const mixed = [...events.slice(cut), ...events.slice(0, cut)].reduce(evolve, fold([]));
        expect(() => nextSteps(mixed)).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });
});

describe("a run that goes well", () => {
  test("completes, whatever its workflow, each phase once", () => {
    fc.assert(
      fc.property(templates, (template) => {
        const run = simulatedRun(template);
        bringToItsEnd(run);
        expect(statusOf(run.state)).toBe("completed");
        expect(Object.values(run.state.phases).map(({ attempt }) => attempt)).toEqual(template.phases.map(() => 1));
        expect(broken(run.log)).toEqual([]);
      }),
      RUNS,
    );
  });
});
