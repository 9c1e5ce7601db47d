/**
 * A headless agent: a coding agent's one-shot command, a process for each prompt, read by its JSON events.
 * Its turns outlive the daemon; everything that is known of a session stands in its folder.
 */
import { join } from "node:path";
import type { AgentProfile } from "../../domain/agent-profile.ts";
import { Failure } from "../../domain/failure.ts";
import type { SessionId } from "../../domain/ids.ts";
import { referenceOf } from "../../domain/names.ts";
import type { Redact } from "../../domain/redact.ts";
import type { AgentAdapter, AgentSession, AgentSpec, Say } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import { headlessSession, isOpen, makeOpen, TURNS } from "./headless-session.ts";
import type { TurnLimits } from "./headless-turn.ts";
import { conversationIn } from "./headless-turns.ts";
import type { Environment } from "./installed.ts";
import type { SecretOf } from "./session-env.ts";

export interface HeadlessAgentOptions {
  clock: Clock;
  profileOf(name: string): Promise<AgentProfile>;
  /** The absolute path of the program that a profile names. */
  program(profile: AgentProfile): Promise<string>;
  /** The daemon's environment: a session gets only what its profile and its persona name. */
  env: Environment;
  /** Keys that a persona names and that environment does not have. */
  secretOf?: SecretOf;
  /** A folder of this devflow home; each session has a folder in it, kept when it is closed. */
  stateDirectory: string;
  endProcesses: EndProcesses;
  limits?: Partial<TurnLimits>;
  /** Takes secrets out of what is kept of a turn once it is over. */
  redact?: Redact;
  /** What is said in talks, while it is said. */
  say?: Say;
  /** How long an agent may take until its first sign. */
  receiptMs?: number;
}

/** Ten minutes without a word: agents tell each step, and the longest pauses are tools that run. */
const INACTIVITY_MS = 600_000;

/** A turn of four hours has lost its way; a phase's own timeout is usually shorter. */
const WALL_MS = 4 * 3_600_000;

/** The first start of an agent on a loaded machine, and the first token of a busy model. */
const RECEIPT_MS = 120_000;

export function headlessAgents(options: HeadlessAgentOptions): AgentAdapter {
  const { stateDirectory, profileOf } = options;
  const living = new Map<SessionId, Promise<AgentSession>>();

  /** One object a session: two would both follow its turns. */
  function enter(spec: AgentSpec): Promise<AgentSession> {
    const before = living.get(spec.session);
    if (before) return before;
    const arrival = build(spec);
    living.set(spec.session, arrival);
    arrival.catch(() => living.delete(spec.session));
    return arrival;
  }

  async function build(spec: AgentSpec): Promise<AgentSession> {
    const profile = await profileOf(spec.persona.agent ?? "");
    const { headless } = profile;
    if (!headless) {
      throw new Failure("persona.agent_not_headless", { persona: referenceOf(spec.persona), agent: profile.name });
    }
    const { continues } = spec;
    const before =
      continues && headless.resume && (await conversationIn(join(stateDirectory, continues.session, TURNS)));
    const { clock, program, env, secretOf, endProcesses, limits, redact, say, receiptMs = RECEIPT_MS } = options;
    return headlessSession({
      folder: join(stateDirectory, spec.session),
      spec,
      profile,
      headless,
      program,
      env,
      ...(secretOf && { secretOf }),
      clock,
      endProcesses,
      limits: { inactivityMs: INACTIVITY_MS, wallMs: WALL_MS, ...limits },
      receiptMs,
      ...(redact && { redact }),
      ...(before && { before }),
      ...(say && { say }),
      gone: () => living.delete(spec.session),
    });
  }

  return {
    async open(spec) {
      const profile = await profileOf(spec.persona.agent ?? "");
      await options.program(profile); // what is not installed is known before the first prompt
      await makeOpen(join(stateDirectory, spec.session));
      return enter(spec);
    },
    async adopt(spec) {
      return (await isOpen(join(stateDirectory, spec.session))) ? enter(spec) : undefined;
    },
  };
}
