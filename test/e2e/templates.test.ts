/** The shipped workflows whole, as a person without a terminal drives them: the built programs and the paper agent in panes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Report } from "../../src/domain/report.ts";
import { begin, liveRun } from "../support/live-run.ts";
import { addTemplate } from "../support/shelf.ts";
import { type World, type WorldOptions, world } from "../support/world.ts";

let here: World | undefined;
const enter = (options?: WorldOptions): World => {
  here = world(options);
  return here;
};
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

const finding = (title: string) => ({
  severity: "major",
  file: "sum.js",
  line: 1,
  title,
  detail: "sum(1, 2) gives -1: it takes the second number away instead of adding it.",
});
const review = (verdict: "approve" | "request_changes", title = "It subtracts") => ({
  write: "whole",
  artifact: {
    verdict,
    summary: "Read sum.js and its tests, and ran them.",
    findings: verdict === "approve" ? [] : [finding(title)],
  },
});
const sum = (operator: string) => ({
  edit: { file: "sum.js", content: `module.exports = (a, b) => a ${operator} b;\n` },
});

/** A repository whose tests pass only when `sum.js` adds. */
function withTests(w: World): void {
  const check = `require("node:assert").strictEqual(require("./sum.js")(1, 2), 3);\nconsole.log("the sum is right");\n`;
  writeFileSync(join(w.repo, "check.js"), check);
  writeFileSync(join(w.repo, "package.json"), '{ "name": "it", "scripts": { "test": "node check.js" } }\n');
  w.git("add", ".");
  w.git("commit", "--quiet", "-m", "Add a test");
}

describe("implement-and-review", () => {
  test("plans until a person agrees, implements until tests and review are content, verifies, and reports", async () => {
    const w = enter({
      scenario: {
        phases: {
          implement: { "1": [sum("-"), { write: "whole" }], "2": [sum("+"), { write: "whole" }] },
          review: { "1": [review("request_changes")], "2": [review("approve")] },
        },
      },
    });
    withTests(w);
    const asked = await w.devflow("run", "implement-and-review", "--goal", "Add sum(a, b)", "--yes");
    expect(asked.code).toBe(7);
    expect(asked.err).toContain("devflow approve");
    const run = liveRun(w, (await w.latest())?.id ?? "");

    expect((await w.devflow("reject", run.id, "plan", "--comment", "Say which file 📄")).code).toBe(0);
    await run.event("approval.requested", ({ attempt }) => attempt === 2);
    expect((await w.devflow("runs", "wait", run.id)).code).toBe(7);
    expect((await w.devflow("approve", run.id)).code).toBe(0);
    expect((await w.devflow("runs", "wait", run.id, "--for", "ended", "--timeout", "60s")).code).toBe(0);
    await run.ends("completed");

    const prompts = await w.prompts();
    expect(prompts.map(({ phase }) => phase)).toEqual([
      ...["plan", "plan", "implement", "review", "implement", "review", "verify"],
    ]);
    expect(prompts[1]?.text).toContain("Say which file 📄");
    // The second round reads the findings, from a copy that lies in its worktree.
    const input = /^- review \(review@1, sha256 \w+\): (.+)$/m.exec(prompts[4]?.text ?? "")?.[1] ?? "";
    expect(JSON.parse(readFileSync(input, "utf8"))).toMatchObject({ findings: [finding("It subtracts")] });
    expect(prompts[2]?.text).not.toContain("- review (review@1");

    const report = Report.parse(await w.json("runs", "report", run.id));
    const attempts = report.run.phases.map(
      ({ id, attempts: tries }) => `${id} ${tries.map((t) => `${t.round}${t.outcome}`)}`,
    );
    expect(attempts).toEqual([
      "plan 1rejected,1accepted",
      "implement 1accepted,2accepted",
      "tests 1accepted,2accepted",
      "review 1accepted,2accepted",
      "verify 1accepted",
    ]);
    expect(report.run.phases[2]?.attempts.map(({ exitCode }) => exitCode)).toEqual([1, 0]);
    expect(report.run.phases[0]?.approvals.map(({ answer, comment }) => [answer, comment])).toEqual([
      ["reject", "Say which file 📄"],
      ["approve", undefined],
    ]);
    expect(report.changes).toMatchObject({ uncommitted: ["sum.js"] });
    const markdown = (await w.devflow("runs", "report", run.id)).out;
    expect(markdown).toContain("sum.js");
    expect(markdown).toContain("Say which file 📄");
    // A role keeps its agent through all rounds; the checkout keeps out of it.
    expect(report.run.sessions.map(({ role }) => role).sort()).toEqual([
      "author",
      "implementer",
      "reviewer",
      "verifier",
    ]);
    expect(existsSync(join(w.repo, "sum.js"))).toBe(false);
    expect((await w.devflow("runs", "diff", run.id)).out).toContain("+module.exports = (a, b) => a + b;");
  }, 300_000);

  test("runs the tests by the command that it is told", async () => {
    const w = enter();
    const command = "tests=node -e 'console.log(\"한글 out\"); process.exit(3)'";
    const run = await begin(w, "implement-and-review", "--goal", "x", "--command", command);
    await run.event("approval.requested");
    await w.devflow("approve", run.id);
    await run.event("command.finished");
    const result = await run.event("phase.accepted", ({ phase }) => phase === "tests");
    expect(run.of("command.finished")).toMatchObject([{ exitCode: 3 }]);
    const kept = join(w.home, "data", "artifacts", `${result.artifact.sha256}.json`);
    expect(JSON.parse(readFileSync(kept, "utf8"))).toMatchObject({ passed: false, exitCode: 3, stdout: "한글 out\n" });
    await w.devflow("runs", "cancel", run.id);
    await run.ends("cancelled");
  }, 300_000);
});

