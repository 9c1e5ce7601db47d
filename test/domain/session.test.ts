/** The session table: every state with everything that can be seen of an agent, and what a run makes of it. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EscalationId } from "../../src/domain/ids.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { evolve, fold } from "../../src/domain/run-evolve.ts";
import { AgentState, isLive, needsPerson, observe, SessionState, step } from "../../src/domain/session.ts";
import { opened, phaseStarted, prompted, running, session, template } from "../support/made.ts";

const verdict = (state: AgentState) => ({ state, evidence: [] });
const pairs = SessionState.options.flatMap((state) => AgentState.options.map((seen) => [state, seen] as const));

describe("what is seen of an agent", () => {
  test.each(pairs)("%s, seen %s", (state, seen) => {
    const next = observe(state, verdict(seen));
    if (!isLive(state) || seen === "unknown") expect(next).toBeUndefined();
    else if (seen === "exited") expect(next).toBe("lost");
    else if (seen === "booting") expect(next).toBe(state === "starting" ? "booting" : undefined);
    else expect(next).toBe(seen === state ? undefined : seen);
  });

  test("silence makes stalled of a working agent, and unresponsive of one that does not react either", () => {
    const changes = (signal: "quiet" | "frozen") =>
      SessionState.options.flatMap((state) => {
        const next = step(state, signal);
        return next ? [`${state} → ${next}`] : [];
      });
    expect(changes("quiet")).toEqual(["working → stalled"]);
    expect(changes("frozen")).toEqual(["working → unresponsive", "stalled → unresponsive"]);
  });
});

describe("a session in its run", () => {
  const events = running(
    template({ specify: {} }),
    phaseStarted("specify"),
    ...opened("specify"),
    ...prompted("specify"),
  );
  const id = session();
  let ids = 0;
  const escalation = () => {
    ids += 1;
    return EscalationId.parse(`01${String(ids).padStart(24, "0")}`);
  };
  const about = { phase: "specify", attempt: 1, session: id };
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(...AgentState.options)
        .map((state) => ({ kind: "verdict" as const, session: id, verdict: verdict(state), escalation: escalation() })),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom("interrupt", "nudge", "resubmit", "backoff").map((counter) => ({
        kind: "trouble" as const,
        ...about,
        counter: counter as "nudge",
        cause: "?",
        escalation: escalation(),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("kill", "restart").map((what) => ({
        kind: "told" as const,
        session: id,
        what: what as "kill",
        by: "ann",
        escalation: escalation(),
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constant(null)
        .map(() => ({ kind: "lost" as const, ...about, cause: "gone", escalation: escalation() })),
    },
    { weight: 1, arbitrary: fc.constant<Outcome>({ kind: "closed", session: id, cause: "over" }) },
  );

  test("asks a person exactly while only a person can help, and never comes back once it has ended", () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60, size: "max" }), (outcomes) => {
        let state = fold(events);
        for (const one of outcomes) {
          const before = state.sessions[id]?.state ?? "starting";
          state = decide(state, one).reduce(evolve, state);
          const now = state.sessions[id]?.state ?? "starting";
          if (!isLive(before)) expect([before, "failed"]).toContain(now);
          const questions = state.escalations.filter((e) => e.session === id && e.severity === "question");
          expect(questions).toHaveLength(needsPerson(now) ? 1 : 0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
