/** Hooks in a real pty: the paper agent calls the program that devflow has written, in a folder that people have. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { terminalAgents } from "../../../src/adapters/agents/terminal-agent.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { ptyHost } from "../../../src/adapters/terminals/pty-host.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import type { Verdict } from "../../../src/domain/session.ts";
import type { AgentSession } from "../../../src/ports/agent.ts";
import { persona, session } from "../../support/made.ts";
import { PAPER, paperStage } from "../../support/paper-stage.ts";
import { profile } from "../../support/profiles.ts";
import { ptyDirectories } from "../../support/pty-directories.ts";
import { buildHolder } from "../../support/pty-holder.ts";

const built = mkdtempSync(join(tmpdir(), "devflow-pty-"));
const holder = await buildHolder(built);
afterAll(() => rmSync(built, { recursive: true, force: true }));

const TIME = { timeout: 30_000, interval: 25 };
const NEVER = new AbortController().signal;

let agent: AgentSession | undefined;
let destroy = async (): Promise<void> => {};
afterEach(async () => {
  await agent?.close();
  await destroy();
});

async function start(acts: unknown): Promise<{ agent: AgentSession; said: Verdict[]; folder: string }> {
  const stage = await paperStage(["write"]);
  destroy = stage.destroy;
  writeFileSync(stage.env.PAPER_SCENARIO ?? "", JSON.stringify({ phases: { "*": acts } }));
  const folder = join(stage.folder, "훅 'of' it");
  const adapter = terminalAgents({
    host: ptyHost({ ...ptyDirectories(mkdtempSync(join(tmpdir(), "df-"))), holder, endProcesses }),
    clock: systemClock(),
    profileOf: async () => profile("paper"),
    program: async () => PAPER,
    env: stage.env,
    size: { cols: 60, rows: 40 },
    recording: () => undefined,
    hooks: () => folder,
  });
  const who = persona("contract", { agent: "paper", adapter: "terminal" });
  const spec = { session: SessionId.parse(ulid()), run: session("R"), role: "author", persona: who, cwd: stage.cwd };
  const opened = await adapter.open(spec);
  agent = opened;
  const said: Verdict[] = [];
  opened.watch((news) => news.kind === "verdict" && said.push(news.verdict));
  await vi.waitFor(() => expect(opened.verdict().state).toBe("ready"), TIME);
  await vi.waitFor(
    async () =>
      expect((await opened.deliver({ key: "one", text: "do it", file: `${stage.cwd}/p.md` }, NEVER)).kind).toBe(
        "delivered",
      ),
    TIME,
  );
  return { agent: opened, said, folder };
}

it("tell that a turn has begun and ended, and nobody else can read what they say", async () => {
  const { agent: one, folder } = await start([{ wait: 300 }]);
  await vi.waitFor(() => expect(readdirSync(folder).sort()).toEqual(["hook.sh", "said.jsonl", "settings.json"]), TIME);
  await vi.waitFor(() => expect(one.verdict().state).toBe("ready"), TIME);
  expect(["said.jsonl", "settings.json"].map((file) => statSync(join(folder, file)).mode & 0o077)).toEqual([0, 0]);
});

it("tell the command of a dialog that reaches the edge of the screen, where it may have been cut", async () => {
  const command = "npm test -- --run test/".padEnd(55, "a");
  const { agent: one } = await start([{ permission: { command } }]);
  await vi.waitFor(() => expect(one.verdict().asks?.command).toBe(command), TIME);
});

it("show an agent that makes the same tool call over and over", async () => {
  const { said } = await start([{ tool: { command: "ls" }, times: 13 }, { stall: true }]);
  await vi.waitFor(
    () =>
      expect(said.find(({ trouble }) => trouble)).toMatchObject({
        state: "working",
        trouble: { kind: "repeating", said: expect.stringContaining("Bash") },
      }),
    TIME,
  );
});

it("forget the circle once it is broken: after an interrupt the agent is told to go on, and works", async () => {
  const { agent: one, said } = await start({
    "1": [{ tool: { command: "ls" }, times: 13 }, { stall: true }],
    "*": [{ stall: true }],
  });
  await vi.waitFor(() => expect(one.verdict().trouble?.kind).toBe("repeating"), TIME);
  await one.interrupt("stop");
  await vi.waitFor(() => expect(one.verdict().state).toBe("ready"), TIME);
  const before = said.length;
  expect((await one.deliver({ key: "two", text: "go on", file: "/none" }, NEVER)).kind).toBe("delivered");
  await vi.waitFor(() => expect(one.verdict().state).toBe("working"), TIME);
  expect(said.slice(before).filter(({ trouble }) => trouble)).toEqual([]);
});
