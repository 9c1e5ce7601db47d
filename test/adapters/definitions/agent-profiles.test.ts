/** Agents' profiles from files: the user's win, a changed one is read again, a broken one says at which line. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { everyProfile } from "../../../src/adapters/definitions/agent-profiles.ts";

const SHIPPED = join(import.meta.dirname, "../../..");
let user: string;

beforeEach(async () => {
  user = await mkdtemp(join(tmpdir(), "devflow 에이전트 "));
  await mkdir(join(user, "agents"));
});
afterEach(() => rm(user, { recursive: true, force: true }));

async function ours(change: (text: string) => string, file = "codex.yaml"): Promise<string> {
  const path = join(user, "agents", file);
  await copyFile(join(SHIPPED, "agents/codex.yaml"), path);
  await writeFile(path, change(await readFile(path, "utf8")));
  return path;
}

it("has what is shipped, by name", async () => {
  const { good, broken } = await everyProfile({ shipped: SHIPPED, user })();
  expect(broken).toEqual([]);
  expect(good.map(({ value }) => value.name)).toEqual([
    "claude",
    "codex",
    "copilot",
    "gemini",
    "generic",
    "opencode",
    "paper",
    "pi",
    "qwen",
  ]);
  expect(new Set(good.map(({ origin }) => origin))).toEqual(new Set(["shipped"]));
});

it("takes the user's file instead of the shipped one, and reads it again when it has changed", async () => {
  const read = everyProfile({ shipped: SHIPPED, user });
  const title = async () => (await read()).good.find(({ value }) => value.name === "codex");
  expect(await title()).toMatchObject({ origin: "shipped" });
  const path = await ours((text) => text.replace("title: OpenAI Codex CLI", "title: mine"));
  expect(await title()).toMatchObject({ origin: "user", source: path, value: { title: "mine" } });
  await ours((text) => text.replace("title: OpenAI Codex CLI", "title: mine, once more"));
  expect(await title()).toMatchObject({ value: { title: "mine, once more" } });
  await rm(path);
  expect(await title()).toMatchObject({ origin: "shipped", value: { title: "OpenAI Codex CLI" } });
});

it.each([
  ["submitGap: 300", "submitGap: soon", "must be a number"],
  ["startTimeout: 120000", "startTimeout: 120000\n  colour: red", "colour"],
  ["regex: '\\S'", "regex: '('", "regular expression"],
  ['versions: ">=0.160 <1"', "versions: ^1", "write a range"],
])("refuses %j as %j with its place", async (from, to, problem) => {
  const path = await ours((text) => text.replace(from, to));
  const line =
    (await readFile(path, "utf8")).split("\n").findIndex((row) => row.includes(to.split("\n").at(-1) ?? "")) + 1;
  const { good, broken } = await everyProfile({ shipped: SHIPPED, user })();
  expect(broken.map(({ source }) => source)).toEqual([path]);
  expect(broken[0]?.error.message).toMatch(new RegExp(`codex\\.yaml:${line}:\\d+: .*${problem}`));
  expect(broken.map(({ name }) => name)).toEqual(["codex"]);
  // It hides the shipped one: that would be driven otherwise than its user wants.
  expect(good.map(({ value }) => value.name)).not.toContain("codex");
  expect(good.length).toBeGreaterThan(5);
});
