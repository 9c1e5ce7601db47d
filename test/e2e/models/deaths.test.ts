/** Processes of model agents, and the daemon over them, are killed in the middle of what they do; nothing is lost and nothing done twice. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { parseUsd, usd } from "../../../src/domain/money.ts";
import type { RunCosts } from "../../../src/protocol/money.ts";
import type { LiveRun } from "../../support/live-run.ts";
import { type ModelWorld, type ModelWorldOptions, modelWorld, straight } from "../../support/model-world.ts";
import type { Fault } from "../../support/openrouter.ts";
import { addPersona } from "../../support/shelf.ts";

let w: ModelWorld | undefined;
afterEach(async () => {
  await w?.close();
  w = undefined;
}, 60_000);

async function start(options: ModelWorldOptions) {
  w = await modelWorld(options);
  return { w, run: await w.specAndReview() };
}

/** Never answered the first time; what is sent is gone with whoever sent it. */
const hangs =
  (phase: string, answered: number): Fault =>
  (request) =>
    request.phase === phase && request.answered === answered && request.knock === 1 ? "done" : undefined;

const asked = (world: ModelWorld, phase: string, answered: number) =>
  vi.waitFor(
    () => {
      if (!world.server.requests.some((one) => one.phase === phase && one.answered === answered))
        throw new Error("not yet");
    },
    { timeout: 30_000, interval: 30 },
  );

const pidOf = async (world: ModelWorld, role: string): Promise<number> => {
  const all = await world.json<{ role: string; pid?: number }[]>("sessions", "list");
  return all.find((one) => one.role === role)?.pid ?? 0;
};

/** Each prompt once (which `ends` has seen to), each tool with an effect once, the conversation never begun anew. */
function expectOnce(run: LiveRun): void {
  expect(run.of("prompt.sending")).toHaveLength(3);
  expect(run.of("session.opening")).toHaveLength(3);
  const writes = run.of("tool.called").filter(({ tool }) => tool === "write_file");
  expect(writes.map(({ ok }) => ok)).toEqual([true, true, true]);
}

test("the daemon, while a call of the model is under way", async () => {
  const { w, run } = await start({ fault: hangs("review", 1) });
  await asked(w, "review", 1);
  process.kill(w.daemonPid(), "SIGKILL");
  await w.devflowd("start");
  await run.ends("completed");
  expectOnce(run);
  expect(run.of("run.interrupted")).toHaveLength(1);
  // Its artifact was good before the call was lost: the phase waits for the end of the turn all the same.
  const [, review = ""] = run.of("session.opening").map(({ session }) => session);
  const after = run.events().findLastIndex((one) => one.type === "model.called" && one.session === review);
  expect(run.events().findIndex((one) => one.type === "phase.accepted" && one.phase === "review")).toBeGreaterThan(
    after,
  );
  // What the first try of it has cost, nobody knows: it is booked at its worst, and said to be an estimate.
  expect(run.of("model.called").filter(({ usage }) => !usage)).toHaveLength(1);
  const settled = run.of("usage.reported");
  expect(settled).toMatchObject([{ phase: "review", estimated: true, costUsd: expect.stringMatching(/^0\.1\d+$/) }]);
  const worst = parseUsd(settled[0]?.costUsd ?? "") ?? 0n;
  const { total } = await w.json<RunCosts>("costs", run.id);
  expect(total).toMatchObject({ calls: 7, unknown: 0, estimatedUsd: usd(worst) });
  expect(total.costUsd).toBe(usd(w.server.charged() + worst));
}, 120_000);

test("the daemon, stopped and started again in the middle of a phase", async () => {
  const { w, run } = await start({ fault: hangs("specify", 0) });
  await asked(w, "specify", 0);
  expect((await w.devflowd("restart")).code).toBe(0);
  await run.ends("completed");
  expectOnce(run);
}, 120_000);

test("the process of an agent, while a call of the model is under way", async () => {
  const { w, run } = await start({ fault: hangs("verify", 1) });
  await asked(w, "verify", 1);
  process.kill(await pidOf(w, "verifier"), "SIGKILL");
  await run.ends("completed");
  expectOnce(run);
  expect(run.of("session.recovery")).toEqual([]); // it is the same session
}, 120_000);

test("the daemon, while a command of an agent runs: it is not run again", async () => {
  w = await modelWorld({
    moves: (request) => {
      if (request.phase !== "specify") return straight(request);
      if (request.answered > 0) return straight({ ...request, answered: request.answered - 1 });
      return { tool: "run_command", args: { argv: ["node", "slow.mjs"] } };
    },
  });
  const slow =
    'import { appendFileSync } from "node:fs";\nappendFileSync("ran.txt", "x");\nsetTimeout(() => {}, 20_000);\n';
  writeFileSync(join(w.repo, "slow.mjs"), slow);
  w.git("add", ".");
  w.git("commit", "--quiet", "-m", "Add something slow");
  addPersona(w, "runner", {
    capabilities: ["specify"],
    adapter: "agent",
    model: "some/runner",
    family: "some",
    api: { commands: [["node"]] },
  });
  const run = await w.specAndReview({ author: "runner" });
  const worktree = (await run.event("workspace.ready")).path;
  const ran = (): string => readFileSync(join(worktree, "ran.txt"), "utf8");
  await vi.waitFor(() => expect(ran()).toBe("x"), { timeout: 30_000, interval: 30 });
  process.kill(w.daemonPid(), "SIGKILL");
  await w.devflowd("start");
  await run.ends("completed");
  expect(ran()).toBe("x");
  const command = run.of("tool.called").filter(({ tool }) => tool === "run_command");
  expect(command).toHaveLength(1);
  expectOnce(run);
}, 120_000);
