/** What people are told of outside of devflow, and what settings may say of it. */
import { describe, expect, test } from "vitest";
import { Config } from "../../src/domain/config.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { Notification, notificationOf } from "../../src/domain/notification.ts";
import { completed, failed, runId, started, workspaceReady } from "../support/run-events.ts";

const RUN = runId(1);
const told = (event: RunEvent): Notification | undefined =>
  notificationOf(
    { run: RUN, position: 7, cursor: 9, at: Date.UTC(2026, 0, 2), event },
    started({ goal: "top secret" }),
  );

describe("a notification", () => {
  test("names the run, the reason and the answer, and is made of its event alone", () => {
    const asks: RunEvent = {
      type: "approval.requested",
      phase: "review",
      attempt: 1,
      when: "after",
      sha256: "a".repeat(64),
    } as RunEvent;
    expect(told(asks)).toEqual({
      version: 1,
      id: `${RUN}-7`,
      at: "2026-01-02T00:00:00.000Z",
      what: "run.waiting",
      text: `spec-and-review@1 ${RUN.slice(-6)} waits: the result of review needs approval`,
      run: { id: RUN, template: "spec-and-review@1", repo: "/home/kim/작업 폴더/shop", base: "main" },
      reason: { kind: "approval", phase: "review", answer: `devflow approve ${RUN} review` },
    });
    expect(told(asks)).toEqual(told(asks));
  });

  test("is made of what waits or ends, of nothing else, and never holds the goal", () => {
    const raised = (
      code: "budget.exhausted" | "session.awaits_permission",
      severity: "problem" | "question",
    ): RunEvent =>
      ({
        type: "escalation.raised",
        escalation: RUN,
        severity,
        failure: { code, message: "it  is\nneeded", hint: "", details: {} },
        phase: "specify",
      }) as unknown as RunEvent;
    expect(told(raised("budget.exhausted", "problem"))?.reason).toEqual({
      kind: "budget",
      code: "budget.exhausted",
      phase: "specify",
      answer: `devflow escalations answer ${RUN} allow|stop`,
    });
    // A question that cannot be answered from here names no command.
    expect(told(raised("session.awaits_permission", "question"))?.reason).not.toHaveProperty("answer");
    expect(told(completed)?.what).toBe("run.completed");
    expect(told(failed)).toMatchObject({ what: "run.failed", reason: { kind: "problem", code: "phase.rejected" } });
    expect(told({ type: "run.cancelled", by: "kim" })?.text).toContain("was cancelled by kim");
    expect(told(workspaceReady)).toBeUndefined();
    expect(told(started())).toBeUndefined();
    for (const one of [completed, failed]) {
      expect(JSON.stringify(told(one))).not.toContain("top secret");
      expect(Notification.safeParse(told(one)).success).toBe(true);
    }
  });

  test("keeps a long reason on one line, and short", () => {
    const long = told({
      ...failed,
      failure: { code: "phase.rejected", message: `${"x".repeat(900)}\n`, hint: "", details: {} },
    } as RunEvent);
    expect(long?.text).toHaveLength(500);
    expect(Notification.safeParse(long).success).toBe(true);
  });
});

describe("the address of a webhook", () => {
  const allowed = (url: string): boolean =>
    Config.safeParse({ notify: { webhook: { url, secret: "HOOK_SECRET" } } }).success;

  test.each([
    "https://hooks.example/devflow?x=1",
    "http://127.0.0.1:8080/x",
    "http://127.8.9.10/x",
    "http://localhost:9/x",
    "http://[::1]:9/x",
  ])("%s is taken", (url) => expect(allowed(url)).toBe(true));

  test.each([
    "http://hooks.example/x",
    "http://127.0.0.1.example/x",
    "http://localhost.example/x",
    "http://127.0.0.1@hooks.example/x",
    "https://user:password@hooks.example/x",
    "ftp://127.0.0.1/x",
    "file:///etc/passwd",
    "hooks.example",
  ])("%s is refused", (url) => expect(allowed(url)).toBe(false));

  test("needs the name of a secret, not the secret", () => {
    expect(Config.safeParse({ notify: { webhook: { url: "https://a.example" } } }).success).toBe(false);
    expect(Config.safeParse({ notify: { webhook: { url: "https://a.example", secret: "abc123" } } }).success).toBe(
      false,
    );
  });
});
