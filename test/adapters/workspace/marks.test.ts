/** Marks of a worktree: what a turn has changed is taken back, and nothing else ever is. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gitWorkspaces } from "../../../src/adapters/workspace/git-workspaces.ts";
import { RunId } from "../../../src/domain/ids.ts";

const run = RunId.parse("01JZ8N3V0000S1QK5RTXW9YB4M");
let folder: string;
let repo: string;
let tree: string;
let workspaces: ReturnType<typeof gitWorkspaces>;

const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd, encoding: "utf8" });
const put = (path: string, text: string): void => writeFileSync(join(tree, path), text);
const text = (path: string): string => readFileSync(join(tree, path), "utf8");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "devflow 표시 "));
  repo = join(folder, "repo");
  mkdirSync(repo);
  git(repo, "init", "-q", "-b", "main");
  writeFileSync(join(repo, "kept.txt"), "as it was\n");
  writeFileSync(join(repo, "gone.txt"), "to be deleted\n");
  writeFileSync(join(repo, ".gitignore"), "ignored\n");
  git(repo, "add", ".");
  git(repo, "commit", "-qm", "first");
  workspaces = gitWorkspaces({ worktrees: join(folder, "worktrees") });
  const repository = await workspaces.inspect(repo, undefined);
  tree = (await workspaces.prepare(run, repository)).path;
  put("mine.txt", "uncommitted before\n");
  await workspaces.mark(run, "before");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a turn does: it changes, makes, deletes. */
async function turn(): Promise<void> {
  put("kept.txt", "changed\n");
  put("mine.txt", "changed too\n");
  mkdirSync(join(tree, "새 폴더"));
  put("새 폴더/made.txt", "made\n");
  rmSync(join(tree, "gone.txt"));
  put("ignored", "left alone\n");
  await workspaces.mark(run, "after");
}

describe("a worktree that is marked", () => {
  test("goes back to what it held, uncommitted files included; ignored ones stay", async () => {
    await turn();
    expect(await workspaces.rewind(run, "after", "before")).toBe(4);
    expect([text("kept.txt"), text("mine.txt"), text("gone.txt")]).toEqual([
      "as it was\n",
      "uncommitted before\n",
      "to be deleted\n",
    ]);
    expect(existsSync(join(tree, "새 폴더/made.txt"))).toBe(false);
    expect(text("ignored")).toBe("left alone\n");
    expect(await workspaces.rewind(run, "before", "before")).toBe(0);
  });

  test("is left as it is when somebody has changed it since", async () => {
    await turn();
    put("kept.txt", "a person's\n");
    await expect(workspaces.rewind(run, "after", "before")).rejects.toThrow("has changed since");
    expect(text("kept.txt")).toBe("a person's\n");
    expect(text("mine.txt")).toBe("changed too\n");
  });

  test("is left as it is when the turn has committed", async () => {
    put("kept.txt", "changed\n");
    git(tree, "commit", "-qam", "the agent's");
    await workspaces.mark(run, "after");
    await expect(workspaces.rewind(run, "after", "before")).rejects.toThrow("has committed since");
    expect(text("kept.txt")).toBe("changed\n");
  });

  test("keeps a mark that is there, says when one is missing, and forgets all", async () => {
    await turn();
    put("kept.txt", "later\n");
    await workspaces.mark(run, "before");
    put("kept.txt", "changed\n");
    await workspaces.rewind(run, "after", "before");
    expect(text("kept.txt")).toBe("as it was\n");
    await expect(workspaces.rewind(run, "nothing", "before")).rejects.toThrow("no snapshot of how it ended");
    expect(git(repo, "for-each-ref", "refs/devflow/marks")).not.toBe("");
    await workspaces.unmark(run);
    expect(git(repo, "for-each-ref", "refs/devflow/marks")).toBe("");
    await expect(workspaces.rewind(run, "after", "before")).rejects.toThrow("no snapshot");
  });
});