test("review-only gives its findings and changes nothing", async () => {
  const w = enter({ scenario: { phases: { review: [review("request_changes")] } } });
  const { code } = await w.devflow("run", "review-only", "--goal", "Look at README.md", "--yes");
  expect(code).toBe(0);
  const run = liveRun(w, (await w.latest())?.id ?? "");
  await run.ends("completed");
  const report = Report.parse(await w.json("runs", "report", run.id));
  expect(report.run.phases.map(({ id, status }) => [id, status])).toEqual([["review", "accepted"]]);
  expect(report.changes).toMatchObject({ files: 0, uncommitted: [] });
}, 300_000);

describe("a loop that never comes to its end", () => {
  const LOOP = {
    write: { role: "worker" },
    judge: {
      role: "worker",
      needs: ["write"],
      produces: { schema: "review@1" },
      repeat: { until: "review-approved@1", from: "write", max: 2 },
    },
  };

  test("fails the run when its rounds are used up, and goes on from its last phase once that is put right", async () => {
    const judge = { "1": [review("request_changes", "First")], "2": [review("request_changes", "Second")] };
    const w = enter({ scenario: { phases: { judge: { ...judge, "3": [review("approve")] } } } });
    addTemplate(w, "loop", LOOP);
    const ended = await w.devflow("run", "loop", "--goal", "x", "--yes", "--bind", "worker=paper-implementer");
    expect(ended.code).toBe(1);
    const run = liveRun(w, (await w.latest())?.id ?? "");
    await run.ends("failed");
    expect(run.of("run.failed")[0]?.failure).toMatchObject({ code: "phase.loop_exhausted", details: { max: 2 } });
    expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["write", "judge", "write", "judge"]);
    expect((await w.devflow("runs", "report", run.id)).out).toContain("phase.loop_exhausted");

    expect((await w.devflow("runs", "resume", run.id)).code).toBe(0);
    await run.ends("completed");
    expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["write", "judge", "write", "judge", "judge"]);
    expect(run.of("report.written")).toHaveLength(2);
  }, 300_000);
});
