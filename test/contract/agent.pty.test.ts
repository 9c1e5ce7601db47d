/** The paper agent in a pty, held to the contract of every agent. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { terminalAgents } from "../../src/adapters/agents/terminal-agent.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { ptyHost } from "../../src/adapters/terminals/pty-host.ts";
import { PAPER, paperStage } from "../support/paper-stage.ts";
import { profile } from "../support/profiles.ts";
import { ptyDirectories } from "../support/pty-directories.ts";
import { buildHolder } from "../support/pty-holder.ts";
import { agentContract } from "./agent.ts";

const built = mkdtempSync(join(tmpdir(), "devflow-pty-"));
const holder = await buildHolder(built);
afterAll(() => rmSync(built, { recursive: true, force: true }));

agentContract("paper in a pty", {
  can: { interrupt: true, restart: true },
  async start(acts) {
    const stage = await paperStage(acts);
    const directories = { ...ptyDirectories(mkdtempSync(join(tmpdir(), "df-"))) };
    const adapter = () =>
      terminalAgents({
        host: ptyHost({ ...directories, holder, endProcesses }),
        clock: systemClock(),
        profileOf: async () => profile("paper"),
        program: async () => PAPER,
        env: stage.env,
        size: { cols: 120, rows: 40 },
        recording: () => undefined,
      });
    return { ...stage, adapter: adapter(), restarted: async () => adapter(), agent: "paper" };
  },
});
