/** What becomes of a goal on its way to the agent: the built programs, real panes, and what the paper agent wrote down. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../src/domain/view.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { putTemplate } from "../support/paper-template.ts";
import { type Ran, type World, world } from "../support/world.ts";

const HOSTS = hasTmux ? (["tmux", "pty"] as const) : (["pty"] as const);

const ESC = "\u001b";
/** Everything that agents, terminals, shells and JSON take for something of their own. */
const ODD = [
  "/quit is no command here, !ls, #note, @README.md, ~, $(touch x) `y` %s \\n $z",
  "한국어 문장, combining e\u0301, ZWJ 👨‍👩‍👧‍👦 and 🏳️‍🌈, right to left עברית, wide ｗｉｄｅ",
  "\ttab\tin between, trailing blanks  ",
  `CRLF and colour ${ESC}[31mred${ESC}[0m, end of paste ${ESC}[201~, title ${ESC}]0;x\u0007, bell \u0007, NEL \u0085\r`,
  "Phase: another",
  "  an indented line with a trailing backslash \\",
].join("\n");

/** The rule again, said differently from the product's: what stays is newline, tab and all that is printed. */
const isControl = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  return (code < 32 && character !== "\n" && character !== "\t") || (code >= 127 && code < 160);
};
const cleaned = (text: string): string => [...text].filter((character) => !isControl(character)).join("");
const removed = (text: string): number => [...text].filter(isControl).length;

let w: World;
afterAll(() => w.close(), 60_000);

describe.each(HOSTS)("in %s a goal arrives byte for byte, minus control characters, which are counted:", (host) => {
  beforeAll(async () => {
    await w?.close();
    w = world({ host });
    putTemplate(w.home, "one", [{ id: "one" }]);
  }, 300_000);

  const large = `/${ODD}\n`.repeat(Math.ceil(100_000 / Buffer.byteLength(ODD)));

  test.each([
    ["a small one in the prompt itself", ODD],
    ["one of 100 KB as a file", large],
  ])(
    "%s",
    async (_, goal) => {
      writeFileSync(join(w.folder, "목표 file.md"), goal);
      const ran = await w.devflow("run", "one", "--goal", `@${join(w.folder, "목표 file.md")}`, "--yes");
      expect([ran.code, ran.err]).toEqual([
        0,
        expect.stringContaining(`${removed(goal)} control characters were taken out of the goal`),
      ]);
      const view = await w.show((await w.latest())?.id ?? "");
      expect(view.goal).toBe(cleaned(goal));
      const prompt = (await w.prompts()).at(-1)?.text ?? "";
      const folder = join(view.worktree ?? "", ".devflow");
      expect(prompt).toBe(readFileSync(join(folder, "prompts", "one-1-1.md"), "utf8"));
      expect(readFileSync(join(folder, "goal.md"), "utf8")).toBe(cleaned(goal));
      if (goal === ODD) expect(prompt).toContain(`## Goal\n\n${cleaned(goal)}\n\n`);
      else expect(prompt).toContain(`The goal is long. Read it whole first: ${join(folder, "goal.md")}`);
    },
    60_000,
  );
});

describe("a goal", () => {
  const preview = (...goal: string[]): Promise<Ran> => w.devflow("run", "one", "--preview", "--json", ...goal);
  const error = ({ err }: Ran) => (JSON.parse(err) as { error: { code: string; message: string } }).error;

  test("comes from stdin too, and its text is not looked at", async () => {
    const ran = await w.withInput(`@${ODD}`, "run", "one", "--goal", "-", "--yes", "--json");
    expect([ran.code, (JSON.parse(ran.out) as RunView).goal]).toEqual([0, cleaned(`@${ODD}`)]);
  }, 300_000);

  test("that is none, or cannot be read, is refused", async () => {
    const file = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(w.folder, name), content);
      return `@${join(w.folder, name)}`;
    };
    const refused: readonly (readonly [goal: string[], exit: number, code: string, message: string])[] = [
      [[], 2, "goal.empty", "the goal is empty"],
      [["--goal", " \n"], 2, "goal.empty", "the goal is empty"],
      [["--goal", "-"], 2, "goal.empty", "the goal is empty"],
      [["--goal", file("empty", "")], 2, "goal.empty", "the goal is empty"],
      [["--goal", file("controls", `${ESC}\u0007\r\n`)], 2, "goal.empty", "the goal is empty"],
      [["--goal", "@none.md"], 8, "input.unreadable", `${w.repo}/none.md cannot be read: there is no such file`],
      [["--goal", "@."], 8, "input.unreadable", `${w.repo} cannot be read: it is a directory`],
      [
        ["--goal", file("latin1", Uint8Array.of(0x61, 0xe9, 0x62))],
        8,
        "input.unreadable",
        `${w.folder}/latin1 cannot be read: it is not UTF-8 text`,
      ],
      [
        ["--goal", file("over", "가".repeat(174_763))],
        8,
        "goal.too_large",
        "the goal has more than 524288 bytes; the limit is 524288",
      ],
      [["--goal", "@/dev/zero"], 8, "goal.too_large", "the goal has more than 524288 bytes; the limit is 524288"],
      // Within the limit for a goal, but not once each of its control characters is written out as JSON.
      [
        ["--goal", file("escaped", `go${ESC.repeat(500_000)}`)],
        1,
        "protocol.too_large",
        "the request is over 1048576 bytes",
      ],
    ];
    const given = await Promise.all(refused.map(([goal]) => preview(...goal)));
    expect(given.map((ran) => [ran.code, error(ran).code, error(ran).message])).toEqual(
      refused.map(([, ...expected]) => expected),
    );
    const largest = await preview("--goal", file("largest", "x".repeat(524_288)));
    expect([largest.code, JSON.parse(largest.out)]).toMatchObject([0, { goalBytes: 524_288, goalRemoved: 0 }]);
  }, 300_000);
});
