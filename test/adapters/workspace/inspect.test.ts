/** What devflow finds in a directory that it is given, and how it refuses what it cannot work on. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { gitWorkspaces } from "../../../src/adapters/workspace/git-workspaces.ts";
import { gitIn, repository } from "../../support/repository.ts";
import { tempDirectory } from "../../support/temp.ts";

const inspect = (directory: string, base?: string) =>
  gitWorkspaces({ worktrees: join(directory, "never made") }).inspect(directory, base);
const code = (code: string) => expect.objectContaining({ code });

describe("a repository", () => {
  it("is taken with the branch that is checked out", async () => {
    const { root, git } = repository();
    expect(await inspect(root)).toEqual({ root, base: "main", baseCommit: git("rev-parse", "HEAD") });
  });

  it("is found from one of its folders, and through a symlink", async () => {
    const { root, around } = repository();
    symlinkSync(root, join(around, "link"));
    expect((await inspect(join(root, "src"))).root).toBe(root);
    expect((await inspect(join(around, "link"))).root).toBe(root);
  });

  it("may be a linked worktree itself", async () => {
    const { git, around } = repository();
    const linked = join(around, "linked");
    git("worktree", "add", "--quiet", "-b", "other", linked);
    expect(await inspect(linked)).toMatchObject({ root: linked, base: "other" });
  });

  it("may have a detached HEAD", async () => {
    const { root, git } = repository();
    git("checkout", "--quiet", "--detach");
    expect(await inspect(root)).toEqual({ root, base: "HEAD", baseCommit: git("rev-parse", "main") });
  });

  it("has its base by the branch's plain name, however it is written, so that one base is one base", async () => {
    const { root } = repository();
    for (const base of ["main", "refs/heads/main", "HEAD", "@", " main "])
      expect((await inspect(root, base)).base).toBe("main");
  });

  it("may be based on another branch, a tag or a commit; a branch goes before a tag of its name", async () => {
    const { root, git } = repository();
    const first = git("rev-parse", "HEAD");
    git("commit", "--quiet", "--allow-empty", "--message", "Second");
    git("branch", "기능/하나", first);
    git("tag", "v1", first);
    git("tag", "main", first);
    expect(await inspect(root, "기능/하나")).toMatchObject({ base: "기능/하나", baseCommit: first });
    expect(await inspect(root, "v1")).toMatchObject({ base: "v1", baseCommit: first });
    expect(await inspect(root, first.slice(0, 12))).toMatchObject({ baseCommit: first });
    expect((await inspect(root, "main")).baseCommit).toBe(git("rev-parse", "refs/heads/main"));
  });

  it("is found whatever GIT_ variables the daemon was started with", async () => {
    const { root } = repository();
    vi.stubEnv("GIT_DIR", "/nowhere");
    vi.stubEnv("GIT_INDEX_FILE", "/nowhere/index");
    try {
      expect((await inspect(root)).root).toBe(root);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("has a path of quotes, backslashes and newlines", async () => {
    const { root } = repository({ a: "a\n" }, `it's "a"\nre\\po `);
    expect((await inspect(root)).root).toBe(root);
  });
});

describe("what cannot be worked on is refused by name:", () => {
  it("a directory that is not in a repository", async () => {
    await expect(inspect(tempDirectory())).rejects.toEqual(code("repo.not_git"));
  });

  it("a repository's own git directory", async () => {
    await expect(inspect(join(repository().root, ".git"))).rejects.toEqual(code("repo.not_git"));
  });

  it("a bare repository", async () => {
    const { git, root, around } = repository();
    git("clone", "--quiet", "--bare", root, join(around, "bare.git"));
    await expect(inspect(join(around, "bare.git"))).rejects.toEqual(code("repo.bare"));
  });

  it("a repository without commits", async () => {
    const empty = tempDirectory();
    gitIn(empty, "init", "--quiet");
    await expect(inspect(empty)).rejects.toEqual(code("repo.no_commits"));
    await expect(inspect(empty, "main")).rejects.toEqual(code("repo.no_commits"));
  });

  it("a base that is not there, with the branches that are", async () => {
    const { root, git } = repository();
    git("branch", "develop");
    const refusal = await inspect(root, "mian").catch((error) => error);
    expect(refusal).toMatchObject({ code: "repo.no_base", params: { base: "mian" } });
    expect(refusal.hint).toMatch(/main.*develop|develop.*main/);
  });

  it.each(["", "--help", "-n", "a\0b", "main:README.md", "main..main"])("the base %j", async (base) => {
    await expect(inspect(repository().root, base)).rejects.toEqual(code("repo.no_base"));
  });

  it("a checked-out branch that has no commit yet, beside others that have", async () => {
    const { root, git } = repository();
    git("checkout", "--quiet", "--orphan", "fresh");
    await expect(inspect(root)).rejects.toMatchObject({ code: "repo.no_base", params: { base: "fresh" } });
  });

  it("a directory that does not exist, and a file", async () => {
    const there = tempDirectory();
    writeFileSync(join(there, "file"), "");
    await expect(inspect(join(there, "nothing"))).rejects.toEqual(code("repo.missing"));
    await expect(inspect(join(there, "file"))).rejects.toEqual(code("repo.unreadable"));
  });

  it.skipIf(process.getuid?.() === 0)("a directory that may not be read", async () => {
    const closed = join(tempDirectory(), "closed");
    mkdirSync(closed, { mode: 0o000 });
    await expect(inspect(closed)).rejects.toEqual(code("repo.unreadable"));
    chmodSync(closed, 0o700);
  });

  it("a repository with a broken configuration, with what git says of it", async () => {
    const { root, write } = repository();
    write(".git/config", "[core\n");
    await expect(inspect(root)).rejects.toMatchObject({ code: "repo.unreadable", message: /config/ });
  });

  it("everything, on a machine without git", async () => {
    const { root } = repository();
    vi.stubEnv("PATH", "/nowhere");
    try {
      await expect(inspect(root)).rejects.toEqual(code("git.missing"));
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
