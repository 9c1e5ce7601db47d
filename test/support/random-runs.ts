/** Plausible lives of runs: what can happen to a run in the state it is in, picked by the numbers a test draws. */
import * as fc from "fast-check";
import type { RunEvent } from "../../src/domain/event.ts";
import type { EscalationId, SessionId } from "../../src/domain/ids.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { nextSteps } from "../../src/domain/run-next.ts";
import { initial, type RunState } from "../../src/domain/run-state.ts";
import type { SessionState } from "../../src/domain/session.ts";
import { Template } from "../../src/domain/template.ts";
import { digest, runId, started } from "./run-events.ts";

/** Something happens to run number `run`: the `pick`-th of what can happen. */
export interface Happening {
  run: number;
  pick: number;
}

export const happenings = (runs: number): fc.Arbitrary<Happening[]> =>
  // Small numbers and short lives, which fast-check likes, are lives in which nothing happens.
  fc.noBias(
    fc.array(fc.record({ run: fc.nat(runs - 1), pick: fc.nat(10_000) }), {
      minLength: 100,
      maxLength: 300,
      size: "max",
    }),
  );

const TEMPLATE = Template.parse({
  name: "build-and-review",
  version: 3,
  description: "Every kind of phase at once",
  roles: { author: { requires: ["code"] }, reviewer: { requires: ["review"] } },
  phases: [
    { id: "plan", role: "author", produces: { schema: "plan" }, approval: "before" },
    { id: "build", role: "author", needs: ["plan"], produces: { schema: "change" } },
    { id: "check", run: ["npm", "test"], needs: ["plan"], produces: { schema: "result" } },
    {
      id: "review",
      role: "reviewer",
      needs: ["build"],
      produces: { schema: "review" },
      approval: "after",
      repeat: { until: "approved", from: "build", max: 2 },
    },
  ],
});

/** Few repositories and keys for many runs, so that they get in each other's way. */
const start = (run: number, pick: number): RunEvent =>
  started({
    template: TEMPLATE,
    repo: `/repos/${pick % 3}`,
    ...(pick % 5 === 0 && { idempotencyKey: `key ${pick % 2}`, requestHash: digest(String(run % 2)) }),
  });

/** What happens to a run in this state; nothing when nothing can. */
export function happens(state: RunState | undefined, { run, pick }: Happening): RunEvent[] {
  if (!state || state === initial) return [start(run, pick)];
  const possible = [...plain(state), ...outcomes(state, pick).map((outcome) => () => decide(state, outcome))];
  return possible[pick % possible.length]?.() ?? [];
}

const STATES: readonly SessionState[] = ["booting", "ready", "working", "stalled", "lost"];

/** Events that no decision is behind: they are seen, and written down. */
function plain(state: RunState): (() => RunEvent[])[] {
  const count = Object.keys(state.sessions).length;
  return nextSteps(state).flatMap((step): (() => RunEvent[])[] => {
    switch (step.kind) {
      case "session": {
        const session = step.session ?? (runId(count) as string as SessionId);
        const { role } = step;
        const opening: RunEvent = { type: "session.opening", session, role, persona: "someone", adapter: "fake" };
        return [() => [step.session ? { type: "session.opened", session, host: "process", key: "k" } : opening]];
      }
      case "prompt": {
        const { kind: _, key, ...about } = step;
        const intent: RunEvent = { type: "prompt.sending", key, ...about, sha256: digest("d"), bytes: 9, file: "p.md" };
        const { phase, attempt, session } = step;
        return [() => [intent], () => [{ type: "prompt.delivered", key, phase, attempt, session, receipt: [] }]];
      }
      case "watch": {
        const from = state.sessions[step.session]?.state ?? "ready";
        return STATES.map((to) => () => [
          { type: "session.changed", session: step.session, from, to, cause: "seen", evidence: [] },
        ]);
      }
      default:
        return [];
    }
  });
}

function outcomes(state: RunState, pick: number): Outcome[] {
  const by = "kim";
  const artifact = { sha256: digest("b"), bytes: 10, satisfied: pick % 2 === 0 };
  const violations = [{ at: "/title", problem: "is missing" }];
  const escalation = runId(pick) as string as EscalationId;
  const busy = Object.entries(state.phases).flatMap(([phase, { attempt, prompts }]): Outcome[] => {
    const session = prompts.at(-1)?.session;
    return [
      { kind: "good", phase, attempt, artifact },
      { kind: "good", phase, attempt, artifact },
      { kind: "bad", phase, attempt, violations, sha256: digest("f") },
      ...(pick % 7 === 0 ? [{ kind: "timeout" as const, phase, attempt }] : []),
      ...(session === undefined
        ? []
        : [
            { kind: "trouble" as const, phase, attempt, session, counter: "nudge" as const, cause: "idle", escalation },
            { kind: "lost" as const, phase, attempt, session, cause: "gone", escalation },
          ]),
    ];
  });
  return [
    ...busy,
    { kind: "workspace", path: "/work", branch: "devflow/x", commit: digest("c").slice(0, 40) },
    { kind: "approve", phase: undefined, by },
    { kind: "approve", phase: undefined, by },
    { kind: "reject", phase: undefined, by, comment: "no" },
    { kind: "interrupt", cause: "stopped" },
    { kind: "resume", by, cause: "asked", retry: true },
    { kind: "reported", json: "r.json", markdown: "r.md", sha256: digest("e") },
    ...Object.values(state.sessions).map(({ session }): Outcome => ({ kind: "closed", session, cause: "done" })),
    ...(pick % 11 === 0 ? [{ kind: "cancel" as const, by }] : []),
  ];
}
