/**
 * What devflow puts into a worktree's `.devflow/` is read by Gemini CLI's own tool, though git ignores it: a phase's inputs, and prompts that go as
 * a file, as those do that Gemini CLI would change. What the repository ignores it still does not read.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeDevflowFolder } from "../../src/adapters/workspace/devflow-folder.ts";
import { RunId } from "../../src/domain/ids.ts";
import { type AgentStage, agentStage, TURN } from "../support/agent-stage.ts";
import { agentOrSkip, chosenAgents } from "../support/chosen-agents.ts";
import { hasTmux } from "../support/has-tmux.ts";

/** With downloading the first time, in milliseconds. */
const RUN = 600_000;

let stage: AgentStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
}, TURN);

const modes = (["terminal", "headless"] as const).filter((mode) => mode === "headless" || hasTmux);

describe.runIf(chosenAgents.includes("gemini")).each(modes)("the real gemini, %s", (mode) => {
  it("reads devflow's files by its own tool, those of a prompt with an @ among them", {
    timeout: RUN,
  }, async (test) => {
    const on = await agentStage(await agentOrSkip("gemini", test), mode);
    stage = on;
    const put = (name: string, text: string): string => {
      const file = join(on.tree, name);
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, text);
      return file;
    };
    await makeDevflowFolder(RunId.parse(ulid()), on.tree);
    put(".gitignore", "secret.txt\n");
    put("src/a.ts", "this must not get into a prompt");
    const text = "Ask @someone about spec@1, and compare\n@src/a.ts with README.md.";
    const input = put(".devflow/inputs/spec.md", "what the phase before has made");

    on.model.reads(input);
    expect(await on.says(text)).toBe("as a file");
    expect(on.model.results.join()).toContain("what the phase before has made");

    on.model.reads(put("secret.txt", "what the repository ignores"));
    await on.says("Go on.");
    await vi.waitFor(() => expect(on.model.results).toHaveLength(2), { timeout: TURN });
    expect(on.model.results.join()).not.toContain("what the repository ignores");
  });
});
