/** A run's worktree: made once, finished when it was begun, and nothing of the user's touched. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { gitWorkspaces } from "../../../src/adapters/workspace/git-workspaces.ts";
import { gitIn, repository, type TestRepository, writeIn } from "../../support/repository.ts";
import { runId } from "../../support/run-events.ts";

const RUN = runId(1);
const BRANCH = `devflow/${RUN}`;

async function stage(made: TestRepository = repository()) {
  const worktrees = join(made.around, "work trees 작업");
  const workspaces = gitWorkspaces({ worktrees });
  const repo = await workspaces.inspect(made.root, undefined);
  return { ...made, worktrees, workspaces, repo, prepare: (run = RUN) => workspaces.prepare(run, repo) };
}

describe("preparing", () => {
  it("makes a worktree with the base's files on a branch of the run", async () => {
    const { prepare, workspaces, repo, git } = await stage();
    const made = await prepare();
    expect(made).toEqual({ path: workspaces.pathOf(RUN), branch: BRANCH, commit: repo.baseCommit });
    expect(readFileSync(join(made.path, "src/a.txt"), "utf8")).toBe("one\ntwo\nthree\n");
    expect(gitIn(made.path, "symbolic-ref", "--short", "HEAD")).toBe(BRANCH);
    expect(gitIn(made.path, "status", "--porcelain")).toBe("");
    expect(git("rev-parse", BRANCH)).toBe(repo.baseCommit);
  });

  it("keeps out of every commit whatever lies in its .devflow/, by whatever name", async () => {
    const { path } = await (await stage()).prepare();
    const names = [
      "plain",
      "한글 파일.md",
      ".hidden",
      " space",
      "#a",
      "!b",
      "[c]",
      "]d",
      "-e",
      "\\f",
      "a\nb",
      "\x01g",
      "\x7fh",
      "deep/er/i",
    ];
    for (const name of names) writeIn(path, `.devflow/${name}`, "x\n");
    gitIn(path, "add", "--all");
    expect(gitIn(path, "status", "--porcelain", "--untracked-files=all")).toBe("");
  });

  it("leaves the user's checkout as it is, with what is staged, changed and new in it", async () => {
    const { prepare, git, root, write, workspaces, repo } = await stage();
    write("src/a.txt", "changed\n");
    write("staged.txt", "staged\n");
    git("add", "staged.txt");
    write("new file.txt", "new\n");
    const looks = () => [
      readFileSync(join(root, ".git/index"), "base64"),
      readFileSync(join(root, ".git/config"), "utf8"),
      readFileSync(join(root, ".git/HEAD"), "utf8"),
      readFileSync(join(root, ".git/info/exclude"), "utf8"),
      git("--no-optional-locks", "status", "--porcelain=v2", "--branch", "--ignored"),
      git("--no-optional-locks", "diff"),
    ];
    const before = looks();
    const { path } = await prepare();
    writeIn(path, "src/a.txt", "the run's\n");
    await workspaces.diffStat(RUN, repo);
    await workspaces.remove(RUN, repo);
    expect(looks()).toEqual(before);
  });

  it("gives the same worktree when asked again, with the work that is in it", async () => {
    const { prepare } = await stage();
    const first = await prepare();
    writeIn(first.path, "work.txt", "half done\n");
    gitIn(first.path, "commit", "--quiet", "--allow-empty", "--message", "Step");
    expect(await prepare()).toEqual({ ...first, commit: gitIn(first.path, "rev-parse", "HEAD") });
    expect(readFileSync(join(first.path, "work.txt"), "utf8")).toBe("half done\n");
  });

  it("makes worktrees for many runs of one repository side by side", async () => {
    const { prepare, git } = await stage();
    const made = await Promise.all(Array.from({ length: 6 }, (_, number) => prepare(runId(number))));
    expect(new Set(made.map(({ path }) => path)).size).toBe(6);
    expect(git("worktree", "list").split("\n")).toHaveLength(7);
  });

  it("works in a linked worktree, from a detached HEAD, and in a submodule", async () => {
    const made = repository();
    const linked = join(made.around, "linked");
    made.git("worktree", "add", "--quiet", "--detach", linked);
    const outer = repository({ "outer.txt": "outer\n" }, "outer");
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", made.root, "inner");
    for (const root of [linked, join(outer.root, "inner")]) {
      const { prepare, workspaces, repo } = await stage({ ...made, root, around: join(root, "..") });
      const { path } = await prepare();
      writeIn(path, "src/a.txt", "one\n");
      expect(await workspaces.diffStat(RUN, repo)).toMatchObject({ files: 1, deletions: 2 });
      expect(await workspaces.remove(RUN, repo)).toEqual({ wip: `refs/devflow/wip/${RUN}` });
    }
  });

  it("tolerates submodules in the repository", async () => {
    const inner = repository({ "inner.txt": "inner\n" }, "inner");
    const made = repository();
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.root, "sub");
    made.git("commit", "--quiet", "--message", "A submodule");
    const { prepare, workspaces, repo } = await stage(made);
    await prepare();
    expect(await workspaces.diff(RUN, repo)).toBe("");
    expect(await workspaces.remove(RUN, repo)).toEqual({ wip: undefined });
  });

  it("works in paths with newlines, quotes and backslashes", async () => {
    const { prepare, workspaces, repo } = await stage(repository({ a: "a\n" }, `it's "a"\nre\\po`));
    const odd = gitWorkspaces({ worktrees: join(repo.root, `..`, `w "o"\nrk\\trees`) });
    const { path } = await odd.prepare(runId(2), repo);
    writeIn(path, `new\n"file"`, "new\n");
    expect(await odd.diffStat(runId(2), repo)).toMatchObject({ files: 1, uncommitted: [`new\n"file"`] });
    expect(await odd.remove(runId(2), repo)).toEqual({ wip: `refs/devflow/wip/${runId(2)}` });
    expect((await prepare()).path).toBe(workspaces.pathOf(RUN));
  });

  it("runs no hook, and is not led astray by settings", async () => {
    const made = repository();
    const ran = join(made.around, "ran");
    const script = `#!/bin/sh\necho "$0" >> "${ran}"\nexit 1\n`;
    for (const hook of ["post-checkout", "reference-transaction", "pre-commit", "post-index-change"]) {
      made.write(`.git/hooks/${hook}`, script);
      chmodSync(join(made.root, ".git/hooks", hook), 0o755);
    }
    made.write("program", script);
    chmodSync(join(made.root, "program"), 0o755);
    const program = join(made.root, "program");
    const settings = {
      "core.fsmonitor": program,
      "core.autocrlf": "input",
      "core.safecrlf": "true",
      "core.pager": program,
      "core.editor": program,
      "core.splitIndex": "true",
      "diff.external": program,
      "diff.noprefix": "true",
      "diff.mnemonicPrefix": "true",
      "color.ui": "always",
      "status.relativePaths": "false",
      "status.showUntrackedFiles": "no",
      "commit.gpgSign": "true",
      "gpg.program": program,
      "alias.add": "!false",
      "alias.worktree": "!false",
      "branch.autoSetupMerge": "always",
      "user.useConfigOnly": "true",
      "checkout.defaultRemote": "nowhere",
      "submodule.recurse": "true",
      "worktree.guessRemote": "true",
      "log.showSignature": "true",
      "diff.orderFile": "/nowhere",
      "core.quotePath": "true",
    };
    for (const [name, value] of Object.entries(settings)) made.git("config", name, value);
    const { prepare, workspaces, repo } = await stage(made);
    const { path } = await prepare();
    writeIn(path, "src/a.txt", "one\r\nzwei\r\n");
    gitIn(path, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "update-index", "--split-index");
    writeIn(path, "새.txt", "new\n");
    expect(await workspaces.diffStat(RUN, repo)).toMatchObject({ files: 2, uncommitted: ["src/a.txt", "새.txt"] });
    expect(await workspaces.diff(RUN, repo)).toContain("--- a/src/a.txt\n+++ b/src/a.txt\n");
    expect(await workspaces.diff(RUN, repo)).toContain("+++ b/새.txt\n");
    expect((await workspaces.remove(RUN, repo)).wip).toBeDefined();
    expect(existsSync(ran)).toBe(false);
  });

  it("says what is wrong when git cannot make the branch", async () => {
    const { prepare, git } = await stage();
    git("branch", "devflow"); // a branch of this name leaves no room for devflow/…
    await expect(prepare()).rejects.toMatchObject({ code: "worktree.failed", message: /devflow/ });
  });
});

describe("a worktree that was begun is finished:", () => {
  it("its branch is there already, with commits that are kept", async () => {
    const { prepare, git } = await stage();
    git("branch", BRANCH);
    git("checkout", "--quiet", BRANCH);
    git("commit", "--quiet", "--allow-empty", "--message", "Earlier work");
    const tip = git("rev-parse", "HEAD");
    git("checkout", "--quiet", "main");
    expect((await prepare()).commit).toBe(tip);
  });

  it("its folder is gone; other people's missing worktrees stay registered", async () => {
    const { prepare, git, around } = await stage();
    const theirs = join(around, "on a stick");
    git("worktree", "add", "--quiet", "-b", "theirs", theirs);
    renameSync(theirs, `${theirs} (unplugged)`);
    const { path } = await prepare();
    rmSync(path, { recursive: true });
    await prepare();
    expect(existsSync(join(path, "src/a.txt"))).toBe(true);
    expect(git("worktree", "list", "--porcelain")).toContain(theirs);
  });

  it("git made it, and devflow was killed before it knew", async () => {
    const { prepare, worktrees } = await stage();
    const { path } = await prepare();
    rmSync(join(worktrees, `${RUN}.json`));
    writeIn(path, "work.txt", "work\n");
    await prepare();
    expect(readFileSync(join(path, "work.txt"), "utf8")).toBe("work\n");
  });

  it("git was killed in the middle of the checkout", async () => {
    const made = repository({ "a.txt": "a\n", ".gitattributes": "*.slow filter=slow\n", "z.slow": "z\n" });
    const { prepare, git, workspaces, worktrees, around } = await stage(made);
    const reached = join(around, "reached");
    git("config", "filter.slow.smudge", `touch '${reached}'; sleep 60; cat`);
    mkdirSync(worktrees);
    const path = workspaces.pathOf(RUN);
    const add = spawn("git", ["-C", made.root, "worktree", "add", "-b", BRANCH, path], {
      detached: true,
      stdio: "ignore",
    });
    const killed = new Promise((resolve) => add.once("exit", resolve));
    onTestFinished(() => void (add.exitCode === null && add.signalCode === null && process.kill(-Number(add.pid), 9)));
    await vi.waitFor(() => expect(existsSync(reached)).toBe(true), { timeout: 60_000 });
    process.kill(-Number(add.pid), "SIGKILL");
    await killed;
    git("config", "filter.slow.smudge", "cat");
    await prepare();
    expect(readFileSync(join(path, "z.slow"), "utf8")).toBe("z\n");
    expect(gitIn(path, "status", "--porcelain")).toBe("");
  });

  it("a folder is there that git does not know: it is moved aside and kept", async () => {
    const { prepare, workspaces, worktrees } = await stage();
    writeIn(workspaces.pathOf(RUN), "somebody's.txt", "work\n");
    await prepare();
    expect(await readFile(join(worktrees, `${RUN}.aside-1`, "somebody's.txt"), "utf8")).toBe("work\n");
  });

  it("its record was torn by a crash", async () => {
    const { prepare, worktrees } = await stage();
    const first = await prepare();
    writeIn(worktrees, `${RUN}.json`, "");
    expect(await prepare()).toEqual(first);
  });
});

describe("what .worktreeinclude names", () => {
  const ignored = ".env*\nbuild/\nsecrets/\n";

  it("is copied into the fresh worktree when it is ignored, and never over a file of the base", async () => {
    const made = repository({ ".gitignore": ignored, ".env.example": "from the base\n", a: "a\n" });
    made.git("add", "--force", ".env.example");
    made.git("commit", "--quiet", "--message", "An example");
    const staged = await stage(made);
    made.git("rm", "--quiet", "--cached", ".env.example");
    made.write(".worktreeinclude", "# what a build needs\n.env*\n!.env.local\nsecrets/\nnotes.txt\n");
    made.write(".env", "KEY=1\n");
    made.write(".env.local", "not this one\n");
    made.write("sub/.env", "KEY=2\n");
    made.write("secrets/비밀 하나", "s\n");
    made.write("build/out", "not named\n");
    made.write("notes.txt", "named, but not ignored\n");
    made.write(".env.example", "changed here\n");
    chmodSync(join(made.root, ".env"), 0o600);
    const { prepare, workspaces, repo } = staged;
    const { path } = await prepare();
    const copied = (readdirSync(path, { recursive: true }) as string[]).filter((name) => !name.startsWith(".devflow"));
    expect(copied.sort()).toEqual(
      [".env", ".env.example", ".git", ".gitignore", "a", "secrets", "secrets/비밀 하나", "sub", "sub/.env"].sort(),
    );
    expect(readFileSync(join(path, ".env.example"), "utf8")).toBe("from the base\n");
    expect(await workspaces.diff(RUN, repo)).toBe("");
  });

  it("is not written through a symlink of the base", async () => {
    const made = repository({ ".gitignore": ".env\n" });
    symlinkSync(made.around, join(made.root, "config"));
    made.git("add", "config");
    made.git("commit", "--quiet", "--message", "A symlink");
    rmSync(join(made.root, "config"));
    made.write("config/.env", "KEY=1\n");
    made.write(".worktreeinclude", ".env\n");
    await (await stage(made)).prepare();
    expect(existsSync(join(made.around, ".env"))).toBe(false);
  });
});
