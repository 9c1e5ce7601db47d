/** A tool with an effect has it once for each call id, also when its process is killed in the middle. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { isAlive } from "../../contract/terminal-host.ts";
import { startChild } from "../../support/child.ts";
import { writeIn } from "../../support/repository.ts";
import { type TestTools, testTools } from "../../support/toolbox.ts";

const FAMILY = fileURLToPath(new URL("../../../fixtures/terminal/family.mjs", import.meta.url));
const COUNT = "import { appendFileSync } from 'node:fs';\nappendFileSync('count', 'x');\nconsole.log('counted')";

const again = ({ root, state }: TestTools, more: Parameters<typeof testTools>[0] = {}): TestTools =>
  testTools({ root, state, ...more });

describe("the same call again", () => {
  it("gives the first answer and runs nothing", async () => {
    const commands = { persona: [["node", "count.mjs"]] };
    const tools = testTools({ commands });
    writeIn(tools.root, "count.mjs", COUNT);
    const argv = ["node", "count.mjs"];
    const both = await Promise.all([tools.use("run_command", { argv }, "a"), tools.use("run_command", { argv }, "a")]);
    const later = await again(tools, { commands }).use("run_command", { argv }, "a");
    expect(new Set([...both, later].map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(later).toMatchObject({ ok: true, exitCode: 0 });
    expect(readFileSync(join(tools.root, "count"), "utf8")).toBe("x");
    await tools.use("run_command", { argv }, "b");
    expect(readFileSync(join(tools.root, "count"), "utf8")).toBe("xx");
  });

  it("does not write over what has come since", async () => {
    const tools = testTools();
    const first = await tools.use("write_file", { path: "a.txt", content: "one" }, "a");
    writeIn(tools.root, "a.txt", "by somebody else");
    expect(await again(tools).use("write_file", { path: "a.txt", content: "one" }, "a")).toEqual(first);
    expect(readFileSync(join(tools.root, "a.txt"), "utf8")).toBe("by somebody else");
  });

  it("with other arguments is another call: some servers give every call the same id", async () => {
    const tools = testTools();
    await tools.use("write_file", { path: "a.txt", content: "one" }, "call_0");
    await tools.use("write_file", { path: "a.txt", content: "two" }, "call_0");
    expect(readFileSync(join(tools.root, "a.txt"), "utf8")).toBe("two");
  });

  it("keeps its journal out of the worktree", async () => {
    const tools = testTools();
    await tools.use("write_file", { path: "a.txt", content: "one" });
    expect(readdirSync(tools.root).sort()).toEqual([".devflow", "a.txt"]);
    expect(readdirSync(tools.state)).toHaveLength(1);
  });

  it("is not begun when it cannot be noted", async () => {
    const tools = testTools();
    writeFileSync(tools.state, "in the way");
    expect(await tools.use("write_file", { path: "a.txt", content: "one" })).toMatchObject({ code: "tool.failed" });
    expect(existsSync(join(tools.root, "a.txt"))).toBe(false);
  });
});

describe("a call whose process was killed", () => {
  it("is not run again when it was a command: what is left of it is ended, and the model is told to look", async () => {
    const tools = testTools();
    const argv = ["node", FAMILY, "pids.json"];
    const commands = [["node", FAMILY]];
    const user = startChild(
      "tool-user.ts",
      tools.root,
      tools.state,
      "a",
      "run_command",
      JSON.stringify({ argv, timeoutSeconds: 600 }),
      JSON.stringify(commands),
    );
    const file = join(tools.root, "pids.json");
    const pids = await vi.waitFor(() => JSON.parse(readFileSync(file, "utf8")) as number[], { timeout: 60_000 });
    onTestFinished(() => {
      for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
    });
    user.process.kill("SIGKILL");
    await user.ended;
    writeFileSync(file, "not started again");
    const resumed = again(tools, { commands: { persona: commands } });
    const answer = await resumed.use("run_command", { argv, timeoutSeconds: 600 }, "a");
    expect(answer).toMatchObject({ ok: false, code: "command.interrupted" });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(readFileSync(file, "utf8")).toBe("not started again");
    expect(await resumed.use("run_command", { argv, timeoutSeconds: 600 }, "a")).toEqual(answer);
  });

  /** As a crash between an effect and its record leaves the journal: the intent alone. */
  function forgetAnswers({ state }: TestTools): void {
    for (const name of readdirSync(state)) {
      const entry = JSON.parse(readFileSync(join(state, name), "utf8"));
      writeFileSync(join(state, name), JSON.stringify({ note: entry.note }));
    }
  }

  const write = { path: "a.txt", content: "one" };

  it("counts as done when it was a file that is there as it should be", async () => {
    const tools = testTools();
    await tools.use("write_file", write, "a");
    forgetAnswers(tools);
    expect(await again(tools).use("write_file", write, "a")).toMatchObject({ ok: true });
  });

  it("is done now when there is still no file", async () => {
    const tools = testTools();
    const target = { path: "new/b.txt", content: "two" };
    await tools.use("write_file", target, "b");
    forgetAnswers(tools);
    rmSync(join(tools.root, "new/b.txt"));
    expect(await again(tools).use("write_file", target, "b")).toMatchObject({ ok: true });
    expect(readFileSync(join(tools.root, "new/b.txt"), "utf8")).toBe("two");
  });

  it("is not done over what somebody else has written meanwhile", async () => {
    const tools = testTools();
    await tools.use("write_file", write, "a");
    forgetAnswers(tools);
    writeIn(tools.root, "a.txt", "by somebody else");
    expect(await again(tools).use("write_file", write, "a")).toMatchObject({ ok: false, code: "file.changed" });
    expect(readFileSync(join(tools.root, "a.txt"), "utf8")).toBe("by somebody else");
  });

  it("is taken for interrupted when its record is damaged", async () => {
    const commands = { persona: [["node", "count.mjs"]] };
    const tools = testTools({ commands });
    writeIn(tools.root, "count.mjs", COUNT);
    const args = { argv: ["node", "count.mjs"] };
    await tools.use("run_command", args, "a");
    for (const name of readdirSync(tools.state)) writeFileSync(join(tools.state, name), '{"answer": {"ok"');
    expect(await again(tools, { commands }).use("run_command", args, "a")).toMatchObject({
      code: "command.interrupted",
    });
    expect(readFileSync(join(tools.root, "count"), "utf8")).toBe("x");
  });
});
