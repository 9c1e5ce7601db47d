/** What odd, broken and vanishing repositories get, as a user meets it: the built programs, real git, the paper agent. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { RunView } from "../../src/domain/view.ts";
import { putTemplate } from "../support/paper-template.ts";
import { git, makeRepository, type World, world } from "../support/world.ts";

let w: World;
beforeAll(async () => {
  w = world();
  await w.devflowd("start"); // so that no command has to say that it does
  putTemplate(w.home, "one", [{ id: "one" }]);
  putTemplate(w.home, "gated", [{ id: "one" }, { id: "two", approval: "before" }]);
});
afterAll(() => w.close(), 60_000);

const at = (name: string): string => join(w.folder, name);
const run = (template: string, repo: string, ...more: string[]) =>
  w.devflow("run", template, "--goal", "Do it", "--yes", "--repo", repo, ...more);

describe("a run is refused", () => {
  const refusal = async (...args: string[]) => {
    const { code, out, err } = await w.devflow("run", "one", "--goal", "x", "--preview", ...args);
    return [code, out, err.replaceAll(w.folder, "…")];
  };

  test("in what is no usable repository, which is named", async () => {
    mkdirSync(at("not git"));
    writeFileSync(at("a file"), "");
    execFileSync("git", ["init", "--quiet", "--initial-branch=main", at("no commits")]);
    execFileSync("git", ["init", "--quiet", "--bare", at("bare.git")]);
    makeRepository(at("branches"));
    git(at("branches"), "branch", "개발");
    const refusals: readonly (readonly [string, string, string])[] = [
      ["not git", "… is not a git repository (repo.not_git)", "git init it, or give another one: --repo DIR"],
      ["a file", "… cannot be used: it is not a directory (repo.unreadable)", "check who owns it and its permissions"],
      ["none", "there is no directory … (repo.missing)", "give a repository: --repo DIR"],
      ["no commits", "… has no commits (repo.no_commits)", "make a first commit: a run branches off it"],
      ["bare.git", "… is a bare repository (repo.bare)", "clone it, and run in the clone"],
    ];
    for (const [name, problem, hint] of refusals)
      expect(await refusal("--repo", at(name))).toEqual([
        8,
        "",
        `devflow: ${problem.replace("…", `…/${name}`)}\n  ${hint}`,
      ]);
    expect(await refusal("--repo", at("branches"), "--base", "mian")).toEqual([
      8,
      "",
      "devflow: …/branches has no branch mian (repo.no_base)\n  its branches are: main, 개발",
    ]);
  }, 300_000);

  test("for names that nobody knows, with the one that was probably meant", async () => {
    const { code, err } = await w.devflow("run", "spec-and-reviw", "--goal", "x", "--preview");
    expect([code, err]).toEqual([
      4,
      'devflow: there is no template spec-and-reviw; did you mean "spec-and-review"? (definition.not_found)\n  devflow templates list shows them',
    ]);
    expect(await refusal("--bind", "author=paper-autor")).toMatchObject([
      4,
      "",
      expect.stringContaining('there is no persona paper-autor; did you mean "paper-author"?'),
    ]);
    expect(await refusal("--bind", "autor=paper-author")).toEqual([
      2,
      "",
      "devflow: template one@1 has no role autor (binding.unknown_role)\n  its roles are: author",
    ]);
    expect(await refusal("--base", "")).toMatchObject([2, "", expect.stringContaining("the branch has no name")]);
  });
});

/** Every file of a checkout with its content and mode, what a run adds to the repository's own records left out. */
function fingerprint(root: string): string[] {
  const OURS = /^\.git\/(?:objects|worktrees)\/|\/devflow\//;
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !OURS.test(relative(root, path)))
    .map((path) => `${path} ${statSync(path).mode} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`)
    .sort();
}

describe("a run completes, and leaves the checkout as it was, byte for byte", () => {
  test("in paths with spaces, quotes, newlines and Korean, in a subdirectory, a linked worktree, at a detached HEAD", async () => {
    const names = ["a b 'q' \"d\" $(x) `y` \\", "새 줄\n폴더", "-dash", "linked", "detached"];
    for (const name of names.filter((each) => each !== "linked")) makeRepository(at(name));
    makeRepository(at("main checkout"));
    git(at("main checkout"), "worktree", "add", "--quiet", "-b", "other", at("linked"));
    git(at("detached"), "checkout", "--quiet", "--detach");
    for (const name of names) {
      mkdirSync(join(at(name), "하위 dir"));
      writeFileSync(join(at(name), "하위 dir", "untracked"), "mine");
      writeFileSync(join(at(name), "README.md"), "changed\r\n");
      writeFileSync(join(at(name), "staged"), "staged");
      git(at(name), "add", "staged");
    }
    const before = names.map((name) => fingerprint(at(name)));
    const ran = await Promise.all(
      names.map((name) =>
        w.devflow("run", "one", "--goal", name, "--yes", "--json", "--repo", join(at(name), "하위 dir")),
      ),
    );
    const views = ran.map(({ out }) => JSON.parse(out) as RunView);
    expect(views.map(({ status, repo, base }) => [status, repo, base])).toEqual(
      names.map((name) => ["completed", at(name), name === "linked" ? "other" : name === "detached" ? "HEAD" : "main"]),
    );
    expect(names.map((name) => fingerprint(at(name)))).toEqual(before);
  }, 300_000);
});

