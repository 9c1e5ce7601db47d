import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { given } from "../support/given.ts";
import {
  bad,
  escalation,
  good,
  HASH,
  OTHER_HASH,
  opened,
  phaseStarted,
  prompted,
  running,
  session,
  started,
  template,
  workspace,
} from "../support/made.ts";

const ACCEPTED = { sha256: HASH, bytes: 2, satisfied: true };
const line = template({ specify: {}, review: { needs: ["specify"] }, verify: { needs: ["review"] } });

describe("a run goes through its phases", () => {
  test("it makes its worktree before anything else", () => {
    expect(given([started(line)]).next()).toEqual(["workspace"]);
    given([started(line)])
      .when(workspace)
      .leads(["workspace.ready", "phase.started specify"]);
  });

  test("a phase opens a session, sends its prompt, and waits for the artifact", () => {
    const begun = running(line, phaseStarted("specify"));
    expect(given(begun).next()[0]).toBe("session/specify/0");
    expect(given([...begun, ...opened("specify")]).next()[0]).toBe("prompt/specify/1/1");
    expect(given([...begun, ...opened("specify"), ...prompted("specify")]).next()[0]).toBe("watch/specify/1/1/1");
  });

  test("the agent of the phase that comes next starts ahead, and no other", () => {
    const begun = running(line, phaseStarted("specify"), ...opened("specify"), ...prompted("specify"));
    expect(given(begun).next()).toEqual(["watch/specify/1/1/1", "session/review/0"]);
    expect(given([...begun, ...opened("review", session("B"))]).next()).toEqual(["watch/specify/1/1/1"]);
  });

  test("no agent starts ahead while a prompt is on its way to another", () => {
    expect(given(running(line, phaseStarted("specify"), ...opened("specify"))).next()).toEqual(["prompt/specify/1/1"]);
  });

  test("a session that two phases wait for is opened once", () => {
    const both = template({
      plan: {},
      left: { needs: ["plan"], role: "dev" },
      right: { needs: ["plan"], role: "dev" },
    });
    expect(given(running(both, phaseStarted("plan"))).next()).toEqual(["session/plan/0", "session/dev/0"]);
  });

  test("an accepted artifact starts what needed it, in the same append", () => {
    const events = running(line, phaseStarted("specify"), ...opened("specify"), ...prompted("specify"));
    given(events)
      .when(good("specify"))
      .leads(["artifact.checked specify", "phase.accepted specify", "phase.started review"]);
  });

  test("it completes when every phase is accepted, ends its sessions, and then writes its report", () => {
    const one = template({ specify: {} });
    const events = running(one, phaseStarted("specify"), ...opened("specify"), ...prompted("specify"));
    const done = given(events).when(good("specify"));
    done.leads(["artifact.checked specify", "phase.accepted specify", "run.completed"]);
    expect(done.next()).toEqual([`close/${session()}`]);
    const closed = given(events).when(good("specify"), {
      kind: "closed",
      session: session(),
      cause: "the run has ended",
    });
    expect(closed.next()).toEqual(["report"]);
    expect(closed.status()).toBe("completed");
  });

  test("independent phases run side by side, and what needs both waits for both", () => {
    const diamond = template({
      plan: {},
      left: { needs: ["plan"] },
      right: { needs: ["plan"] },
      join: { needs: ["left", "right"] },
    });
    const split = given(running(diamond, phaseStarted("plan"))).when(good("plan"));
    split.leads(["artifact.checked plan", "phase.accepted plan", "phase.started left", "phase.started right"]);
    given(running(diamond, phaseStarted("plan")))
      .when(good("plan"), good("right"))
      .leads(["artifact.checked right", "phase.accepted right"]);
    given(running(diamond, phaseStarted("plan")))
      .when(good("plan"), good("right"), good("left"))
      .leads(["artifact.checked left", "phase.accepted left", "phase.started join"]);
  });

  test("a role does one phase at a time", () => {
    const shared = template({ first: { role: "dev" }, second: { role: "dev" } });
    given([started(shared)])
      .when(workspace)
      .leads(["workspace.ready", "phase.started first"]);
    given([started(shared)])
      .when(workspace, good("first"))
      .leads(["artifact.checked first", "phase.accepted first", "phase.started second"]);
  });

  test("a command phase needs no session", () => {
    const tests = template({ tests: { run: ["npm", "test"] } });
    expect(given(running(tests, phaseStarted("tests"))).next()).toEqual(["command/tests/1/1"]);
  });
});

