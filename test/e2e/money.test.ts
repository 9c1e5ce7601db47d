/** Budgets and escalations over the built programs: what is set is kept, what is asked is answered, and the exit codes say it. */
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openEventLog } from "../../src/adapters/storage/sqlite-event-log.ts";
import { systemIds } from "../../src/adapters/system/ids.ts";
import { EscalationId, RunId } from "../../src/domain/ids.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { fold } from "../../src/domain/run-evolve.ts";
import type { EscalationNow } from "../../src/protocol/escalation-methods.ts";
import type { Result } from "../../src/protocol/methods.ts";
import { sessionOf } from "../support/person.ts";
import { type World, world } from "../support/world.ts";

let w: World;
afterEach(() => w.close(), 60_000);

/** For ever the first time, at once the next. */
const FIRST_HANGS = { phases: { specify: { 1: [{ wait: 600_000 }], "*": [{ write: "whole" }] } } };

async function start(...options: string[]): Promise<string> {
  w = world({ scenario: FIRST_HANGS });
  await w.devflow("run", "spec-and-review", "--goal", "go", "--yes", "--detach", ...options);
  return (await w.latest())?.id ?? "";
}

const shown = async () => (await w.json<Result<"budget.show">>("budget", "show")).scopes;

test("budgets are set, shown, and still there under another daemon", async () => {
  const run = await start("--budget-usd", "1.5");
  expect(await shown()).toContainEqual(
    expect.objectContaining({ scope: "run", name: run, limitUsd: "1.5", leftUsd: "1.5", policy: "block" }),
  );
  expect((await w.devflow("budget", "set", "--run", run, "3", "--policy", "prompt")).code).toBe(0);
  expect((await w.devflow("budget", "set", "--day", "20.25")).code).toBe(0);
  expect((await w.devflow("budget", "set", "--persona", "paper-author", "2")).code).toBe(0);
  expect((await w.devflow("budget", "set", "--day", "10000000")).code).toBe(2);
  expect((await w.devflow("budget", "set", "--run", "NOBODY", "1")).code).toBe(4);
  const misspelt = await w.devflow("budget", "set", "--persona", "paper-auther", "2");
  expect(misspelt).toMatchObject({ code: 4, err: expect.stringContaining('did you mean "paper-author"') });
  expect((await w.devflow("budget", "set", "--persona", "paper-auther", "none")).code).toBe(0);

  await w.devflowd("restart");
  const scopes = await shown();
  expect(scopes).toContainEqual(expect.objectContaining({ scope: "run", limitUsd: "3", policy: "prompt" }));
  expect(scopes).toContainEqual(expect.objectContaining({ scope: "day", limitUsd: "20.25", policy: "block" }));
  expect((await w.devflow("budget", "set", "--day", "none")).code).toBe(0);
  expect((await shown()).find(({ scope }) => scope === "day")).not.toHaveProperty("limitUsd");
  expect((await w.show(run)).budget).toEqual({ usd: "3", policy: "prompt" });
}, 300_000);

test("a problem is listed with its answers, takes no other word, and answered with retry the run completes", async () => {
  const run = await start();
  const { id: session } = await sessionOf(w, "author", "working");
  await w.devflow("sessions", "kill", session);
  const [asked] = await w.json<EscalationNow[]>("escalations", "list");
  expect(asked).toMatchObject({ run, phase: "specify", answers: ["retry", "cancel"] });
  const id = asked?.id ?? "";
  expect((await w.devflow("escalations", "show", id)).out).toContain(`escalations answer ${id.slice(-6)} retry`);
  expect(await w.devflow("escalations", "answer", id, "allow")).toMatchObject({ code: 2 });
  expect(await w.devflow("escalations", "answer", "NOTHING", "retry")).toMatchObject({ code: 4 });
  expect(await w.devflow("escalations", "answer", id, "retry")).toMatchObject({ code: 0 });
  expect((await w.devflow("runs", "wait", run)).code).toBe(0);
  expect(await w.json("escalations", "list")).toEqual([]);
  expect(await w.json("escalations", "list", "--run", run)).toMatchObject([{ id, answer: "retry", answers: [] }]);
  expect(await w.devflow("escalations", "answer", id, "retry")).toMatchObject({ code: 5 });
}, 300_000);

test("a question about a budget outlives its daemon; stopped, the run fails with 6, and its report tells why", async () => {
  const run = await start("--budget-usd", "0.5");
  const { id: session } = await sessionOf(w, "author", "working");
  await w.devflowd("stop");
  await crossed(run, session);

  expect((await w.devflowd("start")).code).toBe(0);
  const waits = await w.devflow("runs", "wait", run);
  expect(waits).toMatchObject({ code: 7, out: expect.stringContaining("devflow escalations answer") });
  const [asked] = await w.json<EscalationNow[]>("escalations", "list");
  expect(asked).toMatchObject({ run, answers: ["allow", "stop"], failure: { code: "budget.exhausted" } });
  expect((await w.devflow("escalations", "answer", asked?.id ?? "", "stop")).code).toBe(0);
  expect((await w.devflow("runs", "wait", run)).code).toBe(6);
  const report = (await w.devflow("runs", "report", run)).out;
  expect(report).toContain("| Budget | 0.5 USD");
  expect(report).toMatch(/\| run \| .* \| 0\.5 \| 0\.75 \| prompt \| specify \|/);
  expect(report).toContain("`budget.exhausted`");
}, 300_000);

/** Nobody in this world calls models: what a call would have led to is put into the log while no daemon has it. */
async function crossed(run: string, session: string): Promise<void> {
  const log = openEventLog({ file: join(w.home, "data", "devflow.db") });
  const id = RunId.parse(run);
  const past = log.read(id);
  const working = past.map(({ event }) => event).findLast((event) => event.type === "prompt.sending");
  if (working?.type !== "prompt.sending" || working.session !== session) throw new Error("the author has no prompt");
  const events = decide(fold(past.map(({ event }) => event)), {
    kind: "crossed",
    session: working.session,
    phase: "specify",
    crossing: { scope: "run", name: run, limitUsd: "0.5", wouldUsd: "0.75", policy: "prompt" },
    escalation: EscalationId.parse(systemIds().next()),
  });
  await log.append(id, past.length, events, { at: Date.now() });
  log.close();
}
