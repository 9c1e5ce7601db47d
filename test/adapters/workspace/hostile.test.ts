/** What an agent may do inside its worktree must not reach the daemon, nor files outside. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitWorkspaces } from "../../../src/adapters/workspace/git-workspaces.ts";
import { gitIn, repository, writeIn } from "../../support/repository.ts";
import { runId } from "../../support/run-events.ts";

const RUN = runId(1);

async function stage() {
  const made = repository();
  const workspaces = gitWorkspaces({ worktrees: join(made.around, "worktrees") });
  const repo = await workspaces.inspect(made.root, undefined);
  const { path } = await workspaces.prepare(RUN, repo);
  return { ...made, workspaces, repo, path };
}

describe("an agent that turns its worktree's git against the daemon", () => {
  /** A git directory with everything in its configuration that makes plain git run a program. */
  function trap(around: string) {
    const ran = join(around, "ran");
    const program = join(around, "payload.sh");
    writeFileSync(program, `#!/bin/sh\ntouch '${ran}'\ncat\n`);
    chmodSync(program, 0o755);
    const directory = join(around, "trap");
    mkdirSync(directory);
    gitIn(directory, "init", "--quiet", "--initial-branch=main");
    gitIn(directory, "commit", "--quiet", "--allow-empty", "--message", "Trap");
    for (const name of ["core.fsmonitor", "diff.external", "filter.x.clean", "filter.x.smudge", "diff.x.textconv"])
      gitIn(directory, "config", name, `'${program}'`);
    gitIn(directory, "config", "core.hooksPath", around);
    return { ran, gitDir: join(directory, ".git") };
  }

  it("by another .git file: the trap is real, and is not walked into", async () => {
    const { path, around, workspaces, repo, git } = await stage();
    const { ran, gitDir } = trap(around);
    writeIn(path, ".git", `gitdir: ${gitDir}\n`);
    writeIn(path, ".gitattributes", "* filter=x diff=x\n");
    writeIn(path, "src/a.txt", "changed\n");
    gitIn(path, "status");
    expect(existsSync(ran)).toBe(true); // so it goes with a git that discovers
    rmSync(ran);
    await workspaces.prepare(RUN, repo);
    expect(await workspaces.diff(RUN, repo)).toContain("+changed");
    expect((await workspaces.diffStat(RUN, repo)).uncommitted).toContain("src/a.txt");
    const { wip } = await workspaces.remove(RUN, repo);
    expect(git("show", `${wip}:src/a.txt`)).toBe("changed");
    expect(existsSync(ran)).toBe(false);
    expect(existsSync(gitDir)).toBe(true);
  });

  it("by another commondir", async () => {
    const { path, around, workspaces, repo, root, git } = await stage();
    const { ran, gitDir } = trap(around);
    writeIn(root, `.git/worktrees/${RUN}/commondir`, `${gitDir}\n`);
    writeIn(path, ".gitattributes", "* filter=x diff=x\n");
    writeIn(path, "src/a.txt", "changed\n");
    await workspaces.prepare(RUN, repo);
    expect(await workspaces.diff(RUN, repo)).toContain("+changed");
    const { wip } = await workspaces.remove(RUN, repo);
    expect(git("show", `${wip}:src/a.txt`)).toBe("changed"); // saved in the user's repository, not in the other one
    expect(existsSync(ran)).toBe(false);
  });
});

describe("writing under .devflow", () => {
  it("gives the absolute path of a whole file, again and again, and keeps it out of commits", async () => {
    const { path, workspaces } = await stage();
    expect(await workspaces.write(RUN, "phases/검토/1/prompt.md", "first, 안녕 👋")).toBe(
      join(path, ".devflow/phases/검토/1/prompt.md"),
    );
    const file = await workspaces.write(RUN, "phases/검토/1/prompt.md", "second");
    expect(readFileSync(file, "utf8")).toBe("second");
    expect(readdirSync(join(file, ".."))).toEqual(["prompt.md"]);
    gitIn(path, "add", "--all");
    expect(gitIn(path, "status", "--porcelain")).toBe("");
  });

  it.each([".devflow", ".devflow/phases", ".devflow/phases/one"])(
    "refuses to go through a symlink at %s",
    async (at) => {
      const { path, workspaces, around, repo } = await stage();
      const outside = join(around, "outside");
      mkdirSync(join(outside, "phases/one"), { recursive: true });
      rmSync(join(path, at), { recursive: true, force: true });
      mkdirSync(join(path, at, ".."), { recursive: true });
      symlinkSync(join(outside, at.slice(".devflow/".length)), join(path, at));
      await expect(workspaces.write(RUN, "phases/one/prompt.md", "x")).rejects.toMatchObject({
        code: "worktree.unsafe",
      });
      if (at === ".devflow")
        await expect(workspaces.prepare(RUN, repo)).rejects.toMatchObject({ code: "worktree.unsafe" });
      expect((readdirSync(outside, { recursive: true }) as string[]).sort()).toEqual(["phases", "phases/one"]);
    },
  );

  it("replaces a symlink at the file itself, and leaves what it points to", async () => {
    const { path, workspaces, around } = await stage();
    writeFileSync(join(around, "victim"), "victim");
    symlinkSync(join(around, "victim"), join(path, ".devflow/prompt.md"));
    const file = await workspaces.write(RUN, "prompt.md", "ours");
    expect(lstatSync(file).isFile()).toBe(true);
    expect(readFileSync(join(around, "victim"), "utf8")).toBe("victim");
  });

  it.each(["../escape", "a/../../escape", "/etc/escape", "", "a//b", "a\0b"])(
    "refuses the path %j",
    async (relative) => {
      const { workspaces } = await stage();
      await expect(workspaces.write(RUN, relative, "x")).rejects.toMatchObject({ code: "worktree.unsafe" });
    },
  );

  it("says so when the worktree is gone, and does not make it anew", async () => {
    const { path, workspaces } = await stage();
    rmSync(path, { recursive: true });
    await expect(workspaces.write(RUN, "prompt.md", "x")).rejects.toMatchObject({ code: "worktree.gone" });
    expect(existsSync(path)).toBe(false);
  });
});