describe("a command", () => {
  const tests = template({ tests: { run: ["npm", "test"] } });
  const starting: RunEvent = { type: "command.starting", phase: "tests", attempt: 1, argv: ["npm", "test"] };
  const begun = running(tests, phaseStarted("tests"), starting);
  const command = { exitCode: 0, durationMs: 9 };
  const cancel: Outcome = { kind: "cancel", by: "ann" };

  test("its receipt and what its result means are one append: no crash comes between them", () => {
    const done = given(begun).when({ kind: "good", phase: "tests", attempt: 1, artifact: ACCEPTED, command });
    done.leads(["command.finished tests", "artifact.checked tests", "phase.accepted tests", "run.completed"]);
    const { failure } = { failure: { code: "internal", message: "", hint: "", details: {} } } as const;
    given(begun)
      .when({ kind: "failed", phase: "tests", attempt: 1, failure, command })
      .leads(["command.finished tests", "phase.failed tests", "run.failed"]);
  });

  test("of which nobody knows how far it is runs again; when the run has ended, it is ended", () => {
    expect(given(begun).next()).toEqual(["command/tests/1/1"]);
    const cancelled = given(begun).when(cancel);
    expect(cancelled.next()).toEqual(["end/tests/1"]);
    const ended = given(begun).when(cancel, { kind: "ended", phase: "tests", attempt: 1 });
    ended.follows([{ type: "command.finished", phase: "tests", attempt: 1, exitCode: null, durationMs: 0 }]);
    expect(ended.next()).toEqual(["report"]);
  });

  test("of an attempt that a person has begun anew is not forgotten: the run's end ends it", () => {
    const away: Outcome = { kind: "interrupt", cause: "the daemon went away" };
    const anew: Outcome = { kind: "resume", by: "ann", cause: "asked for by ann", retry: true, from: "tests" };
    expect(given(begun).when(away, anew).next()).toEqual(["command/tests/2/3"]);
    expect(given(begun).when(away, anew, cancel).next()).toEqual(["end/tests/1"]);
  });

  test("that has ended is ended no second time, and a run that is reported on touches nothing", () => {
    const ended: Outcome = { kind: "ended", phase: "tests", attempt: 1 };
    given(begun).when(cancel, ended, ended).follows([]);
    const reported: Outcome = { kind: "reported", json: "j", markdown: "m", sha256: HASH };
    expect(given(begun).when(cancel, reported).next()).toEqual([]);
  });
});

test("a run that is deleted cannot be taken up again: its worktree is gone", () => {
  const over: Outcome[] = [
    { kind: "impossible", failure: { code: "internal", message: "", hint: "", details: {} } },
    { kind: "reported", json: "j", markdown: "m", sha256: HASH },
  ];
  const resume: Outcome = { kind: "resume", by: "ann", cause: "asked", retry: true };
  const failed = given(running(line, phaseStarted("specify")));
  failed.when(...over, resume).leads(["run.resumed"]);
  failed.when(...over, { kind: "deleted", by: "ann" }, resume).follows([]);
  failed.when(...over, { kind: "deleted", by: "ann" }, { ...resume, from: "specify" }).follows([]);
});

describe("the receipt of a prompt", () => {
  const begun = running(line, phaseStarted("specify"), ...opened("specify"), ...prompted("specify").slice(0, 1));
  const delivered: Outcome = {
    kind: "delivered",
    phase: "specify",
    attempt: 1,
    key: "prompt/specify/1/1",
    session: session(),
    receipt: [],
  };

  test("counts once", () => {
    given(begun).when(delivered).leads(["prompt.delivered specify"]);
    given(begun).when(delivered, delivered).follows([]);
  });

  test("says nothing of a session that a person has ended meanwhile", () => {
    const killed: Outcome = { kind: "told", session: session(), what: "kill", by: "ann", escalation };
    given(begun).when(killed, delivered).follows([]);
  });
});

