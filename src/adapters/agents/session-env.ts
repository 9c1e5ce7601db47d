/** The environment that a session's agent is started with: nothing of the daemon's own but what is named. */
import { type AgentProfile, launchEnv } from "../../domain/agent-profile.ts";
import type { AgentSpec } from "../../ports/agent.ts";

/** What every program needs to run at all. */
const BASICS = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"];

/** Whose limits and login a session works on: the agent's own login, or the key that its persona names. */
export function accountOf({ persona }: Pick<AgentSpec, "persona">, { name, login }: AgentProfile): string {
  const keys = persona.env.filter((variable) => login?.env.includes(variable)).sort();
  return [name, ...keys].join("+");
}

/** The whole environment of a session: basics, what the profile asks for, what the persona names, and devflow's marks. */
export function sessionEnv(
  { persona, run, session }: Pick<AgentSpec, "persona" | "run" | "session">,
  profile: AgentProfile,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const named = [...BASICS, ...persona.env].flatMap((name) =>
    own[name] === undefined ? [] : [[name, own[name]] as const],
  );
  return {
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    ...Object.fromEntries(named),
    ...launchEnv(profile.env, own),
    DEVFLOW_RUN: run,
    DEVFLOW_SESSION: session,
  };
}
