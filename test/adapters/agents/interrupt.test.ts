/** How an agent is interrupted: by the keys of its profile, each by itself, since two Escapes in one piece are read as another key. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterAll, afterEach, expect, it } from "vitest";
import { terminalAgents } from "../../../src/adapters/agents/terminal-agent.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { ptyHost } from "../../../src/adapters/terminals/pty-host.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import type { AgentSession } from "../../../src/ports/agent.ts";
import { persona, session } from "../../support/made.ts";
import { profile } from "../../support/profiles.ts";
import { ptyDirectories } from "../../support/pty-directories.ts";
import { buildHolder } from "../../support/pty-holder.ts";

const built = mkdtempSync(join(tmpdir(), "devflow-pty-"));
const holder = await buildHolder(built);
afterAll(() => rmSync(built, { recursive: true, force: true }));

/** Prints what comes in at a time, in hexadecimal. */
const READS = `
process.stdin.setRawMode(true);
process.stdin.on("data", (bytes) => process.stdout.write(bytes.toString("hex") + "\\r\\n"));
process.stdout.write("up\\r\\n");
`;

let agent: AgentSession | undefined;
afterEach(() => agent?.close());

it("one key at a time, once however often it is asked for", async () => {
  const paper = profile("paper");
  const own = { ...paper, hooks: undefined, variants: [] };
  const adapter = terminalAgents({
    host: ptyHost({ ...ptyDirectories(mkdtempSync(join(tmpdir(), "df-"))), holder, endProcesses }),
    clock: systemClock(),
    profileOf: async () => ({
      ...own,
      interactive: { ...own.interactive, args: ["-e", READS], interrupt: ["Escape", "Escape"] },
    }),
    program: async () => process.execPath,
    env: process.env,
    size: { cols: 60, rows: 10 },
    recording: () => undefined,
  });
  const who = persona("contract", { agent: "paper", adapter: "terminal" });
  const spec = { session: SessionId.parse(ulid()), run: session("R"), role: "author", persona: who, cwd: built };
  const opened = await adapter.open(spec);
  agent = opened;
  const shown = async () => ((await opened.terminal?.screen())?.rows ?? []).filter((row) => row !== "");
  await expect.poll(shown, { timeout: 30_000 }).toEqual(["up"]);
  await opened.interrupt("stop");
  await expect.poll(shown, { timeout: 30_000 }).toEqual(["up", "1b", "1b"]);
  await opened.interrupt("stop");
  expect(await shown()).toEqual(["up", "1b", "1b"]);
});