describe("an artifact that does not satisfy its schema", () => {
  const events = running(
    template({ specify: {} }),
    phaseStarted("specify"),
    ...opened("specify"),
    ...prompted("specify"),
  );

  test("is sent back once with what is wrong", () => {
    const refused = given(events).when(bad("specify"));
    refused.leads(["artifact.refused specify"]);
    expect(refused.next()).toEqual(["prompt/specify/1/2"]);
    expect(refused.state.phases.specify?.violations).toEqual([{ at: "/a", problem: "must be there" }]);
  });

  test("fails the phase, and with it the run, when it is bad again", () => {
    given(events).when(bad("specify"), bad("specify")).leads(["phase.failed specify", "run.failed"]);
  });

  test("is never accepted late: an outcome of an attempt that is over means nothing", () => {
    given(events).when(good("specify"), good("specify")).follows([]);
    given(events)
      .when(good("specify", { attempt: 2 }))
      .follows([]);
  });
});

describe("approvals", () => {
  test("before: the phase does not start until a person agrees", () => {
    const gated = template({ ship: { approval: "before" } });
    const waiting = given([started(gated)]).when(workspace);
    waiting.leads(["workspace.ready", "approval.requested ship"]);
    expect(waiting.status()).toBe("waiting");
    expect(waiting.next()).toEqual([]);
    given([started(gated)])
      .when(workspace, { kind: "approve", phase: undefined, by: "ann" })
      .leads(["approval.answered ship", "phase.started ship"]);
  });

  test("before: a no ends the run", () => {
    const gated = template({ ship: { approval: "before" } });
    given([started(gated)])
      .when(workspace, { kind: "reject", phase: "ship", by: "ann", comment: "not today" })
      .leads(["approval.answered ship", "run.failed"]);
  });

  const after = running(template({ plan: { approval: "after" }, build: { needs: ["plan"] } }), phaseStarted("plan"));

  test("after: a good artifact counts only once a person agrees", () => {
    given(after).when(good("plan")).leads(["artifact.checked plan", "approval.requested plan"]);
    given(after)
      .when(good("plan"), { kind: "approve", phase: undefined, by: "ann" })
      .leads(["approval.answered plan", "phase.accepted plan", "phase.started build"]);
  });

  test("after: a no does the phase again, with the comment, and the same bytes do not count again", () => {
    const again = given(after).when(good("plan"), { kind: "reject", phase: undefined, by: "ann", comment: "too big" });
    again.leads(["approval.answered plan", "phase.started plan"]);
    expect(again.state.phases.plan).toMatchObject({
      attempt: 2,
      comment: "too big",
      status: "running",
      refused: [HASH],
    });
  });

  test("after: what was refused in an earlier attempt may come again once the phase is done anew for another reason", () => {
    const looping = template({ plan: { approval: "after", repeat: { until: "approved@1", from: "plan", max: 2 } } });
    const approve: Outcome = { kind: "approve", phase: undefined, by: "ann" };
    const round = given(running(looping, phaseStarted("plan"))).when(
      good("plan"),
      { kind: "reject", phase: undefined, by: "ann", comment: "too big" },
      good("plan", { attempt: 2, sha256: OTHER_HASH, satisfied: false }),
      approve,
    );
    expect(round.state.phases.plan).toMatchObject({ attempt: 3, refused: [] });
  });

  test("answering what nobody asked changes nothing", () => {
    given(after).when({ kind: "approve", phase: undefined, by: "ann" }).follows([]);
  });
});

