/** What is read out of ACP messages, recorded from real agents and made up; and the rule for permissions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { afterAnswer, afterProblem } from "../../src/domain/acp-turn.ts";
import {
  mergeTool,
  readUpdate,
  spentBetween,
  type ToolFacts,
  toolFacts,
  usageInAnswer,
} from "../../src/domain/acp-update.ts";
import type { ArgumentPlace } from "../../src/domain/command-words.ts";
import { commandWords, permission } from "../../src/domain/permission-rule.ts";
import { profile } from "../support/profiles.ts";

interface Message {
  id?: number;
  method?: string;
  params?: { update?: unknown; toolCall?: unknown };
  result?: unknown;
  error?: { code: number; message: string };
}

const recorded = (name: string): Message[] =>
  readFileSync(join(import.meta.dirname, "../../fixtures/acp", `${name}.ndjson`), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { dir: string; m: string })
    .filter(({ dir }) => dir === "<")
    .map(({ m }) => JSON.parse(m) as Message);

const ROOT = "/home/dev/proj-opencode";

/** As the file system would say it, without one. */
const placeOf = (path: string): ArgumentPlace => {
  const whole = path.startsWith("/") ? path : `${ROOT}/${path}`;
  if (whole === ROOT) return "root";
  if (!whole.startsWith(`${ROOT}/`) || whole.includes("..")) return "outside";
  if (whole.includes("/.git/")) return "git";
  return whole.startsWith(`${ROOT}/.devflow/`) ? "devflow" : "inside";
};

const judge = (tool: Partial<ToolFacts>, lists: string[][][] = [[["npm", "test"]]]) =>
  permission({
    tool: { id: "1", paths: [], ...tool },
    placeOf,
    isArtifact: (path) => path === `${ROOT}/.devflow/artifacts/a.json`,
    lists,
  }).answer;

describe("recorded agents", () => {
  test("opencode's file write is one tool call, asked about with its place", () => {
    const messages = recorded("acp-opencode-WRITE");
    const heard = messages.flatMap(({ params }) => readUpdate(params?.update) ?? []);
    expect(heard.map(({ kind }) => kind)).toEqual(["aside", "said", "tool", "tool", "tool", "usage"]);
    const calls = heard.flatMap((one) => (one.kind === "tool" ? [one.tool] : []));
    const whole = calls.reduce<ToolFacts | undefined>(mergeTool, undefined);
    expect(whole).toMatchObject({ kind: "edit", status: "failed", paths: [`${ROOT}/artifact.json`] });
    const asked = messages.find(({ method }) => method === "session/request_permission");
    expect(judge(toolFacts(asked?.params?.toolCall) ?? {})).toBe("allow");
    expect(heard.at(-1)).toEqual({ kind: "usage", costUsd: "0.001268" });
  });

  test("Gemini CLI's permission request has its place, and its answer its tokens", () => {
    const messages = recorded("acp-gemini-WRITE");
    const asked = messages.find(({ method }) => method === "session/request_permission");
    expect(toolFacts(asked?.params?.toolCall)).toMatchObject({ paths: ["/home/dev/proj-gemini/artifact.json"] });
    expect(usageInAnswer(messages.at(-1)?.result)).toMatchObject({ inputTokens: 2_400, outputTokens: 68 });
  });

  test("Gemini CLI's 401 wants a login", () => {
    const { acp } = profile("gemini");
    const error = recorded("acp-gemini-401").at(-1)?.error;
    if (!acp || !error) throw new Error("the recording or the profile has changed");
    expect(afterProblem(acp, error, 0, 0).state).toBe("login_required");
  });
});

describe("the end of a turn", () => {
  const { acp } = profile("opencode");
  if (!acp) throw new Error("opencode speaks ACP");

  test("a limit ends when it says so, else after a while that grows", () => {
    expect(
      afterProblem(acp, { code: -32603, message: "Rate limit reached, try again in 2 minutes" }, 1_000, 0),
    ).toEqual({
      state: "rate_limited",
      said: "Rate limit reached, try again in 2 minutes",
      until: 121_000,
    });
    const once = afterProblem(acp, { code: 429, message: "slow down" }, 0, 0).until ?? 0;
    expect(afterProblem(acp, { code: 429, message: "slow down" }, 0, 2).until).toBe(4 * once);
  });

  test("what is neither a limit nor a login is a turn that failed", () => {
    expect(afterProblem(acp, { code: -32603, message: "boom" }, 0, 0)).toEqual({
      state: "ready",
      said: "the turn failed: boom",
    });
    expect(afterAnswer("something_new").state).toBe("ready");
  });
});

