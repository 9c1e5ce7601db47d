/** Runs that have ended: deleting what is kept of them, and doing them again from a phase on. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type World, world } from "../support/world.ts";

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

test("a run that has ended is deleted with its worktree, and what was not committed is saved first", async () => {
  const w = world();
  here = w;
  await w.devflow("run", "review-only", "--goal", "look at it", "--yes");
  const { id } = (await w.latest()) ?? { id: "" };
  const view = await w.show(id);
  expect(view.status).toBe("completed");
  const worktree = view.worktree ?? "";
  writeFileSync(join(worktree, "notes 메모.txt"), "not committed");
  const [session] = view.sessions;
  const recording = join(w.home, "data", "recordings", `${session?.id}.cast`);
  expect(existsSync(recording)).toBe(true);

  const done = await w.devflow("runs", "delete", id);
  expect(done).toMatchObject({ code: 0 });
  expect(done.err + done.out).toContain(`refs/devflow/wip/${id}`);
  expect(w.git("show", `refs/devflow/wip/${id}:notes 메모.txt`)).toBe("not committed");
  expect(w.git("branch", "--list", `devflow/${id}`)).toContain(id);
  for (const path of [worktree, recording, view.report?.json ?? ""]) expect(existsSync(path)).toBe(false);
  expect(await w.json("runs", "list")).toEqual([]);
  expect(await w.devflow("runs", "show", id)).toMatchObject({ code: 4 });
  expect(await w.devflow("runs", "delete", id)).toMatchObject({ code: 4 });
  expect((await w.devflow("runs", "prune", "--older-than", "0s", "--keep", "0", "--yes")).code).toBe(0);
}, 120_000);

test("a run that is under way is not deleted, nor pruned, and prune asks where it can and refuses where it cannot", async () => {
  const w = world({ scenario: { phases: { "*": [{ ask: "Which one?" }] } } });
  here = w;
  await w.devflow("run", "review-only", "--goal", "look at it", "--yes", "--detach");
  const { id } = (await w.latest()) ?? { id: "" };
  const refused = await w.devflow("runs", "delete", id);
  expect(refused).toMatchObject({ code: 5 });
  expect(refused.err).toContain(`devflow runs cancel ${id}`);
  expect(await w.json("runs", "prune", "--older-than", "0s", "--keep", "0")).toEqual([]);
  await w.devflow("runs", "cancel", id);
  await w.devflow("runs", "wait", id);
  expect(await w.devflow("runs", "prune", "--older-than", "0s", "--keep", "0")).toMatchObject({ code: 2 });
  expect(await w.json("runs", "prune", "--older-than", "1d")).toEqual([]);
  expect(await w.devflow("runs", "prune", "--older-than", "soon")).toMatchObject({ code: 2 });
  expect(await w.json("runs", "prune", "--older-than", "0s", "--keep", "0", "--yes")).toEqual([{ run: id }]);
}, 120_000);

test("a run that is complete is done again from a phase on, and its report has both attempts", async () => {
  const w = world();
  here = w;
  await w.devflow("run", "spec-and-review", "--goal", "say hello", "--yes");
  const { id } = (await w.latest()) ?? { id: "" };
  expect(await w.devflow("runs", "resume", id)).toMatchObject({ code: 5 });
  expect(await w.devflow("runs", "resume", id, "--from", "nowhere")).toMatchObject({ code: 4 });
  expect((await w.devflow("runs", "resume", id, "--from", "review")).code).toBe(0);
  expect((await w.devflow("runs", "wait", id, "--for", "completed", "--timeout", "90s")).code).toBe(0);
  const { phases } = await w.show(id);
  expect(phases.map(({ id: phase, attempts }) => [phase, attempts.length])).toEqual([
    ["specify", 1],
    ["review", 2],
    ["verify", 2],
  ]);
  expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["specify", "review", "verify", "review", "verify"]);
}, 120_000);