describe("loops", () => {
  const loop = template({
    implement: {},
    tests: { run: ["npm", "test"], needs: ["implement"] },
    review: { needs: ["tests"], repeat: { until: "approved@1", from: "implement", max: 2 } },
    notes: { needs: ["implement"] },
    verify: { needs: ["review"] },
  });
  const unsatisfied = (attempt: number) => good("review", { attempt, satisfied: false });
  const firstRound = [good("implement"), good("tests"), unsatisfied(1)];

  test("go back to their start when they are not satisfied", () => {
    given(running(loop, phaseStarted("implement")))
      .when(...firstRound)
      .leads(["artifact.checked review", "phase.accepted review", "phase.looped review", "phase.started implement"]);
  });

  test("what is outside the loop sees only its last round", () => {
    const through = given(running(loop, phaseStarted("implement")));
    through
      .when(good("implement"))
      .leads(["artifact.checked implement", "phase.accepted implement", "phase.started tests"]);
    through
      .when(
        ...firstRound,
        good("implement", { attempt: 2 }),
        good("tests", { attempt: 2 }),
        good("review", { attempt: 2 }),
      )
      .leads(["artifact.checked review", "phase.accepted review", "phase.started notes", "phase.started verify"]);
  });

  test("inside one another have all their rounds in each round of the outer one", () => {
    const max = { until: "approved@1", from: "write", max: 2 };
    const nested = template({
      write: { role: "dev" },
      lint: { role: "dev", needs: ["write"], repeat: max },
      review: { role: "dev", needs: ["lint"], repeat: max },
    });
    const again = (phase: string, attempt: number) => good(phase, { attempt, satisfied: false });
    const firstOuterRound = [
      ...[good("write"), again("lint", 1)],
      ...[good("write", { attempt: 2 }), good("lint", { attempt: 2 }), again("review", 1)],
    ];
    given(running(nested, phaseStarted("write")))
      .when(...firstOuterRound, good("write", { attempt: 3 }), again("lint", 3))
      .leads(["artifact.checked lint", "phase.accepted lint", "phase.looped lint", "phase.started write"]);
    given(running(nested, phaseStarted("write")))
      .when(
        ...[...firstOuterRound, good("write", { attempt: 3 }), again("lint", 3)],
        ...[good("write", { attempt: 4 }), again("lint", 4)],
      )
      .leads(["artifact.checked lint", "phase.accepted lint", "phase.failed lint", "run.failed"]);
  });

  test("fail when the last round is not satisfied either", () => {
    given(running(loop, phaseStarted("implement")))
      .when(...firstRound, good("implement", { attempt: 2 }), good("tests", { attempt: 2 }), unsatisfied(2))
      .leads(["artifact.checked review", "phase.accepted review", "phase.failed review", "run.failed"]);
  });
});

describe("recovery", () => {
  const events = running(
    template({ specify: {} }),
    phaseStarted("specify"),
    ...opened("specify"),
    ...prompted("specify"),
  );
  const about = { phase: "specify", attempt: 1, session: session(), escalation };
  const lost = { kind: "lost", ...about, cause: "crashed" } as const;
  const nudge = { kind: "trouble", ...about, counter: "nudge", cause: "idle" } as const;

  test("a lost agent is started again and told again, as another prompt", () => {
    const gone = given(events).when(lost);
    gone.leads(["session.changed", "session.recovery specify"]);
    expect(gone.next()).toEqual(["session/specify/1"]);
    const second = session("B");
    const ended: RunEvent = {
      type: "session.changed",
      session: session(),
      from: "working",
      to: "lost",
      cause: "",
      evidence: [],
    };
    const back = given([...events, ended, ...opened("specify", second)]);
    expect(back.next()).toEqual(["prompt/specify/1/2"]);
  });

  test("an agent that is lost when nobody waits for it any more is just lost", () => {
    given(events).when({ kind: "timeout", phase: "specify", attempt: 1 }, lost).follows([]);
    const gated = running(template({ specify: { approval: "after" } }), ...events.slice(2));
    given(gated).when(good("specify"), lost).leads(["session.changed"]);
  });

  test("an idle agent is nudged twice, then a person is asked, and nothing goes round for ever", () => {
    const asked = given(events).when(nudge);
    asked.leads(["session.recovery specify"]);
    expect(asked.next()).toEqual(["prompt/specify/1/2"]);
    const parked = given(events).when(nudge, nudge, nudge);
    parked.leads(["escalation.raised specify"]);
    expect(parked.status()).toBe("waiting");
    given(events).when(nudge, nudge, nudge, nudge).follows([]);
  });

  test("a person who resumes a parked run starts the counters anew", () => {
    const resumed = given(events).when(nudge, nudge, nudge, {
      kind: "resume",
      by: "ann",
      cause: "looked",
      retry: true,
    });
    resumed.leads(["escalation.settled", "run.resumed"]);
    given(events)
      .when(nudge, nudge, nudge, { kind: "resume", by: "ann", cause: "looked", retry: true }, nudge)
      .leads(["session.recovery specify"]);
  });

  test("a parked phase is still accepted when its artifact comes", () => {
    given(events)
      .when(nudge, nudge, nudge, good("specify"))
      .leads(["artifact.checked specify", "escalation.settled", "phase.accepted specify", "run.completed"]);
  });

  test("a dialog is asked about once and settled when it is gone", () => {
    const verdict = (state: "awaiting_permission" | "working"): Outcome => ({
      kind: "verdict",
      session: session(),
      escalation,
      verdict: { state, evidence: [] },
    });
    const asked = given(events).when(verdict("awaiting_permission"));
    asked.leads(["session.changed", "escalation.raised specify"]);
    expect(asked.status()).toBe("waiting");
    given(events).when(verdict("awaiting_permission"), verdict("awaiting_permission")).follows([]);
    given(events)
      .when(verdict("awaiting_permission"), verdict("working"))
      .leads(["session.changed", "escalation.settled"]);
  });

  test("a question ends with the agent that asked it, however that ends", () => {
    const asked: Outcome = {
      kind: "verdict",
      session: session(),
      escalation,
      verdict: { state: "awaiting_input", evidence: [] },
    };
    const killed: Outcome = { kind: "told", session: session(), what: "restart", by: "ann", escalation };
    const closed: Outcome = { kind: "closed", session: session(), cause: "the run has ended" };
    given(events).when(asked, lost).leads(["session.changed", "escalation.settled", "session.recovery specify"]);
    given(events).when(asked, killed).leads(["session.told", "session.closed", "escalation.settled"]);
    given(events).when(asked, good("specify"), closed).leads(["session.closed", "escalation.settled"]);
    expect(given(events).when(asked, lost).status()).toBe("running");
  });
});