test("what an answer or an update does not tell is unknown, never 0", () => {
  expect(usageInAnswer({ stopReason: "end_turn" })).toBeUndefined();
  expect(usageInAnswer({ usage: { inputTokens: 0, outputTokens: 0 } })).toBeUndefined();
  expect(usageInAnswer({ usage: { inputTokens: -1, outputTokens: "many" } })).toBeUndefined();
  expect(readUpdate({ sessionUpdate: "usage_update", cost: { amount: 3, currency: "EUR" } })).toEqual({
    kind: "usage",
  });
  expect(spentBetween("0.5", "0.5")).toBeUndefined();
  expect(spentBetween(undefined, "0")).toBeUndefined();
});

test.each([null, 7, "text", {}, { sessionUpdate: 7 }, []])("%j is no update", (value) => {
  expect(readUpdate(value)).toBeUndefined();
});

describe("permission", () => {
  const inside = [`${ROOT}/src/a.ts`];

  test.each<[string, Partial<ToolFacts>, string]>([
    ["edits of a file", { kind: "edit", paths: inside }, "allow"],
    ["deletes a file", { kind: "delete", paths: inside }, "allow"],
    ["edits without saying what", { kind: "edit" }, "ask"],
    ["edits one file inside and one outside", { kind: "edit", paths: [...inside, "/etc/hosts"] }, "deny"],
    ["moves the worktree itself", { kind: "move", paths: [ROOT] }, "ask"],
    ["writes the artifact", { kind: "edit", paths: [`${ROOT}/.devflow/artifacts/a.json`] }, "allow"],
    ["writes another file of devflow's", { kind: "edit", paths: [`${ROOT}/.devflow/goal.md`] }, "deny"],
    ["reads a file of devflow's", { kind: "read", paths: [`${ROOT}/.devflow/goal.md`] }, "allow"],
    ["reads outside", { kind: "read", paths: ["/etc/passwd"] }, "deny"],
    ["reads git's files", { kind: "read", paths: [`${ROOT}/.git/config`] }, "deny"],
    ["reads without saying what", { kind: "read" }, "ask"],
    ["searches", { kind: "search" }, "allow"],
    ["fetches a page", { kind: "fetch" }, "ask"],
    ["switches its own mode", { kind: "switch_mode" }, "ask"],
    ["is of no kind", {}, "ask"],
    ["runs something untold", { kind: "execute" }, "ask"],
    ["runs what is on the list", { kind: "execute", command: "npm test" }, "allow"],
    ["runs it by a shell", { kind: "execute", command: ["bash", "-lc", "npm test -- 'a b'"] }, "allow"],
    ["runs it in another folder", { kind: "execute", command: "npm test", paths: ["/tmp"] }, "ask"],
    ["runs what is on no list", { kind: "execute", command: "npm publish" }, "ask"],
    ["runs what is never run", { kind: "execute", command: "git push --force" }, "deny"],
    ["calls itself a search and runs a command", { kind: "search", command: "npm publish" }, "ask"],
  ])("a tool that %s", (_, tool, answer) => {
    expect(judge(tool)).toBe(answer);
  });

  test("the phase's list narrows the persona's", () => {
    const command = { kind: "execute", command: "npm test" };
    expect(judge(command, [[["npm", "test"]], [["npm", "run"]]])).toBe("ask");
    expect(judge(command, [[]])).toBe("ask");
  });

  test.each([
    "npm test && rm x",
    "npm test; rm x",
    "npm test | sh",
    "npm test\nrm x",
    "npm test \nrm x",
    "npm $(rm x)",
    "npm `rm x`",
    'npm "$HOME"',
    "npm test > /etc/x",
    "npm test &",
    "A=b npm test",
    "npm t?st",
    "npm 'open",
    "npm ~/x",
    "npm test # x",
    "npm {a,b}",
  ])("a shell reads more than words in %j", (text) => {
    expect(commandWords(text)).toBeUndefined();
  });

  test("quotes hold words together", () => {
    expect(commandWords(`git commit -m 'a "b" c' --author="x y" a'b'c`)).toEqual([
      "git",
      "commit",
      "-m",
      'a "b" c',
      "--author=x y",
      "abc",
    ]);
  });
});

test("names of arguments that hold text are no paths", () => {
  const tool = toolFacts({
    toolCallId: "1",
    rawInput: { filePath: "a.ts", fileText: "x\ny", new_path: "b.ts", paths: ["c.ts"] },
  });
  expect(tool?.paths).toEqual(["a.ts", "b.ts", "c.ts"]);
});
