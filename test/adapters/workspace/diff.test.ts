/** What a run has changed, as a person and the report get to see it. */
import { chmodSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitWorkspaces } from "../../../src/adapters/workspace/git-workspaces.ts";
import { gitIn, repository, writeIn } from "../../support/repository.ts";
import { runId } from "../../support/run-events.ts";

const RUN = runId(1);

async function stage(files?: Record<string, string>) {
  const made = repository(files);
  const workspaces = gitWorkspaces({ worktrees: join(made.around, "worktrees") });
  const repo = await workspaces.inspect(made.root, undefined);
  const { path } = await workspaces.prepare(RUN, repo);
  const diff = () => workspaces.diff(RUN, repo);
  const stat = () => workspaces.diffStat(RUN, repo);
  return { ...made, workspaces, repo, path, diff, stat };
}

describe("what a run has changed", () => {
  it("is nothing at first, prompts and artifacts notwithstanding", async () => {
    const { diff, stat, workspaces } = await stage();
    await workspaces.write(RUN, "phases/specify/1/prompt.md", "hello");
    expect(await diff()).toBe("");
    expect(await stat()).toEqual({ files: 0, insertions: 0, deletions: 0, uncommitted: [], commits: 0 });
  });

  it("is what was committed, what was not, and what is new, together", async () => {
    const { path, diff, stat, git, root } = await stage({ a: "1\n2\n3\n", b: "b\n", c: "c\n" });
    writeIn(path, "a", "1\n2\n3\n4\n");
    gitIn(path, "commit", "--quiet", "--all", "--message", "Four");
    writeIn(path, "b", "B\n");
    gitIn(path, "add", "b");
    rmSync(join(path, "c"));
    writeIn(path, "새 파일", "new\n");
    expect(await stat()).toEqual({
      files: 4,
      insertions: 3,
      deletions: 2,
      uncommitted: ["b", "c", "새 파일"],
      commits: 1,
    });
    const text = await diff();
    expect(text.match(/^diff --git .*/gm)).toHaveLength(4);
    writeIn(root, "../changes.patch", text);
    git("apply", "--index", "../changes.patch"); // it is a whole and true patch
    expect(git("diff", "--cached", "--name-status")).toContain("M\ta\nM\tb\nD\tc");
    expect(readFileSync(join(root, "새 파일"), "utf8")).toBe("new\n");
  });

  it("counts a renamed file once, and binary files without lines", async () => {
    const text = Array.from({ length: 40 }, (_, line) => `line ${line}\n`).join("");
    const { path, stat } = await stage({ "before\tname": text });
    gitIn(path, "mv", "before\tname", "after\tname");
    writeIn(path, "picture", "\0\x01\x02");
    expect(await stat()).toMatchObject({ files: 2, insertions: 0, deletions: 0 });
  });

  it("does not count what happened on the base since", async () => {
    const { git, write, diff, stat } = await stage();
    write("later.txt", "later\n");
    git("add", "--all");
    git("commit", "--quiet", "--message", "Later");
    expect(await diff()).toBe("");
    expect(await stat()).toMatchObject({ files: 0, commits: 0 });
  });

  it("names at most a hundred uncommitted paths", async () => {
    const { path, stat } = await stage();
    for (let number = 0; number < 120; number++) writeIn(path, `new/${number}`, "");
    const { files, uncommitted } = await stat();
    expect([files, uncommitted.length]).toEqual([120, 100]);
  });

  it("is seen without a trace: neither what the agent has staged nor the repository changes", async () => {
    const { path, diff, stat, root } = await stage();
    writeIn(path, "src/a.txt", "staged\n");
    gitIn(path, "add", "src/a.txt");
    writeIn(path, "src/a.txt", "staged, then changed\n");
    const looks = () => [
      readFileSync(join(root, ".git/worktrees", RUN, "index"), "base64"),
      (readdirSync(join(root, ".git/objects"), { recursive: true }) as string[]).sort(),
    ];
    const before = looks();
    expect(await diff()).toContain("+staged, then changed");
    await stat();
    expect(looks()).toEqual(before);
  });

  it("is the branch once the worktree is removed", async () => {
    const { path, diff, stat, workspaces, repo } = await stage();
    writeIn(path, "src/a.txt", "one\n");
    gitIn(path, "commit", "--quiet", "--all", "--message", "Less");
    const before = await diff();
    await workspaces.remove(RUN, repo);
    expect(await diff()).toBe(before);
    expect(await stat()).toEqual({ files: 1, insertions: 0, deletions: 2, uncommitted: [], commits: 1 });
  });

  it("is told although a nested repository or an unreadable file is in the way", async () => {
    const { path, stat, diff } = await stage();
    writeIn(path, "nested/file", "x\n");
    gitIn(join(path, "nested"), "init", "--quiet");
    writeIn(path, "closed", "x\n");
    chmodSync(join(path, "closed"), 0o000);
    writeIn(path, "z.txt", "z\n");
    expect((await stat()).uncommitted).toContain("z.txt");
    expect(await diff()).toContain("+++ b/z.txt");
  });

  it("fails with git's reason when the base commit is gone", async () => {
    const { workspaces, repo } = await stage();
    const other = { ...repo, baseCommit: "0123456789012345678901234567890123456789" };
    await expect(workspaces.diff(RUN, other)).rejects.toMatchObject({ code: "git.failed" });
    await expect(workspaces.diffStat(RUN, other)).rejects.toMatchObject({ code: "git.failed" });
  });
});
