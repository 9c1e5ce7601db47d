/**
 * What every event log does, the one in memory included. Covers: places and conflicts (L1), keys (L2), the lists (L4), one
 * active run and idempotent starts (L5). Following (L3) is in `event-log-follow.ts`; what a kill leaves (L6) needs a disk.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunEvent, StoredEvent } from "../../src/domain/event.ts";
import type { RunId, SessionId } from "../../src/domain/ids.ts";
import type { EventLog } from "../../src/ports/event-log.ts";
import {
  completed,
  digest,
  failed,
  phaseAccepted,
  phaseStarted,
  runId,
  started,
  workspaceReady,
} from "../support/run-events.ts";
import { followContract } from "./event-log-follow.ts";

export interface OpenedLog {
  log: EventLog;
  dispose(): void;
}

/** `open` gives an empty log, which nobody else has. */
export function eventLogContract(name: string, open: () => OpenedLog): void {
  describe(`the event log (${name})`, () => {
    let opened: OpenedLog;
    let log: EventLog;
    beforeEach(() => {
      opened = open();
      log = opened.log;
    });
    afterEach(() => opened.dispose());

    const [first, second, third] = [runId(1), runId(2), runId(3)];
    const elsewhere = (run: RunId) => started({ repo: `/repos/${run}` });
    const append = (run: RunId, expected: number, events: readonly RunEvent[], key?: string) =>
      log.append(run, expected, events, { at: 1_000 + expected, ...(key !== undefined && { key }) });
    const told = (run: RunId): string[] => log.read(run).map(({ event }) => event.type);
    const eventsOf = (answer: Awaited<ReturnType<typeof append>>): readonly StoredEvent[] =>
      answer.kind === "conflict" ? [] : answer.events;

    describe("gives every event its place", () => {
      it("counts positions within a run, and cursors over all runs", async () => {
        await append(first, 0, [elsewhere(first), workspaceReady]);
        await append(second, 0, [elsewhere(second)]);
        const answer = await append(first, 2, [phaseStarted("specify")]);

        expect(answer).toEqual({
          kind: "appended",
          events: [{ cursor: 4, run: first, position: 3, at: 1_002, event: phaseStarted("specify") }],
        });
        expect(log.read(first).map(({ cursor, position }) => [cursor, position])).toEqual([
          [1, 1],
          [2, 2],
          [4, 3],
        ]);
        expect(log.read(first, 3)).toEqual(eventsOf(answer));
        expect(log.head()).toBe(4);
      });

      it("is empty at first, and knows nothing of a run it has not heard of", () => {
        expect([log.head(), log.read(first), log.run(first), log.runs({ limit: 10 })]).toEqual([0, [], undefined, []]);
        expect([log.unfinished(), log.activeRun("/repo", "main"), log.runByKey("key")]).toEqual([
          [],
          undefined,
          undefined,
        ]);
      });

      it("keeps texts to the last character", async () => {
        const goal = `한국어 🧺 "quotes" \\ \u0007\u2028 ${"long ".repeat(100_000)}`;
        await append(first, 0, [started({ goal })]);
        expect(log.read(first)[0]?.event).toEqual(started({ goal }));
        expect(log.run(first)?.goal).toBe(goal);
      });

      it("does not change with the object that was appended", async () => {
        const event = { ...started(), warnings: ["a warning"] };
        await append(first, 0, [event]);
        event.warnings.push("another");
        expect(log.read(first)[0]?.event).toEqual({ ...started(), warnings: ["a warning"] });
      });
    });

    describe("writes nothing for one who has not seen the newest event (L1)", () => {
      it("says where the run is, whether the guess was too low or too high", async () => {
        await append(first, 0, [elsewhere(first), workspaceReady]);
        expect(await append(first, 1, [completed])).toEqual({ kind: "conflict", position: 2 });
        expect(await append(first, 3, [completed])).toEqual({ kind: "conflict", position: 2 });
        expect(await append(second, 1, [completed])).toEqual({ kind: "conflict", position: 0 });
        expect(told(first)).toEqual(["run.started", "workspace.ready"]);
      });

      it("lets one of many through who expect the same position at the same time", async () => {
        await append(first, 0, [elsewhere(first)]);
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, attempt) => append(first, 1, [phaseStarted("specify", attempt + 1)])),
        );
        expect(answers.filter(({ kind }) => kind === "appended")).toHaveLength(1);
        expect(answers.filter(({ kind }) => kind === "conflict")).toEqual(
          Array.from({ length: 19 }, () => ({ kind: "conflict", position: 2 })),
        );
        expect(log.read(first)).toHaveLength(2);
      });

      it("takes appends that were asked for in turn without waiting for each other's answers", async () => {
        await append(first, 0, [elsewhere(first)]);
        const answers = await Promise.all([1, 2, 3].map((at) => append(first, at, [phaseStarted("specify", at)])));
        expect(answers.flatMap(eventsOf).map(({ position }) => position)).toEqual([2, 3, 4]);
      });

      it("refuses an event that could not be read again", async () => {
        await append(first, 0, [elsewhere(first)]);
        const broken = { ...phaseStarted("specify"), attempt: 0 } as RunEvent;
        await expect(append(first, 1, [workspaceReady, broken])).rejects.toThrow(/phase.started.attempt/);
        expect(told(first)).toEqual(["run.started"]);
      });

      it("writes all of an append or none of it", async () => {
        await append(first, 0, [started()]);
        await expect(append(second, 0, [workspaceReady, started()])).rejects.toThrow();
        expect([told(second), log.head()]).toEqual([[], 1]);
      });
    });

    describe("writes an append once, by its key (L2)", () => {
      it("answers the second time with what was written the first time", async () => {
        await append(first, 0, [elsewhere(first)]);
        const once = await append(first, 1, [workspaceReady, phaseStarted("specify")], "workspace");
        await append(first, 3, [phaseAccepted("specify")], "accept");

        const again = await append(first, 1, [completed], "workspace");
        expect(again).toEqual({ kind: "already", events: eventsOf(once) });
        expect(await append(first, 4, [completed], "workspace")).toEqual(again);
        expect(log.read(first)).toHaveLength(4);
      });

      it("also when both are asked for at the same time", async () => {
        await append(first, 0, [elsewhere(first)]);
        const [once, again] = await Promise.all([
          append(first, 1, [workspaceReady], "workspace"),
          append(first, 1, [workspaceReady], "workspace"),
        ]);
        expect(again).toEqual({ kind: "already", events: eventsOf(once) });
      });

      it("also after the run has ended and all is done", async () => {
        await append(first, 0, [elsewhere(first)], "start");
        await append(first, 1, [completed, { type: "report.written", json: "", markdown: "", sha256: digest("e") }]);
        expect((await append(first, 0, [elsewhere(first)], "start")).kind).toBe("already");
      });

      it("lets another run use the same key", async () => {
        await append(first, 0, [elsewhere(first)], "start");
        expect((await append(second, 0, [elsewhere(second)], "start")).kind).toBe("appended");
      });

      it("takes no key for an append without events", async () => {
        await append(first, 0, [elsewhere(first)]);
        expect(await append(first, 1, [], "nothing")).toEqual({ kind: "appended", events: [] });
        expect((await append(first, 1, [workspaceReady], "nothing")).kind).toBe("appended");
      });
    });

    describe("keeps the lists in step (L4)", () => {
      it("shows where a run is after each append", async () => {
        const line = (fields: object) => ({
          id: first,
          status: "running",
          template: "spec-and-review@1",
          repo: started().repo,
          base: "main",
          branch: "devflow/shop",
          goal: started().goal,
          startedAt: 1_000,
          endedAt: undefined,
          at: "",
          accepted: 0,
          phases: 2,
          ...fields,
        });
        await append(first, 0, [started()]);
        expect(log.run(first)).toEqual(line({ branch: undefined, updatedAt: 1_000 }));
        await append(first, 1, [workspaceReady, phaseStarted("specify")]);
        expect(log.run(first)).toEqual(line({ updatedAt: 1_001, at: "specify (running)" }));
        await append(first, 3, [
          phaseAccepted("specify"),
          phaseStarted("review"),
          { type: "approval.requested", phase: "review", attempt: 1, when: "after" },
        ]);
        const waiting = line({ status: "waiting", updatedAt: 1_003, at: "review (awaiting_approval)", accepted: 1 });
        expect(log.run(first)).toEqual(waiting);
        expect(log.runs({ limit: 10 })).toEqual([waiting]);
        await append(first, 6, [{ type: "run.cancelled", by: "kim" }]);
        expect(log.run(first)).toEqual(line({ status: "cancelled", updatedAt: 1_006, endedAt: 1_006, accepted: 1 }));
      });

      it("forgets that a failed run had ended once it is resumed", async () => {
        await append(first, 0, [started(), failed]);
        expect(log.run(first)).toMatchObject({ status: "failed", endedAt: 1_000 });
        await append(first, 2, [{ type: "run.resumed", cause: "asked", by: "kim" }]);
        expect(log.run(first)).toMatchObject({ status: "running", endedAt: undefined });
        expect(log.activeRun(started().repo, "main")).toBe(first);
      });

      it("lists runs newest first, in pages, and by what they do", async () => {
        const runs = [1, 2, 3, 4, 5].map(runId);
        for (const run of [...runs].reverse()) await append(run, 0, [elsewhere(run)]);
        await append(runId(2), 1, [completed]);
        await append(runId(3), 1, [failed]);
        await append(runId(4), 1, [{ type: "run.interrupted", cause: "the daemon stopped" }]);
        const listed = (query: Parameters<EventLog["runs"]>[0]) =>
          log.runs(query).map(({ id }) => runs.indexOf(id) + 1);

        expect(listed({ limit: 3 })).toEqual([5, 4, 3]);
        expect(listed({ limit: 3, before: runId(3) })).toEqual([2, 1]);
        expect(listed({ limit: 10, active: true })).toEqual([5, 4, 1]);
        expect(listed({ limit: 2, active: true, before: runId(5) })).toEqual([4, 1]);
        expect(listed({ limit: 10, active: false })).toEqual([3, 2]);
        expect(listed({ limit: 10, status: "failed" })).toEqual([3]);
        expect(listed({ limit: 10, status: "interrupted", active: true })).toEqual([4]);
        expect(listed({ limit: 10, status: "running", active: false })).toEqual([]);
      });

      it("knows the runs with something left to do: a run that has ended is tidy once it is reported and its sessions are closed", async () => {
        const session = "01JZ8N3V000000QK5RTXW9YB4M" as SessionId;
        const reported: RunEvent = { type: "report.written", json: "j", markdown: "m", sha256: "c".repeat(64) };
        for (const run of [first, second]) await append(run, 0, [elsewhere(run)]);
        const opening: RunEvent = { type: "session.opening", session, role: "author", persona: "p@1", adapter: "fake" };
        await append(first, 1, [opening, completed]);
        expect(log.unfinished()).toEqual([first, second]);
        await append(first, 3, [reported]);
        expect(log.unfinished()).toEqual([first, second]);
        await append(first, 4, [{ type: "session.closed", session, cause: "the run has ended" }]);
        expect(log.unfinished()).toEqual([second]);
      });

      it("finds runs by how their ids start or end, in capitals or not", async () => {
        for (const run of [first, second, third]) await append(run, 0, [elsewhere(run)]);
        const end = (run: RunId) => run.slice(-16);
        expect(log.resolve(first, 10)).toEqual([first]);
        expect(log.resolve(second.slice(0, 14).toLowerCase(), 10)).toEqual([second]);
        expect(log.resolve(end(third).toLowerCase(), 10)).toEqual([third]);
        expect(log.resolve("01JZ", 2)).toEqual([third, second]);
        for (const part of ["", "%", "_", "1JZ", `${first}0`, "'"]) expect(log.resolve(part, 10)).toEqual([]);
      });
    });

    describe("lets one run at a time work on a branch (L5)", () => {
      it("refuses a second one, and says which holds it", async () => {
        await append(first, 0, [started()]);
        await expect(append(second, 0, [started()])).rejects.toMatchObject({
          code: "run.already_active",
          params: { repo: started().repo, base: "main", run: first },
        });
        expect([told(second), log.run(second)]).toEqual([[], undefined]);
        expect((await append(second, 0, [started({ base: "next" })])).kind).toBe("appended");
        expect(log.activeRun(started().repo, "next")).toBe(second);
      });

      it("lets one of many through who start at the same time, and hurts no bystander", async () => {
        const answers = await Promise.allSettled([
          ...[1, 2, 3, 4].map((n) => append(runId(n), 0, [started()])),
          append(runId(5), 0, [elsewhere(runId(5))]),
        ]);
        const kinds = answers.map((answer) => (answer.status === "fulfilled" ? answer.value.kind : answer.reason.code));
        expect(kinds).toEqual(["appended", ...Array(3).fill("run.already_active"), "appended"]);
      });

      it("has room again once the run has ended, and not for a failed one that comes back too late", async () => {
        await append(first, 0, [started(), failed]);
        await append(second, 0, [started()]);
        await expect(append(first, 2, [{ type: "run.resumed", cause: "asked", by: "kim" }])).rejects.toMatchObject({
          code: "run.already_active",
        });
        await append(second, 1, [completed]);
        expect(log.activeRun(started().repo, "main")).toBeUndefined();
        expect((await append(first, 2, [{ type: "run.resumed", cause: "asked", by: "kim" }])).kind).toBe("appended");
      });
    });

    describe("starts a run once for an idempotency key (L5)", () => {
      const request = (requestHash: string) => started({ idempotencyKey: "nightly", requestHash });

      it("answers a repeated request with the run that it started, running or ended", async () => {
        const once = await append(first, 0, [request(digest("1")), workspaceReady]);
        expect(log.runByKey("nightly")).toEqual({ run: first, requestHash: digest("1") });
        const already = { kind: "already", events: eventsOf(once) };
        expect(await append(second, 0, [request(digest("1"))])).toEqual(already);
        await append(first, 2, [completed]);
        expect(await append(second, 0, [request(digest("1"))])).toEqual(already);
        expect([told(second), log.run(second)]).toEqual([[], undefined]);
      });

      it("refuses the key for another request", async () => {
        await append(first, 0, [request(digest("1")), completed]);
        await expect(append(second, 0, [request(digest("2"))])).rejects.toMatchObject({
          code: "run.idempotency_conflict",
          params: { key: "nightly", run: first },
        });
      });
    });

    followContract(() => log);

    it("takes nothing any more once it is closed, and answers what was asked for before", async () => {
      const asked = append(first, 0, [started()]);
      log.close();
      expect((await asked).kind).toBe("appended");
      await expect(append(second, 0, [elsewhere(second)])).rejects.toMatchObject({ code: "daemon.stopping" });
    });
  });
}
