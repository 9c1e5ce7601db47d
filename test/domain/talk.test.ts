/** A talk in a run: turns begin, end and are taken back; failures end a turn and never the talk; its record is its artifact. */
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import { Failure, failureRecord } from "../../src/domain/failure.ts";
import { EscalationId, SessionId } from "../../src/domain/ids.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { NO_TIME, passed, usedBy } from "../../src/domain/phase-time.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { evolve, fold } from "../../src/domain/run-evolve.ts";
import { nextSteps } from "../../src/domain/run-next.ts";
import { isBeside, advance as row, unknown } from "../../src/domain/run-row.ts";
import { initial, type RunState } from "../../src/domain/run-state.ts";
import { turnText } from "../../src/domain/talk.ts";
import { Template } from "../../src/domain/template.ts";
import { HASH, persona } from "../support/made.ts";

const template = Template.parse({
  name: "chat",
  version: 1,
  description: "A talk",
  roles: { partner: {} },
  phases: [{ id: "talk", role: "partner", talk: true, produces: { schema: "conversation@1" } }],
});
const SESSION = SessionId.parse("01JZ8N3V0000S1QK5RTXW9YB4M");
const ESCALATION = EscalationId.parse("01JZ8N3V0000E1QK5RTXW9YB4M");
const about = { phase: "talk", attempt: 1 } as const;

function run() {
  const events: RunEvent[] = [];
  let state: RunState = initial;
  const take = (...more: RunEvent[]) => {
    events.push(...more);
    state = more.reduce(evolve, state);
    return more;
  };
  take({
    type: "run.started",
    repo: "/r",
    base: "main",
    baseCommit: "c",
    goal: "A talk",
    template,
    templateHash: HASH,
    bindings: { partner: { persona: persona("one"), hash: HASH } },
    schemas: {},
    warnings: [],
  });
  const it = {
    events,
    state: () => state,
    take,
    tell: (outcome: Outcome) => take(...decide(state, outcome)).map(({ type }) => type),
    next: () => nextSteps(state).map(({ key }) => key),
  };
  it.tell({ kind: "workspace", path: "/w", branch: "b", commit: "c" });
  take({ type: "session.opening", session: SESSION, role: "partner", persona: "one@1", adapter: "fake" });
  take({ type: "session.opened", session: SESSION, host: "process", key: "k" });
  return it;
}

const say = (key: string): Outcome => ({ kind: "say", key, sha256: HASH, bytes: 3, by: "min" });

/** The open turn is taken to the agent by its prompt. */
function delivered(it: ReturnType<typeof run>, number: number) {
  const key = `prompt/talk/1/${number}`;
  expect(it.next()).toEqual([key]);
  it.take({
    type: "prompt.sending",
    ...about,
    key,
    number,
    session: SESSION,
    purpose: "turn",
    sha256: HASH,
    bytes: 3,
    file: "f",
  });
  it.tell({ kind: "delivered", ...about, key, session: SESSION, receipt: [] });
}

