/** A backup that was made while runs were under way brings back what had happened until then. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type World, world } from "../support/world.ts";

const worlds: World[] = [];
const enter = (...options: Parameters<typeof world>): World => {
  const made = world(...options);
  worlds.push(made);
  return made;
};
afterEach(async () => {
  for (const each of worlds.splice(0)) await each.close();
}, 300_000);

test("it is made while a run waits, restored elsewhere, and nothing is missing", async () => {
  const w = enter({ scenario: { phases: { review: [{ ask: "Which one?" }] } } });
  await w.devflow("run", "spec-and-review", "--goal", "say hello", "--yes", "--detach");
  const { id } = (await w.latest()) ?? { id: "" };
  await w.devflow("runs", "wait", id, "--for", "waiting", "--timeout", "60s");
  const archive = join(w.folder, "백업 1.tar.gz");
  const made = await w.devflow("backup", archive);
  expect(made).toMatchObject({ code: 0 });
  expect(made.out).toContain(archive);
  expect(await w.devflow("backup", archive)).toMatchObject({ code: 5 });
  expect(await w.devflow("backup", join(w.folder, "nowhere", "x.tar.gz"))).toMatchObject({ code: 1 });
  expect(readdirSync(w.folder).filter((name) => name.startsWith(".devflow-backup"))).toEqual([]);
  const before = await w.show(id);

  const other = enter();
  const data = join(other.home, "data");
  execFileSync("mkdir", ["-p", data]);
  execFileSync("tar", ["-xzf", archive, "-C", data]);
  // What was under way elsewhere is not taken up here: it is only looked at.
  writeFileSync(join(other.home, "config", "devflow.yaml"), "paper: true\nresume: manual\n");
  const after = await other.show(id);
  expect(after.goal).toBe(before.goal);
  expect(after.phases.map(({ id: phase, status }) => [phase, status])).toContainEqual(["specify", "accepted"]);
  const { sha256 } = after.phases[0]?.attempts[0]?.artifact ?? {};
  expect(existsSync(join(data, "artifacts", `${sha256}.json`))).toBe(true);
  expect((await other.devflow("runs", "cancel", id)).code).toBe(0);
}, 120_000);
