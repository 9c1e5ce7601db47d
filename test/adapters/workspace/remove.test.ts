/** Removing a worktree loses no work, whatever state it is in. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitWorkspaces } from "../../../src/adapters/workspace/git-workspaces.ts";
import { gitIn, repository, writeIn } from "../../support/repository.ts";
import { runId } from "../../support/run-events.ts";

const RUN = runId(1);
const WIP = `refs/devflow/wip/${RUN}`;

async function stage(files?: Record<string, string>) {
  const made = repository(files);
  const worktrees = join(made.around, "worktrees");
  const workspaces = gitWorkspaces({ worktrees });
  const repo = await workspaces.inspect(made.root, undefined);
  const prepare = () => workspaces.prepare(RUN, repo);
  const { path } = await prepare();
  const remove = () => workspaces.remove(RUN, repo);
  return { ...made, worktrees, workspaces, repo, path, prepare, remove };
}

describe("removing a worktree", () => {
  it("whose work is all committed leaves the branch, and nothing else", async () => {
    const { path, remove, git, worktrees } = await stage();
    gitIn(path, "commit", "--quiet", "--allow-empty", "--message", "Done");
    const tip = gitIn(path, "rev-parse", "HEAD");
    expect(await remove()).toEqual({ wip: undefined });
    expect(git("rev-parse", `devflow/${RUN}`)).toBe(tip);
    expect(git("for-each-ref", "refs/devflow")).toBe("");
    expect(git("worktree", "list").split("\n")).toHaveLength(1);
    expect(readdirSync(worktrees)).toEqual([]);
  });

  it("keeps changed, staged, new, renamed, deleted and executable files, as they were", async () => {
    const { path, remove, git } = await stage({
      changed: "a\n",
      deleted: "b\n",
      "old name": "c\nd\n",
      ".gitignore": "*.log\n",
    });
    writeIn(path, "changed", "new text\n");
    rmSync(join(path, "deleted"));
    gitIn(path, "mv", "old name", "새 이름");
    writeIn(path, "staged", "staged\n");
    gitIn(path, "add", "staged");
    writeIn(path, "deep/er/new\nfile", "new\0binary");
    writeIn(path, "tool.sh", "#!/bin/sh\n");
    chmodSync(join(path, "tool.sh"), 0o755);
    writeIn(path, "ignored.log", "noise\n");
    const head = gitIn(path, "rev-parse", "HEAD");
    expect(await remove()).toEqual({ wip: WIP });
    expect(existsSync(path)).toBe(false);
    expect(git("ls-tree", "-r", "-z", "--name-only", WIP).split("\0").filter(Boolean).sort()).toEqual(
      [".gitignore", "changed", "deep/er/new\nfile", "staged", "tool.sh", "새 이름"].sort(),
    );
    expect(git("show", `${WIP}:changed`)).toBe("new text");
    expect(git("show", `${WIP}:deep/er/new\nfile`)).toBe("new\0binary");
    expect(git("ls-tree", WIP, "tool.sh")).toMatch(/^100755/);
    expect(git("rev-parse", `${WIP}^`)).toBe(head);
    expect(git("rev-parse", `devflow/${RUN}`)).toBe(head);
  });

  it("sees a file that was changed to the same length in the instant in which git last looked at it", async () => {
    const { path, remove, git, root } = await stage({ file: "aaaa\n" });
    git("config", "core.trustCtime", "false"); // the change of the inode alone would tell
    const instant = 1_700_000_000;
    const stamp = () => utimesSync(join(path, "file"), instant, instant);
    stamp();
    gitIn(path, "update-index", "--refresh");
    writeIn(path, "file", "bbbb\n");
    stamp();
    utimesSync(join(root, ".git/worktrees", RUN, "index"), instant, instant);
    expect((await remove()).wip).toBe(WIP);
    expect(git("show", `${WIP}:file`)).toBe("bbbb");
  });

  it("keeps commits that no branch leads to", async () => {
    const { path, remove, git } = await stage();
    gitIn(path, "checkout", "--quiet", "--detach");
    gitIn(path, "commit", "--quiet", "--allow-empty", "--message", "On no branch");
    const lost = gitIn(path, "rev-parse", "HEAD");
    expect(await remove()).toEqual({ wip: WIP });
    expect(git("rev-parse", WIP)).toBe(lost);
  });

  it("keeps what lies in the middle of a merge conflict", async () => {
    const { path, remove, git } = await stage({ file: "base\n" });
    gitIn(path, "checkout", "--quiet", "-b", "side");
    writeIn(path, "file", "side\n");
    gitIn(path, "commit", "--quiet", "--all", "--message", "Side");
    gitIn(path, "checkout", "--quiet", `devflow/${RUN}`);
    writeIn(path, "file", "ours\n");
    gitIn(path, "commit", "--quiet", "--all", "--message", "Ours");
    expect(() => gitIn(path, "merge", "--quiet", "side")).toThrow();
    expect((await remove()).wip).toBe(WIP);
    expect(git("show", `${WIP}:file`)).toContain("=======");
  });

  it("keeps every earlier save when the run had a worktree again", async () => {
    const { path, prepare, remove, git } = await stage();
    writeIn(path, "first", "1\n");
    await remove();
    const first = git("rev-parse", WIP);
    await prepare();
    writeIn(path, "second", "2\n");
    await remove();
    expect(git("rev-parse", `${WIP}^2`)).toBe(first);
    expect(git("show", `${WIP}:second`)).toBe("2");
  });

  it("may be asked for again, and for a run that never had one", async () => {
    const { path, remove, workspaces, repo, git } = await stage();
    writeIn(path, "new", "new\n");
    await remove();
    const saved = git("rev-parse", WIP);
    expect(await remove()).toEqual({ wip: undefined });
    expect(git("rev-parse", WIP)).toBe(saved);
    expect(await workspaces.remove(runId(2), repo)).toEqual({ wip: undefined });
  });

  it("takes away what was begun of one whose repository is gone by now", async () => {
    const { worktrees, workspaces, repo, root } = await stage();
    writeIn(worktrees, `${runId(2)}/README.md`, "half\n");
    rmSync(root, { recursive: true });
    expect(await workspaces.remove(runId(2), repo)).toEqual({ wip: undefined });
    expect(readdirSync(worktrees)).not.toContain(runId(2));
  });

  it("removes nothing when the work cannot be saved", async () => {
    const { path, remove, root } = await stage();
    writeIn(path, "precious", "work\n");
    writeIn(root, `.git/${WIP}.lock`, ""); // another git holds the ref
    await expect(remove()).rejects.toMatchObject({ code: "git.failed" });
    expect(existsSync(join(path, "precious"))).toBe(true);
    rmSync(join(root, `.git/${WIP}.lock`));
    expect((await remove()).wip).toBe(WIP);
  });

  it("removes nothing when a clean filter that the repository requires fails", async () => {
    const { path, remove, git } = await stage({ ".gitattributes": "*.big filter=big\n" });
    git("config", "filter.big.clean", "false");
    git("config", "filter.big.required", "true");
    writeIn(path, "precious.big", "work\n");
    await expect(remove()).rejects.toMatchObject({ code: "git.failed" });
    expect(existsSync(join(path, "precious.big"))).toBe(true);
  });

  it.each([
    ["with commits", true],
    ["without any", false],
  ])("refuses to lose a repository that was made inside, %s", async (_, committed) => {
    const { path, remove } = await stage();
    mkdirSync(join(path, "made here"));
    gitIn(join(path, "made here"), "init", "--quiet");
    writeIn(path, "made here/file", "work\n");
    if (committed) gitIn(join(path, "made here"), "commit", "--quiet", "--allow-empty", "--message", "Inside");
    await expect(remove()).rejects.toMatchObject({ message: /made here/ });
    expect(existsSync(join(path, "made here/file"))).toBe(true);
  });

  it("saves a worktree that git has forgotten, before it goes", async () => {
    const { path, remove, git, root } = await stage();
    writeIn(path, "work", "work\n");
    rmSync(join(root, ".git/worktrees", RUN), { recursive: true });
    expect(await remove()).toEqual({ wip: WIP });
    expect(git("show", `${WIP}:work`)).toBe("work");
    expect(git("diff", "--name-status", `devflow/${RUN}`, WIP)).toBe("A\twork");
    expect(existsSync(path)).toBe(false);
  });

  it("saves one whose making was cut short", async () => {
    const { path, remove, worktrees } = await stage();
    rmSync(join(worktrees, `${RUN}.json`));
    writeIn(path, "work", "work\n");
    expect(await remove()).toEqual({ wip: WIP });
  });

  it("strikes off one whose folder somebody has deleted, locked or not", async () => {
    const { path, remove, git } = await stage();
    git("worktree", "lock", path);
    rmSync(path, { recursive: true });
    expect(await remove()).toEqual({ wip: undefined });
    expect(git("worktree", "list").split("\n")).toHaveLength(1);
  });

  it("removes write-protected folders too", async () => {
    const { path, remove } = await stage({ ".gitignore": "cache/\n" });
    writeIn(path, "cache/module/file", "cached\n");
    chmodSync(join(path, "cache/module"), 0o555);
    await remove();
    expect(existsSync(path)).toBe(false);
  });

  it("leaves the files that links in it point to", async () => {
    const { path, remove, around } = await stage();
    writeFileSync(join(around, "outside"), "outside\n");
    symlinkSync(around, join(path, "link"));
    await remove();
    expect(existsSync(join(around, "outside"))).toBe(true);
  });
});
