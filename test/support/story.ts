/** A run as it could go, told in events at fixed times: what the command line's views are drawn from in tests. */
import type { RunEvent, StoredEvent } from "../../src/domain/event.ts";
import { EscalationId, RunId, SessionId } from "../../src/domain/ids.ts";
import { Persona } from "../../src/domain/persona.ts";
import type { Evidence, SessionState } from "../../src/domain/session.ts";
import { Template } from "../../src/domain/template.ts";

const SHA = "5e".repeat(32);
/** 1 March 2026, 12:00:00 UTC. */
export const BEGIN = Date.UTC(2026, 2, 1, 12);

export const RUN = RunId.parse("01KJM3W7E0QZB4T1VB8D7K2MQX");
export const SPECIFIER = SessionId.parse("01KJM3W7F0QZB4T1VB8DM4T1VB");
export const REVIEWER = SessionId.parse("01KJM3W7G0QZB4T1VB8DQ8F3ZN");
export const ESCALATION = EscalationId.parse("01KJM3W7H0QZB4T1VB8DE5C4AE");

export const GOAL = "목록 명령에 --json 옵션을 추가하고, 한국어 문서와 테스트까지 빠짐없이 고쳐 주세요 🙏 (issue #42)";

const persona = (name: string, family: string): Persona =>
  Persona.parse({
    name,
    version: 1,
    description: name,
    capabilities: ["work"],
    adapter: "terminal",
    agent: name,
    family,
  });

export const TEMPLATE = Template.parse({
  name: "implement-and-review",
  version: 1,
  description: "Plan, implement and review until the reviewer agrees",
  roles: {
    planner: { requires: ["plan"] },
    implementer: { requires: ["code"] },
    reviewer: { requires: ["review"], diverseFrom: "implementer" },
  },
  phases: [
    { id: "plan", role: "planner", approval: "after", produces: { schema: "plan@1" } },
    { id: "implement", role: "implementer", needs: ["plan"], produces: { schema: "change-summary@1" } },
    { id: "tests", run: ["npm", "test"], needs: ["implement"], produces: { schema: "command-result@1" } },
    {
      id: "review",
      role: "reviewer",
      needs: ["implement", "tests"],
      produces: { schema: "findings@1" },
      repeat: { until: "approved@1", from: "implement", max: 5 },
    },
    { id: "verify", role: "reviewer", needs: ["review"], produces: { schema: "verification@1" } },
  ],
});

const bound = (name: string, family: string) => ({ persona: persona(name, family), hash: SHA });

export const STARTED: RunEvent = {
  type: "run.started",
  repo: "/home/kim/작업 shop",
  base: "main",
  baseCommit: "9c1f0de4b7a2",
  goal: GOAL,
  template: TEMPLATE,
  templateHash: SHA,
  bindings: {
    planner: bound("claude-planner", "anthropic"),
    implementer: bound("claude-implementer", "anthropic"),
    reviewer: bound("codex-reviewer", "openai"),
  },
  schemas: {},
  warnings: [],
};

const seen = (said: string): Evidence[] => [{ source: "title", said, at: BEGIN }];
const artifact = { sha256: SHA, bytes: 812, satisfied: true };

const opened = (session: SessionId, role: string, name: string): RunEvent[] => [
  { type: "session.opening", session, role, persona: `${name}@1`, adapter: "terminal", agent: name },
  { type: "session.opened", session, host: "tmux", key: "k", pid: 41 },
];
const changed = (session: SessionId, from: SessionState, to: SessionState, cause: string): RunEvent => ({
  type: "session.changed",
  ...{ session, from, to, cause },
  evidence: seen(cause),
});
const prompted = (phase: string, attempt: number, session: SessionId, number = 1): RunEvent[] => {
  const key = `${phase}/${attempt}/${number}`;
  const purpose = number === 1 ? "work" : "repair";
  return [
    { type: "prompt.sending", key, phase, attempt, number, session, purpose, sha256: SHA, bytes: 4_210, file: "/p" },
    { type: "prompt.delivered", key, phase, attempt, session, receipt: seen("working") },
  ];
};
const started = (phase: string, attempt = 1, round = 1): RunEvent => ({
  type: "phase.started",
  ...{ phase, attempt, round },
  cause: attempt === 1 ? "ready" : "loop",
});

