/** Every way to an agent: over an API, over ACP, without a terminal, in one. */
import { join } from "node:path";
import { acpAgents } from "../../adapters/acp/acp-agents.ts";
import { agents } from "../../adapters/agents/agents.ts";
import { headlessAgents } from "../../adapters/agents/headless-agent.ts";
import { loggedInSince } from "../../adapters/agents/installed.ts";
import { sessionEnv } from "../../adapters/agents/session-env.ts";
import { terminalAgents } from "../../adapters/agents/terminal-agent.ts";
import { answersAt } from "../../adapters/models/answers.ts";
import { modelAgents } from "../../adapters/models/model-agents.ts";
import { worktreeFiles } from "../../adapters/models/tools/worktree-files.ts";
import { endProcesses } from "../../adapters/system/processes.ts";
import { referenceOf } from "../../domain/names.ts";
import type { Agents, Say } from "../../ports/agent.ts";
import type { TerminalHost } from "../../ports/terminal-host.ts";
import { VERSION } from "../../protocol/version.ts";
import type { AuditNotes } from "../audit-notes.ts";
import type { Money } from "./money.ts";
import type { Profiles } from "./profiles.ts";
import { PACKAGE_ROOT, redact, type Surroundings } from "./surroundings.ts";

interface EveryAgentOptions extends Surroundings, Pick<Money, "prices" | "spends"> {
  host: TerminalHost;
  notes: Pick<AuditNotes, "secret">;
  profiles: Profiles;
  say: Say;
}

export function everyAgent(options: EveryAgentOptions): Agents {
  const { places, env, journal, clock, config, providers, secretOf, prices, spends, host, notes, profiles, say } =
    options;
  const { profileOf, program } = profiles;
  return agents({
    adapters: {
      agent: modelAgents({
        clock,
        env,
        stateDirectory: join(places.state, "models"),
        program: { file: join(PACKAGE_ROOT, "dist/model-agent.mjs") },
        providers,
        secretOf,
        known: prices.of,
        spending: spends,
        endProcesses,
        say,
        redact,
        trouble: (session, problem) => journal.error("a model agent", { session, problem }),
        handed: (name, { session, persona }) => notes.secret("given", name, { session, persona: referenceOf(persona) }),
      }),
      acp: acpAgents({
        clock,
        profileOf,
        program,
        environment: (spec, profile) => sessionEnv(spec, profile, env, secretOf),
        loggedInSince: (profile, at) => loggedInSince(profile, env, at),
        files: worktreeFiles,
        redact,
        say,
        version: VERSION,
        stateDirectory: join(places.state, "acp"),
        endProcesses,
      }),
      headless: headlessAgents({
        clock,
        profileOf,
        program,
        env,
        secretOf,
        stateDirectory: join(places.state, "headless"),
        endProcesses,
        redact,
        say,
      }),
      terminal: terminalAgents({
        host,
        clock,
        profileOf,
        program,
        env,
        secretOf,
        size: config.terminal,
        hooks: (session) => join(places.state, "hooks", session),
        recording: ({ session }) =>
          config.recording.enabled
            ? { file: recordingOf(places, session), maxBytes: config.recording.maxMb * 1024 * 1024 }
            : undefined,
      }),
    },
    profiles: profiles.all,
    unsupportedVersion: config.agents.unsupportedVersion,
    env,
    providers,
    secretOf,
    answers: answersAt,
  });
}

export const recordingOf = ({ data }: Surroundings["places"], session: string): string =>
  join(data, "recordings", `${session}.cast`);

/** What a session leaves behind on the disk, which goes with its run. */
export const leftBySession = (places: Surroundings["places"], session: string): string[] => [
  recordingOf(places, session),
  ...["headless", "acp", "models", "hooks"].map((kind) => join(places.state, kind, session)),
];