describe("what a person does to a session", () => {
  const events = running(
    template({ specify: {} }),
    phaseStarted("specify"),
    ...opened("specify"),
    ...prompted("specify"),
  );
  const told = (what: "kill" | "restart" | "send"): Outcome => ({
    kind: "told",
    session: session(),
    what,
    by: "ann",
    escalation,
  });

  test("an agent that is restarted starts again at once", () => {
    const again = given(events).when(told("restart"));
    again.leads(["session.told", "session.closed"]);
    expect(again.next()).toEqual(["session/specify/1"]);
  });

  test("an agent that is killed stays down until the run is resumed", () => {
    const killed = given(events).when(told("kill"));
    killed.leads(["session.told", "session.closed", "escalation.raised specify"]);
    expect(killed.next()).toEqual([]);
    expect(killed.status()).toBe("waiting");
    const resumed = given(events).when(told("kill"), { kind: "resume", by: "ann", cause: "again", retry: true });
    expect(resumed.next()).toEqual(["session/specify/1"]);
  });

  test("what is sent to an agent that has ended is not written down", () => {
    given(events).when(told("restart"), told("send")).follows([]);
  });
});

describe("stopping and going on", () => {
  const events = running(line, phaseStarted("specify"), ...opened("specify"), ...prompted("specify"));

  test("an interrupted run asks for nothing until it is resumed, and then for what it asked before", () => {
    const before = given(events).next();
    expect(given(events).when({ kind: "interrupt", cause: "stop" }).next()).toEqual([]);
    const back = given(events).when(
      { kind: "interrupt", cause: "stop" },
      { kind: "resume", by: "x", cause: "y", retry: false },
    );
    expect(back.next()).toEqual(before);
  });

  test("a failed run is resumed from the phase that failed", () => {
    const timeout = { kind: "timeout", phase: "specify", attempt: 1 } as const;
    const resumed = given(events).when(timeout, { kind: "resume", by: "ann", cause: "again", retry: true });
    resumed.leads(["run.resumed", "phase.started specify"]);
    expect(resumed.state.phases.specify?.attempt).toBe(2);
  });

  test("a run that is cancelled while it is interrupted ends its agents and reports", () => {
    const cancelled = given(events).when({ kind: "interrupt", cause: "stop" }, { kind: "cancel", by: "ann" });
    expect(cancelled.next()).toEqual([`close/${session()}`]);
    const closed: Outcome = { kind: "closed", session: session(), cause: "the run has ended" };
    const after = given(events).when({ kind: "interrupt", cause: "stop" }, { kind: "cancel", by: "ann" }, closed);
    expect(after.next()).toEqual(["report"]);
  });

  test("a run that was cancelled is not resumed, whatever was left open", () => {
    const killed: Outcome = { kind: "told", session: session(), what: "kill", by: "ann", escalation };
    given(events)
      .when(killed, { kind: "cancel", by: "ann" }, { kind: "resume", by: "ann", cause: "again", retry: true })
      .follows([]);
  });

  test("a report that comes after the run was resumed is not its report", () => {
    const timeout: Outcome = { kind: "timeout", phase: "specify", attempt: 1 };
    const resume: Outcome = { kind: "resume", by: "ann", cause: "again", retry: true };
    const report: Outcome = { kind: "reported", json: "j", markdown: "m", sha256: "a".repeat(64) };
    given(events).when(timeout, resume, report).follows([]);
    given(events).when(timeout, report).leads(["report.written"]);
  });

  test("a cancelled run starts nothing more, and reports", () => {
    const cancelled = given(events).when({ kind: "cancel", by: "ann" });
    cancelled.follows([{ type: "run.cancelled", by: "ann" }]);
    expect(cancelled.next()).toEqual([`close/${session()}`]);
    given(events).when({ kind: "cancel", by: "ann" }, good("specify")).follows([]);
  });
});

