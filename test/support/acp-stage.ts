/** The fixture agent that speaks ACP, on a stage of its own: a folder, a scenario, a journal, and adapters over it. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ulid } from "ulid";
import { vi } from "vitest";
import { type AcpAgentOptions, acpAgents } from "../../src/adapters/acp/acp-agents.ts";
import { sessionEnv } from "../../src/adapters/agents/session-env.ts";
import { worktreeFiles } from "../../src/adapters/models/tools/worktree-files.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { AgentProfile } from "../../src/domain/agent-profile.ts";
import { SessionId } from "../../src/domain/ids.ts";
import type { Persona } from "../../src/domain/persona.ts";
import { redactor } from "../../src/domain/redact.ts";
import type { AgentAdapter, AgentNews, AgentSession, AgentSpec, Prompt } from "../../src/ports/agent.ts";
import { persona } from "./made.ts";
import { journaled } from "./paper-stage.ts";
import { profile } from "./profiles.ts";

export const ACP_AGENT = fileURLToPath(new URL("../../fixtures/acp-agent/acp-agent.mjs", import.meta.url));

/** The profile of the fixture agent. */
export const acpProfile = (acp: Record<string, unknown> = {}): AgentProfile =>
  AgentProfile.parse({
    ...profile("paper"),
    name: "acp-agent",
    env: { pass: ["ACP_SCENARIO", "ACP_JOURNAL", "ACP_HOME"] },
    acp: { args: [], ...acp },
  });

export interface AcpStageOptions {
  scenario: unknown;
  acp?: Record<string, unknown>;
  persona?: Partial<Persona>;
  options?: Partial<AcpAgentOptions>;
  env?: Record<string, string>;
}

export type AcpStage = Awaited<ReturnType<typeof acpStage>>;

export async function acpStage({ scenario, acp, persona: more, options, env: variables }: AcpStageOptions) {
  const folder = await mkdtemp(join(tmpdir(), "devflow 계약-"));
  const cwd = join(folder, "work tree");
  await mkdir(cwd);
  const journal = join(folder, "journal.jsonl");
  await writeFile(join(folder, "scenario.json"), JSON.stringify(scenario));
  const env: Record<string, string | undefined> = {
    ...process.env,
    ACP_SCENARIO: join(folder, "scenario.json"),
    ACP_JOURNAL: journal,
    ACP_HOME: join(folder, "conversations"),
    ...variables,
  };
  const spec: AgentSpec = {
    // An id of its own: a session's processes are known by it, on the whole machine.
    session: SessionId.parse(ulid()),
    run: "R",
    role: "author",
    persona: persona("acp", { adapter: "acp", agent: "acp-agent", ...more }),
    cwd,
  };
  const opened: AgentSession[] = [];
  const adapter = (): AgentAdapter =>
    acpAgents({
      clock: systemClock(),
      profileOf: async () => acpProfile(acp),
      program: async () => ACP_AGENT,
      environment: (one, its) => sessionEnv(one, its, env),
      loggedInSince: async () => false,
      files: worktreeFiles,
      redact: redactor([]),
      version: "0.0.0",
      stateDirectory: join(folder, "state"),
      endProcesses,
      ...options,
    });
  const heard: AgentNews[] = [];
  const enter = (session: AgentSession): AgentSession => {
    opened.push(session);
    session.watch((news) => heard.push(news));
    return session;
  };
  return {
    folder,
    cwd,
    env,
    spec,
    adapter,
    heard,
    file: (name: string) => join(folder, name),
    open: async (more: Partial<AgentSpec> = {}) => enter(await adapter().open({ ...spec, ...more })),
    /** Another session, in the place of the first: it is to go on with the conversation that has this mark. */
    inItsPlace: (mark = "Phase: one"): Partial<AgentSpec> => ({
      session: SessionId.parse(ulid()),
      continues: { session: spec.session, mark },
    }),
    adopt: async () => {
      const session = await adapter().adopt(spec);
      if (!session) throw new Error("it was not taken over");
      return enter(session);
    },
    prompt: (key: string, more: Partial<Prompt> = {}): Prompt => {
      const artifact = join(cwd, ".devflow", "artifacts", `${key}-1`, "note.json");
      const task = { phase: key, attempt: 1, artifact };
      const text = `You work on a phase.\n\nPhase: ${key}\n\n한국어로 쓰세요 👩‍💻\nWrite the artifact to: ${artifact}\n\nWhen the file is written, stop.`;
      return { key: `test/${key}`, text, file: join(cwd, "prompt.md"), task, ...more };
    },
    journal: () => journaled(journal),
    happened: async (event: string) => (await journaled(journal)).filter((one) => one.event === event),
    exists: (path: string) => existsSync(path),
    read: (path: string) => readFile(path, "utf8"),
    becomes: (session: AgentSession, state: string) =>
      vi.waitFor(
        () => {
          const verdict = session.verdict();
          if (verdict.state !== state) throw new Error(`it is ${JSON.stringify(verdict)}`);
        },
        { timeout: 30_000, interval: 10 },
      ),
    destroy: async () => {
      for (const session of opened) await session.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
