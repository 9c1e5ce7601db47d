import { describe, expect, test, vi } from "vitest";
import type { FakeScript } from "../../src/adapters/agents/fake-agent.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { template } from "../support/made.ts";
import { type Stage, stage } from "../support/stage.ts";

const clock = systemClock();
const line = template({ specify: {}, review: { needs: ["specify"] }, verify: { needs: ["review"] } });

const ends = (on: Stage, run: Awaited<ReturnType<Stage["start"]>>, status: string) =>
  vi.waitFor(() => {
    expect(on.status(run)).toBe(status);
    expect(on.events(run)).toContain("report.written");
  });

describe("the engine", () => {
  test("takes a run through its phases, writes the report, and ends its sessions", async () => {
    const on = stage({ template: line, clock });
    const run = await on.start();
    await ends(on, run, "completed");
    expect(on.told).toEqual(["specify#1 work", "review#1 work", "verify#1 work"]);
    await vi.waitFor(() => expect(on.engine.sessions()).toBe(0));
    expect(on.events(run).filter((event) => event === "session.closed")).toHaveLength(3);
  });

  test("sends a bad artifact back once, with what is wrong", async () => {
    const script: FakeScript = ({ artifact, count }) =>
      on.files.put(artifact, JSON.stringify(count === 1 ? { wrong: 1 } : { note: "right" }));
    const on = stage({ template: template({ specify: {} }), clock, script });
    const run = await on.start();
    await ends(on, run, "completed");
    expect(on.told).toEqual(["specify#1 work", "specify#1 repair"]);
  });

  test("fails a run whose artifact stays bad, and still reports", async () => {
    const script: FakeScript = ({ artifact, count }) => on.files.put(artifact, JSON.stringify({ wrong: count }));
    const on = stage({ template: template({ specify: {} }), clock, script });
    const run = await on.start();
    await ends(on, run, "failed");
  });

  test("goes round a loop until it is satisfied, each round told what sent it back", async () => {
    const loop = template({
      implement: {},
      review: { needs: ["implement"], repeat: { until: "approved@1", from: "implement", max: 3 } },
    });
    let reviews = 0;
    const script: FakeScript = ({ artifact, prompt }) => {
      const isReview = prompt.text.includes("Phase: review");
      if (isReview) reviews += 1;
      on.files.put(artifact, JSON.stringify({ note: artifact, ...(isReview && reviews === 3 && { approved: true }) }));
    };
    const on = stage({ template: loop, clock, script });
    const run = await on.start();
    await ends(on, run, "completed");
    expect(on.told).toEqual([
      "implement#1 work",
      "review#1 work",
      "implement#2 work",
      "review#2 work",
      "implement#3 work",
      "review#3 work",
    ]);
  });

  test("starts an agent that crashes again, and tells the new one", async () => {
    let crashes = 0;
    const script: FakeScript = ({ artifact, crash }) => {
      crashes += 1;
      if (crashes === 1) return crash();
      on.files.put(artifact, JSON.stringify({ note: 1 }));
    };
    const on = stage({ template: template({ specify: {} }), clock, script });
    const run = await on.start();
    await vi.waitFor(() => expect(on.status(run)).toBe("completed"), 10_000);
    expect(on.events(run).filter((event) => event === "session.opened")).toHaveLength(2);
  });

  test("waits for a person where the template says so", async () => {
    const gated = template({ plan: { approval: "after" }, build: { needs: ["plan"] } });
    const on = stage({ template: gated, clock });
    const run = await on.start();
    await vi.waitFor(() => expect(on.status(run)).toBe("waiting"));
    expect(await on.engine.approve(run, "approve", undefined, "ann", undefined)).toBe("plan");
    await ends(on, run, "completed");
  });

  test("a cancelled run stops what is under way and reports", async () => {
    const on = stage({ template: line, clock, script: () => new Promise(() => {}) });
    const run = await on.start();
    await vi.waitFor(() => expect(on.told).toHaveLength(1));
    await on.engine.cancel(run, "ann", "enough");
    await ends(on, run, "cancelled");
    await expect(on.engine.cancel(run, "ann", undefined)).rejects.toMatchObject({ code: "run.ended" });
  });

  test("a stopped engine's runs go on under the next one, and nothing is told twice", async () => {
    const pending: (() => void)[] = [];
    const script: FakeScript = async ({ artifact }) => {
      await new Promise<void>((resolve) => pending.push(resolve));
      on.files.put(artifact, JSON.stringify({ note: artifact }));
    };
    const on = stage({ template: line, clock, script });
    const run = await on.start();
    await vi.waitFor(() => expect(on.events(run)).toContain("prompt.delivered specify"));
    const next = on.restart();
    await next.engine.recover();
    await vi.waitFor(() => expect(next.events(run)).toContain("run.resumed"));
    const letGo = setInterval(() => pending.shift()?.(), 5);
    await ends(next, run, "completed").finally(() => clearInterval(letGo));
    expect(on.told).toEqual(["specify#1 work", "review#1 work", "verify#1 work"]);
  });

  test("the same idempotency key gives the same run, with another request a conflict", async () => {
    const on = stage({ template: line, clock });
    const request = {
      template: "made@1",
      goal: "one",
      repo: "/r",
      bind: { specify: "fake-specify", review: "fake-review", verify: "fake-verify" },
      commands: {},
      idempotencyKey: "k",
    };
    const first = await on.engine.start(request);
    expect(await on.engine.start(request)).toMatchObject({ run: first.run, created: false });
    await expect(on.engine.start({ ...request, goal: "two" })).rejects.toMatchObject({
      code: "run.idempotency_conflict",
    });
  });

  test("a second run on the same repository and branch is refused", async () => {
    const on = stage({ template: line, clock, script: () => new Promise(() => {}) });
    await on.start("same");
    await expect(on.start("same")).rejects.toMatchObject({ code: "run.already_active" });
  });
});
