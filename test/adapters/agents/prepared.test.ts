import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { terminalAgents } from "../../../src/adapters/agents/terminal-agent.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { ptyHost } from "../../../src/adapters/terminals/pty-host.ts";
import { SessionId } from "../../../src/domain/ids.ts";
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

describe("a prompt that was prepared", { timeout: 60_000 }, () => {
  let agent: AgentSession;
  let destroy: () => Promise<void>;
  /** Questions that were asked of the terminal. */
  let asked: string[];
  let stopped: number | undefined;
  /** Its terminal has not been asked to mark pastes: slow programs show their composer sooner than they ask. */
  let early = false;

  async function ready(): Promise<void> {
    const stage = await paperStage(["write"]);
    destroy = stage.destroy;
    stopped = undefined;
    asked = [];
    const host = ptyHost({ ...ptyDirectories(mkdtempSync(join(tmpdir(), "df-"))), holder, endProcesses });
    const real = systemClock();
    const adapter = terminalAgents({
      host: {
        ...host,
        open: async (spec) => {
          const terminal = await host.open(spec);
          const taken = terminal.taken.bind(terminal);
          terminal.taken = (keys) => {
            asked.push(...keys.filter((key) => key.endsWith("/paste")));
            return taken(keys);
          };
          const screen = terminal.screen.bind(terminal);
          terminal.screen = async () => ({ ...(await screen()), ...(early && { bracketedPaste: false }) });
          return terminal;
        },
      },
      // Time stands still where a test says so: what is asked ahead then does not become old.
      clock: { ...real, now: () => stopped ?? real.now() },
      profileOf: async () => profile("paper"),
      program: async () => PAPER,
      env: stage.env,
      size: { cols: 120, rows: 40 },
      recording: () => undefined,
    });
    const who = persona("contract", { agent: "paper", adapter: "terminal" });
    const spec = { session: SessionId.parse(ulid()), run: session("R"), role: "author", persona: who, cwd: stage.cwd };
    agent = await adapter.open(spec);
    await vi.waitFor(() => expect(agent.verdict().state).toBe("ready"), TIME);
    stopped = real.now();
  }
  afterEach(async () => {
    await agent.close();
    await destroy();
  });

  const what = { key: "run/one", text: "Phase: one\nSay something.", file: "/nowhere" };

  it("is typed without asking the same again", async () => {
    await ready();
    agent.prepare?.(what);
    expect((await agent.deliver(what, NEVER)).kind).toBe("delivered");
    expect(asked).toEqual(["run/one/paste"]);
  });

  it("is not asked about when no terminal can have taken it, and found out when one has all the same", async () => {
    await ready();
    const fresh = { ...what, fresh: true };
    expect((await agent.deliver(fresh, NEVER)).kind).toBe("delivered");
    expect(asked).toEqual([]);
    stopped = undefined;
    await vi.waitFor(() => expect(agent.verdict().state).toBe("ready"), TIME);
    // A log from before, over terminals of now: nothing is typed a second time.
    expect((await agent.deliver(fresh, NEVER)).kind).toBe("delivered");
    expect(asked).toEqual(["run/one/paste"]);
    const rows = (await agent.terminal?.screen())?.rows.join("\n") ?? "";
    expect(rows.match(/Say something/g)).toHaveLength(1);
  });

  it("is asked about anew, and held, when a person has begun to write meanwhile", async () => {
    await ready();
    agent.prepare?.(what);
    await agent.terminal?.type("person/draft", "my own words");
    await vi.waitFor(async () => expect((await agent.terminal?.screen())?.rows.join()).toContain("my own words"), TIME);
    expect(await agent.deliver(what, NEVER)).toMatchObject({ kind: "held" });
    expect(asked).toEqual(["run/one/paste", "run/one/paste"]);
  });

  it("is held until its lines would arrive as a paste, and not as keys", async () => {
    early = true;
    await ready();
    expect(await agent.deliver(what, NEVER)).toMatchObject({ kind: "held", reason: "it does not take pastes yet" });
    early = false;
    expect((await agent.deliver(what, NEVER)).kind).toBe("delivered");
  });

  it("is asked about anew when what is known is no longer new", async () => {
    await ready();
    agent.prepare?.(what);
    stopped = (stopped ?? 0) + 1_000;
    expect((await agent.deliver(what, NEVER)).kind).toBe("delivered");
    expect(asked).toEqual(["run/one/paste", "run/one/paste"]);
  });

  it("tells nothing of another one", async () => {
    await ready();
    agent.prepare?.({ key: "run/another" });
    expect((await agent.deliver(what, NEVER)).kind).toBe("delivered");
    expect(asked).toEqual(["run/another/paste", "run/one/paste"]);
  });
});
