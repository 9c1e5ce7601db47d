/** The agents commands with real profiles, real files and a program that only tells its version. */
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentShelf } from "../../src/cli/compose/offers.ts";
import { composeAgents } from "../../src/cli/compose.ts";
import { devflow } from "../support/cli.ts";

const CASTS = join(import.meta.dirname, "../../fixtures/casts");
const LABELS = join(CASTS, "index.json");
let folder: string;
let agents: AgentShelf;
const run = (...argv: string[]) => devflow(["agents", ...argv], { agents, cwd: CASTS });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "devflow 에이전트 "));
  await mkdir(join(folder, "bin"));
  await mkdir(join(folder, "home/config/agents"), { recursive: true });
  for (const [name, says] of [
    ["claude", "2.1.329 (Claude Code)"],
    ["codex", "codex-cli 9.9.9"],
  ]) {
    await writeFile(join(folder, "bin", name ?? ""), `#!/bin/sh\necho '${says}'\n`);
    await chmod(join(folder, "bin", name ?? ""), 0o755);
  }
  await writeFile(join(folder, "home/config/agents/broken.yaml"), "name: broken\ntitle: 3\n");
  agents = composeAgents({
    DEVFLOW_HOME: join(folder, "home"),
    HOME: folder,
    PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
    OPENAI_API_KEY: "not-a-secret",
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("list", () => {
  test("tells what is installed, whether the version is known, and who is logged in", async () => {
    const { out, err, code } = await run("list");
    expect(code).toBe(0);
    expect(out).toMatch(/^claude +2\.1\.329 \(checked\) +no /m);
    expect(out).toMatch(/^codex +9\.9\.9 \(unsupported\) +yes /m);
    expect(out).toMatch(/^gemini +not installed /m);
    expect(err).toMatch(/broken\.yaml:\d+:\d+.*\(definition\.invalid\)/);
  });

  test("as JSON has the places too, and what is broken", async () => {
    expect((await run("list", "--json")).json()).toMatchObject({
      agents: expect.arrayContaining([
        expect.objectContaining({
          name: "claude",
          program: join(folder, "bin/claude"),
          version: "2.1.329",
          loggedIn: false,
          origin: "shipped",
        }),
      ]),
      broken: [{ source: expect.stringContaining("broken.yaml"), error: { code: "definition.invalid" } }],
    });
  });
});

describe("show", () => {
  test("is the profile as it is for the version that is installed, and where it comes from", async () => {
    const shown = await run("show", "claude", "--json");
    expect(shown.json()).toMatchObject({ name: "claude", version: "2.1.329", interactive: { title: [] } });
    const { out } = await run("show", "claude");
    expect(out).toMatch(/dialogs .*trust-folder: trust.*bypass-permissions: park/);
    expect(out).toMatch(/file .*agents\/claude\.yaml \(shipped\)/);
  });

  test("of one that is not there ends with 4, of a broken one with 8 and the line", async () => {
    expect(await run("show", "clade")).toMatchObject({ code: 4, err: expect.stringContaining("claude") });
    expect(await run("show", "broken")).toMatchObject({ code: 8, err: expect.stringMatching(/broken\.yaml:\d+/) });
  });
});

describe("test", () => {
  test("says over time what devflow would have said, why, and how that compares with the labels", async () => {
    const { out, code } = await run("test", "claude/first-run-trust.cast", "--labels", LABELS);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d\d +booting \(trust-folder: trust\) +screen: the dialog trust-folder is open/m);
    expect(out).toMatch(/LABEL trust_dialog: right/);
    expect(out).toMatch(/^5 of 5 labels right$/m);
  });

  test("as JSON has each verdict with its evidence", async () => {
    const { json, code } = await run("test", "codex/turn-ok.cast", "--json");
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      agent: "codex",
      moments: expect.arrayContaining([
        expect.objectContaining({
          state: "ready",
          composer: "empty",
          evidence: expect.arrayContaining([expect.objectContaining({ source: "status", said: "done" })]),
        }),
      ]),
      summary: { labels: 0, falseReady: 0 },
    });
  });

  test("ends with 1 when a screen that was not ready was called so", async () => {
    const cast = join(folder, "claude.cast");
    const lines = (await readFile(join(CASTS, "claude/turn-ok.cast"), "utf8")).split("\n");
    const early = JSON.stringify([1.43, "m", "permission: not at all"]);
    const at = lines.findIndex((line) => Number(/^\[([\d.]+)/.exec(line)?.[1] ?? 0) > 1.44);
    await writeFile(cast, [...lines.slice(0, at), early, ""].join("\n"));
    const { out, code } = await run("test", cast);
    expect(out).toMatch(/LABEL permission: false ready/);
    expect(code).toBe(1);
  });

  test("takes a profile that is not installed yet", async () => {
    const file = join(folder, "mine.yaml");
    await copyFile(join(CASTS, "../../agents/qwen.yaml"), file);
    const { json } = await run("test", "qwen/turn-ok.cast", "--profile", file, "--json", "--labels", LABELS);
    expect(json()).toMatchObject({ version: "0.15.10", summary: { falseReady: 0, wrong: 0 } });
  });

  test("says what is wrong with what it is given", async () => {
    expect(await run("test", "nothing.cast", "--agent", "codex")).toMatchObject({ code: 8 });
    expect(await run("test", LABELS, "--agent", "codex")).toMatchObject({
      code: 8,
      err: expect.stringContaining("index.json:1"),
    });
    await copyFile(join(CASTS, "pi/draft.cast"), join(folder, "somebody.cast"));
    expect(await run("test", join(folder, "somebody.cast"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("--agent claude|codex"),
    });
  });

  test("checks files, and says what is wrong at which line", async () => {
    const good = join(CASTS, "../../agents/qwen.yaml");
    const broken = join(folder, "home/config/agents/broken.yaml");
    expect(await run("validate", good)).toMatchObject({ code: 0, out: expect.stringContaining("qwen") });
    const { code, err } = await run("validate", good, broken);
    expect(code).toBe(8);
    expect(err).toMatch(/broken\.yaml:\d+/);
  });
});