describe("a talk", () => {
  test("waits for the person, takes each turn to the agent and listens until it ends", () => {
    const it = run();
    expect(it.next()).toEqual([]);
    expect(it.tell(say("a"))).toEqual(["turn.asked"]);
    expect(it.tell(say("b"))).toEqual([]); // one at a time
    delivered(it, 1);
    expect(it.next()).toEqual(["listen/talk/1/1/1"]);
    expect(it.tell({ kind: "turn", ...about, number: 1, how: "answered", sha256: HASH })).toEqual(["turn.ended"]);
    expect(it.next()).toEqual([]);
    expect(it.tell(say("a"))).toEqual([]); // said again after a crash, it is the turn of before
    expect(it.tell(say("c"))).toEqual(["turn.asked"]);
    delivered(it, 2);
  });

  test("that is ended records itself and completes the run; what comes later means nothing", () => {
    const it = run();
    it.tell(say("a"));
    delivered(it, 1);
    expect(it.tell({ kind: "end talk", by: "min" })).toEqual(["talk.ended"]);
    expect(it.next()).toEqual(["record/talk/1"]);
    expect(it.tell(say("b"))).toEqual([]);
    const artifact = { sha256: HASH, bytes: 2, satisfied: true };
    expect(it.tell({ kind: "good", ...about, artifact })).toEqual([
      "artifact.checked",
      "phase.accepted",
      "run.completed",
    ]);
    expect(it.tell({ kind: "turn", ...about, number: 1, how: "answered" })).toEqual([]);
    expect(it.next()).toEqual([`close/${SESSION}`]);
  });

  test("goes on when a turn fails, by its time or its budget", () => {
    const it = run();
    it.tell(say("a"));
    delivered(it, 1);
    expect(it.tell({ kind: "timeout", ...about })).toEqual(["turn.ended"]);
    it.tell(say("b"));
    delivered(it, 2);
    const failure = failureRecord(new Failure("budget.price_unknown", { model: "m" }));
    expect(it.tell({ kind: "refused", session: SESSION, failure })).toEqual(["turn.ended"]);
    expect(it.tell({ kind: "refused", session: SESSION, failure })).toEqual([]);
    expect(it.state().ended).toBeUndefined();
    expect(it.tell(say("c"))).toEqual(["turn.asked"]);
  });

  test("is stopped by a person, before and after the agent was told", () => {
    const it = run();
    const stop: Outcome = { kind: "told", session: SESSION, what: "interrupt", by: "min", escalation: ESCALATION };
    it.tell(say("a"));
    expect(it.tell(stop)).toEqual(["session.told", "turn.ended"]);
    it.tell(say("b"));
    delivered(it, 1);
    expect(it.tell(stop)).toEqual(["session.told"]);
    it.tell({ kind: "turn", ...about, number: 2, how: "answered" });
    expect(it.events.at(-1)).toMatchObject({ type: "turn.ended", number: 2, how: "interrupted" });
  });

  test("is told again to a new agent when the one before is lost", () => {
    const it = run();
    it.tell(say("a"));
    delivered(it, 1);
    it.tell({ kind: "lost", ...about, session: SESSION, cause: "crash", escalation: ESCALATION });
    expect(it.next()).toEqual(["session/partner/1"]);
    const next = SessionId.parse("01JZ8N3V0000S2QK5RTXW9YB4M");
    it.take({ type: "session.opening", session: next, role: "partner", persona: "one@1", adapter: "fake" });
    it.take({ type: "session.opened", session: next, host: "process", key: "k" });
    expect(it.next()).toEqual(["prompt/talk/1/2"]);
  });

  test("changes its persona between turns, and undoes a turn once", () => {
    const it = run();
    it.tell(say("a"));
    const other: Outcome = { kind: "bound", role: "partner", persona: persona("two"), hash: HASH, by: "min" };
    expect(it.tell(other)).toEqual([]);
    delivered(it, 1);
    it.tell({ kind: "turn", ...about, number: 1, how: "answered" });
    expect(it.tell({ kind: "undone", number: 1, files: 2, by: "min" })).toEqual(["turn.undone"]);
    expect(it.tell({ kind: "undone", number: 1, files: 2, by: "min" })).toEqual([]);
    expect(it.tell(other)).toEqual(["session.closed", "role.bound"]);
    expect(it.state().started?.bindings.partner?.persona.name).toBe("two");
    expect(it.next()).toEqual(["session/partner/1"]);
    expect(fold(it.events)).toEqual(it.state());
  });

  test("asks nothing on behalf of a persona that was exchanged for another", () => {
    const it = run();
    const asks: Outcome = {
      kind: "verdict",
      session: SESSION,
      verdict: { state: "awaiting_permission", evidence: [] },
      escalation: ESCALATION,
    };
    it.tell(asks);
    expect(it.state().escalations).toHaveLength(1);
    it.tell({ kind: "bound", role: "partner", persona: persona("two"), hash: HASH, by: "min" });
    expect(it.state().escalations).toEqual([]);
  });

  test("has its phase's time for each turn, and none passes between them", () => {
    const it = run();
    let state: RunState = initial;
    let times = NO_TIME;
    const at = (ms: number, ...events: RunEvent[]) => {
      for (const event of events) {
        state = evolve(state, event);
        times = passed(times, event, state, ms);
      }
    };
    at(0, ...it.events);
    expect(usedBy(times, "talk", 50_000)).toBe(0);
    at(60_000, ...decide(state, say("a")));
    expect(usedBy(times, "talk", 61_000)).toBe(1_000);
    at(62_000, ...decide(state, { kind: "turn", ...about, number: 1, how: "answered" }));
    at(90_000, ...decide(state, say("b")));
    expect(usedBy(times, "talk", 91_000)).toBe(1_000);
  });

  test("holds no branch against other runs", () => {
    const [started] = run().events;
    if (started?.type !== "run.started") throw new Error("no start");
    expect(isBeside(row(unknown, started, 1))).toBe(true);
  });
});

test.each([
  ["/etc/hosts is odd", "The person says: /etc/hosts is odd"],
  ["!ls", "The person says: !ls"],
  ["ends with \\", "ends with \\\n."],
  ["  plain  ", "plain"],
])("what agents take for a command is said as words: %s", (said, text) => {
  expect(turnText(said, [])).toBe(text);
  expect(turnText(said, ["Who you are.", ""])).toBe(`Who you are.\n\n${text}`);
});

test("a talk has a role, and neither a loop nor an approval", () => {
  const phase = { id: "talk", talk: true, produces: { schema: "conversation@1" } };
  const made = (more: object) => Template.safeParse({ ...template, phases: [{ ...phase, ...more }] }).success;
  expect(made({ role: "partner" })).toBe(true);
  expect(made({ run: ["true"] })).toBe(false);
  expect(made({ role: "partner", approval: "after" })).toBe(false);
});
