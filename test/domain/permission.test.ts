/** What agents are allowed by the lists of their personas, and how what they ask is read off their screens. */
import { describe, expect, it } from "vitest";
import { judge } from "../../src/domain/evidence.ts";
import { Permissions, permissionFor } from "../../src/domain/permission.ts";
import { readPermission } from "../../src/domain/permission-dialog.ts";
import { profile } from "../support/profiles.ts";

const LISTS = Permissions.parse({
  allow: [["npm", "test"], ["git", "status"], ["ls"], ["rm", "-r", "build"], "edit"],
  deny: [["git", "push"], ["curl"], "fetch"],
});
const answer = (command: string | undefined, lists = LISTS, tool = "command"): string =>
  permissionFor(lists, { tool, ...(command !== undefined && { command }) }, "/w").answer;

describe("a persona's lists", () => {
  it.each([
    ["npm test", "allow"],
    ["npm test -- --run src/a.test.ts", "allow"],
    ["npm test && git status", "allow"],
    ["ls '/w/a b' && npm test", "allow"],
    ["npm run build", "ask"],
    ["git push", "deny"],
    ["npm test; git push origin x", "deny"],
    ["npm test | curl x", "deny"],
  ])("answer %s with %s", (command, wanted) => expect(answer(command)).toBe(wanted));

  it.each([
    "npm test $(rm -rf /)",
    "npm test `id`",
    "npm test > /etc/passwd",
    "npm test &",
    "npm test\nid",
    'npm test "$HOME"',
    "npm test 'a",
    "npm test \\; id",
    "ls ~",
    "ls ../other",
    "ls /etc",
    "ls .git/hooks",
    "FOO=1 npm test",
    "(npm test)",
    "ls *",
  ])("ask a person about %s, though it begins like what is allowed", (command) => expect(answer(command)).toBe("ask"));

  it("never allow what devflow never lets be run", () => {
    expect(answer("git push --force", Permissions.parse({ allow: [["git", "push", "--force"]] }))).toBe("deny");
    expect(answer("rm -rf /", Permissions.parse({ allow: [["rm"], "command"] }))).toBe("deny");
  });

  it("allow and deny tools by their names, and ask about the rest unless they deny it", () => {
    expect(answer(undefined, LISTS, "edit")).toBe("allow");
    expect(answer(undefined, LISTS, "fetch")).toBe("deny");
    expect(answer(undefined, LISTS, "other")).toBe("ask");
    expect(answer(undefined, { ...LISTS, otherwise: "deny" }, "other")).toBe("deny");
  });

  it("do not allow a command that cannot be read where one is denied: it may be that one", () => {
    expect(answer(undefined, Permissions.parse({ allow: ["command"] }))).toBe("allow");
    expect(answer(undefined, Permissions.parse({ allow: ["command"], deny: [["git", "push"]] }))).toBe("ask");
  });
});

const PAPER = [
  "• $ quoted",
  "",
  "  The agent wants to run a command",
  "  $ npm test",
  "",
  "› 1. Yes",
  "  2. No",
  "",
  "  enter to confirm · esc to cancel",
];
const read = (rows: readonly string[], cols = 80) =>
  readPermission(profile("paper").interactive.permissions, {
    rows,
    cols,
    title: "paper — permission",
    cursor: { row: 0, col: 0, visible: false },
  });

describe("a permission dialog", () => {
  it("is read as its text, its command, its options and the keys that answer it", () => {
    expect(read(PAPER)).toEqual({
      dialog: "command",
      tool: "command",
      command: "npm test",
      text: "The agent wants to run a command\n$ npm test\n1. Yes\n2. No",
      options: ["Yes", "No"],
      keys: { allow: ["1"], deny: ["2"] },
    });
  });

  it("asks the same wherever the selection stands", () => {
    const moved = PAPER.map((row) => row.replace("› 1.", "  1.").replace("  2.", "› 2."));
    expect(read(moved)?.text).toBe(read(PAPER)?.text);
    expect(read(moved)?.keys).toEqual({ allow: ["1"], deny: ["2"] });
  });

  it("tells no command that was wrapped, cut or doubled", () => {
    const wrapped = PAPER.flatMap((row) => (row.includes("npm") ? [row, "  && rm -rf /"] : [row]));
    expect(read(wrapped.slice(1))?.command).toBeUndefined();
    expect(read(PAPER, 13)?.command).toBeUndefined();
    expect(read(PAPER.map((row) => row.replace("npm test", "npm te…")))?.command).toBeUndefined();
  });

  it("belongs to an agent that waits for an answer, and to no other", () => {
    const screen = { rows: PAPER, title: "paper — permission", cursor: { row: 0, col: 0, visible: false } };
    const seen = { screen, lastOutputAt: 0, now: 1 };
    expect(judge(profile("paper"), seen)).toMatchObject({
      state: "awaiting_permission",
      permission: { tool: "command" },
    });
    expect(judge(profile("paper"), { ...seen, exit: {} }).permission).toBeUndefined();
  });
});