/** Seconds from the start → what happens then. */
const TIMELINE: readonly (readonly [number, readonly RunEvent[]])[] = [
  [0, [STARTED]],
  [1, [{ type: "workspace.ready", path: "/w", branch: `devflow/${RUN}`, commit: "9c1f0de4b7a2" }]],
  [2, [started("plan"), ...opened(SPECIFIER, "planner", "claude-planner")]],
  [9, [changed(SPECIFIER, "starting", "ready", "its composer is empty"), ...prompted("plan", 1, SPECIFIER)]],
  [10, [changed(SPECIFIER, "ready", "working", "its title says so")]],
  [
    57,
    [
      { type: "artifact.checked", phase: "plan", attempt: 1, artifact },
      changed(SPECIFIER, "working", "ready", "its turn is over"),
    ],
  ],
  [57, [{ type: "approval.requested", phase: "plan", attempt: 1, when: "after", sha256: SHA }]],
  [
    90,
    [
      {
        type: "approval.answered",
        phase: "plan",
        attempt: 1,
        when: "after",
        answer: "approve",
        by: "kim",
        comment: "좋아요",
      },
    ],
  ],
  [90, [{ type: "phase.accepted", phase: "plan", attempt: 1, artifact }]],
  [91, [started("implement"), ...opened(REVIEWER, "implementer", "claude-implementer")]],
  [95, [changed(REVIEWER, "starting", "ready", "its composer is empty"), ...prompted("implement", 1, REVIEWER)]],
  [96, [changed(REVIEWER, "ready", "working", "its title says so")]],
  [
    150,
    [
      {
        type: "artifact.refused",
        phase: "implement",
        attempt: 1,
        sha256: SHA,
        violations: [
          { at: "/files/0/path", problem: "must be a string, not a number" },
          { at: "", problem: "must have summary" },
        ],
      },
    ],
  ],
  [151, prompted("implement", 1, REVIEWER, 2)],
  [200, [{ type: "phase.accepted", phase: "implement", attempt: 1, artifact }]],
  [200, [started("tests"), { type: "command.starting", phase: "tests", attempt: 1, argv: ["npm", "test"] }]],
  [214, [{ type: "command.finished", phase: "tests", attempt: 1, exitCode: 1, durationMs: 14_000 }]],
  [214, [{ type: "phase.accepted", phase: "tests", attempt: 1, artifact }]],
  [
    215,
    [
      {
        type: "escalation.raised",
        escalation: ESCALATION,
        severity: "problem",
        phase: "review",
        session: REVIEWER,
        failure: {
          code: "session.login_required",
          message: "the agent codex-reviewer@1 needs a login",
          hint: "log in, then resume the run",
          details: {},
        },
      },
    ],
  ],
  [300, [{ type: "escalation.settled", escalation: ESCALATION, answer: "retry", by: "kim" }]],
  [301, [started("review"), { type: "phase.accepted", phase: "review", attempt: 1, artifact }]],
  [330, [started("verify"), { type: "phase.accepted", phase: "verify", attempt: 1, artifact }]],
  [
    331,
    [
      { type: "session.closed", session: SPECIFIER, cause: "the run is over" },
      { type: "session.closed", session: REVIEWER, cause: "the run is over" },
    ],
  ],
  [331, [{ type: "run.completed" }]],
  [
    332,
    [{ type: "report.written", json: "/data/runs/x/report.json", markdown: "/data/runs/x/report.md", sha256: SHA }],
  ],
];

/** The events up to so many seconds after the start. */
export function story(until = Number.POSITIVE_INFINITY, run: string = RUN): StoredEvent[] {
  const told = TIMELINE.filter(([second]) => second <= until);
  let position = 0;
  return told.flatMap(([second, events]) =>
    events.map((event): StoredEvent => {
      position += 1;
      return { cursor: position, run, position, at: BEGIN + second * 1_000, event };
    }),
  );
}

export const secondsIn = (seconds: number): number => BEGIN + seconds * 1_000;