describe("a run that is done again from a phase on", () => {
  const done = given(running(line, phaseStarted("specify"), ...opened("specify"), ...prompted("specify"))).when(
    good("specify"),
  );
  const again = (from: string): Outcome => ({ kind: "resume", by: "kim", cause: "asked", retry: true, from });
  const complete: RunEvent[] = [
    ...running(line),
    ...["specify", "review", "verify"].flatMap((phase): RunEvent[] => [
      { type: "phase.started", phase, attempt: 1, round: 1, cause: "ready" },
      { type: "phase.accepted", phase, attempt: 1, artifact: { sha256: "a".repeat(64), bytes: 2, satisfied: true } },
    ]),
    { type: "run.completed" },
  ] as RunEvent[];

  test("does that phase and what needs it, as further attempts, and nothing before it", () => {
    const resumed = given(complete).when(again("review"));
    resumed.leads(["run.resumed", "phase.started review"]);
    expect(resumed.status()).toBe("running");
    expect(resumed.state.phases.review).toMatchObject({ status: "running", attempt: 2 });
    expect(resumed.state.phases.verify).toMatchObject({ status: "pending", attempt: 1 });
    expect(resumed.state.phases.specify).toMatchObject({ status: "accepted", attempt: 1 });
  });

  test("is refused while something is under way, for a phase that is not there, and after a cancel", () => {
    done.leads(["artifact.checked specify", "phase.accepted specify", "phase.started review"]);
    given(running(line, phaseStarted("specify")))
      .when(again("specify"))
      .follows([]);
    given(complete).when(again("nowhere")).follows([]);
    given([...complete.slice(0, -1), { type: "run.cancelled", by: "kim" }])
      .when(again("review"))
      .follows([]);
    given(complete).when({ kind: "resume", by: "kim", cause: "asked", retry: true }).follows([]);
  });

  test("asks again before a phase that needs approval", () => {
    const asking = template({ plan: {}, work: { needs: ["plan"], approval: "before" } });
    const ended = [
      ...running(asking),
      { type: "phase.started", phase: "plan", attempt: 1, round: 1, cause: "ready" },
      {
        type: "phase.accepted",
        phase: "plan",
        attempt: 1,
        artifact: { sha256: "a".repeat(64), bytes: 2, satisfied: true },
      },
      { type: "approval.requested", phase: "work", attempt: 0, when: "before" },
      { type: "approval.answered", phase: "work", attempt: 0, when: "before", answer: "approve", by: "kim" },
      { type: "phase.started", phase: "work", attempt: 1, round: 1, cause: "ready" },
      {
        type: "phase.accepted",
        phase: "work",
        attempt: 1,
        artifact: { sha256: "b".repeat(64), bytes: 2, satisfied: true },
      },
      { type: "run.completed" },
    ] as RunEvent[];
    given(ended).when(again("work")).leads(["run.resumed", "approval.requested work"]);
  });
});
