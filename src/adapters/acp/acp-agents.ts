/** Agents that speak the Agent Client Protocol: a process for each session, spoken to over its stdin and stdout. */
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type AgentProfile, launchArgs } from "../../domain/agent-profile.ts";
import { Failure } from "../../domain/failure.ts";
import type { SessionId } from "../../domain/ids.ts";
import { referenceOf } from "../../domain/names.ts";
import type { Redact } from "../../domain/redact.ts";
import type { AgentAdapter, AgentSession, AgentSpec, Say } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { WorktreeFilesOf } from "../../ports/worktree-files.ts";
import { acpJournal, conversationIn } from "./acp-journal.ts";
import type { AcpLimits } from "./acp-limits.ts";
import { acpSession, CLOSED } from "./acp-session.ts";

export interface AcpAgentOptions {
  clock: Clock;
  profileOf(name: string): Promise<AgentProfile>;
  /** The absolute path of the program that a profile names. */
  program(profile: AgentProfile): Promise<string>;
  /** The whole environment of a session: nothing of the daemon's own but what is named. */
  environment(spec: AgentSpec, profile: AgentProfile): Promise<Record<string, string>>;
  /** Whether somebody has logged in to the agent since. */
  loggedInSince(profile: AgentProfile, at: number): Promise<boolean>;
  files: WorktreeFilesOf;
  redact: Redact;
  /** What is said in talks, while it is said. */
  say?: Say;
  /** devflow's own, as it greets. */
  version: string;
  /** A folder of this devflow home; each session has a folder in it, kept when it is closed. */
  stateDirectory: string;
  endProcesses: EndProcesses;
  limits?: Partial<AcpLimits>;
}

const LIMITS: AcpLimits = {
  /** Agents tell each step; the longest pauses are tools that run. */
  inactivityMs: 600_000,
  /** A turn of four hours has lost its way; a phase's own timeout is usually shorter. */
  wallMs: 4 * 3_600_000,
  /** It has to stop the model's answer and its tools. */
  interruptMs: 30_000,
  /** The first token of a busy model. */
  receiptMs: 120_000,
};

export function acpAgents(options: AcpAgentOptions): AgentAdapter {
  const { stateDirectory, profileOf } = options;
  const living = new Map<SessionId, Promise<AgentSession>>();
  const folderOf = (session: SessionId): string => join(stateDirectory, session);

  /** One object a session: two would both start its process. */
  function enter(spec: AgentSpec): Promise<AgentSession> {
    const before = living.get(spec.session);
    if (before) return before;
    const arrival = build(spec);
    living.set(spec.session, arrival);
    arrival.catch(() => living.delete(spec.session));
    return arrival;
  }

  async function build(spec: AgentSpec): Promise<AgentSession> {
    const { persona, cwd } = spec;
    const profile = await profileOf(persona.agent ?? "");
    const { acp } = profile;
    if (!acp) throw new Failure("persona.agent_not_acp", { persona: referenceOf(persona), agent: profile.name });
    const program = await options.program(profile);
    const args = launchArgs(acp.args, { cwd, model: persona.model, args: persona.args });
    const folder = folderOf(spec.session);
    // Large, and needed by nobody who runs no such agent.
    const protocol = await import("./acp-link.ts");
    return acpSession({
      ...options,
      spec,
      profile,
      acp,
      folder,
      journal: acpJournal(folder),
      before: spec.continues && conversationIn(folderOf(spec.continues.session)),
      argv: [program, ...args],
      env: { ...(await options.environment(spec, profile)), ...acp.env },
      files: options.files(cwd),
      limits: { ...LIMITS, ...options.limits },
      protocol,
      loggedInSince: (at) => options.loggedInSince(profile, at),
      gone: () => living.delete(spec.session),
    });
  }

  return {
    async open(spec) {
      await mkdir(folderOf(spec.session), { recursive: true, mode: 0o700 });
      await rm(join(folderOf(spec.session), CLOSED), { force: true });
      return enter(spec);
    },
    async adopt(spec) {
      return (await isOpen(folderOf(spec.session))) ? enter(spec) : undefined;
    },
  };
}

async function isOpen(folder: string): Promise<boolean> {
  const there = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  return (await there(folder)) && !(await there(join(folder, CLOSED)));
}