describe("what vanishes while a run works", () => {
  /** A run that has done its first phase and waits; its agent lives. */
  async function halfway(name: string): Promise<RunView> {
    makeRepository(at(name));
    const ran = await run("gated", at(name), "--json");
    expect(ran.code).toBe(7);
    return JSON.parse(ran.out) as RunView;
  }
  const failed = async (id: string) => {
    const view = await vi.waitFor(async () => {
      const now = await w.show(id);
      expect(now.report).toBeDefined();
      return now;
    }, 20_000);
    const report = (await w.devflow("runs", "report", id)).out;
    return { status: view.status, failure: view.failure?.code, message: view.failure?.message, report };
  };

  test("the repository: the run fails, says so, and its report does not pretend to know what changed", async () => {
    const { id, worktree = "" } = await halfway("doomed");
    rmSync(at("doomed"), { recursive: true });
    expect((await w.devflow("approve", id)).code).toBe(0);
    const { report, ...end } = await failed(id);
    const message = `the repository ${at("doomed")} is gone, and with it the history of run ${id}`;
    expect(end).toEqual({ status: "failed", failure: "repo.gone", message });
    expect(report).toContain(
      `**${message}** (\`repo.gone\`)\n\nWhat to do: the files as the run left them are in ${worktree}`,
    );
    expect(report).toContain("| Changes | not known: git could not tell any more |");
    expect(await w.devflow("runs", "diff", id)).toMatchObject({ code: 1, err: expect.stringContaining("(repo.gone)") });
  }, 300_000);

  test("the worktree, which an agent may make anew: the run fails, and nothing is taken for deleted", async () => {
    const { id, worktree = "" } = await halfway("worktree");
    rmSync(worktree, { recursive: true });
    mkdirSync(join(worktree, ".devflow", "artifacts", "two-1"), { recursive: true });
    expect((await w.devflow("approve", id)).code).toBe(0);
    const { report, ...end } = await failed(id);
    const message = `the worktree of run ${id} is gone: ${worktree}`;
    expect(end).toEqual({ status: "failed", failure: "worktree.gone", message });
    expect(report).toContain(`its branch devflow/${id} still has what was committed`);
    expect(await w.devflow("runs", "diff", id)).toMatchObject({ code: 0, out: "" });
    expect(existsSync(join(at("worktree"), "README.md"))).toBe(true);
  }, 300_000);
});

describe("two requests for one repository", () => {
  test("a second run on the same base is refused with the first one's id, an idempotency key gives the run of before", async () => {
    makeRepository(at("busy"));
    const first = await run("gated", at("busy"), "--idempotency-key", "k 1", "--json");
    const { id } = JSON.parse(first.out) as RunView;
    expect(await run("one", at("busy"), "--json")).toMatchObject({ code: 5, out: "" });
    const second = await run("one", at("busy"));
    expect([second.code, second.err.split("\n").slice(-2)]).toEqual([
      5,
      [
        `devflow: ${at("busy")} already has an active run on main: ${id} (run.already_active)`,
        `  wait for it, or: devflow runs cancel ${id}`,
      ],
    ]);
    const again = await run("gated", at("busy"), "--idempotency-key", "k 1", "--json", "--detach");
    expect(JSON.parse(again.out)).toEqual({ run: id, status: "waiting" });
    const other = await run("one", at("busy"), "--idempotency-key", "k 1");
    expect([other.code, other.err.split("\n").at(-2)]).toEqual([
      5,
      `devflow: the idempotency key k 1 was used for another request (run ${id}) (run.idempotency_conflict)`,
    ]);
    expect((await run("one", at("busy"), "--bind", "author=paper-author", "--base", "HEAD")).code).toBe(5);

    expect(await w.devflow("approve", id, "tow")).toMatchObject({
      code: 4,
      err: `devflow: run ${id} has no phase tow; did you mean "two"? (phase.not_found)\n  devflow runs show ${id} lists them`,
    });
    expect(await w.devflow("runs", "report", id)).toMatchObject({ code: 5 });
    expect(await w.devflow("runs", "resume", id)).toMatchObject({ code: 5 });
    expect(await w.devflow("runs", "show", "nope")).toMatchObject({
      code: 4,
      err: "devflow: there is no run nope (run.not_found)\n  devflow runs list shows them",
    });
    // No letter of a run's id, whose end names it too.
    expect(await w.devflow("runs", "show", "u")).toMatchObject({
      code: 4,
      err: "devflow: there is no run u (run.not_found)\n  devflow runs list shows them",
    });
  }, 300_000);
});
