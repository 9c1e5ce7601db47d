/**
 * The environment that a session's agent is started with: nothing of the daemon's own but what is named. A key that its persona
 * names may be kept elsewhere than in the daemon's environment; this is its only way to an agent, and to no other one.
 */
import { type AgentProfile, launchEnv } from "../../domain/agent-profile.ts";
import { SecretName } from "../../domain/secret.ts";
import type { AgentSpec } from "../../ports/agent.ts";

/** What every program needs to run at all. */
const BASICS = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"];

/** Whose limits and login a session works on: the agent's own login, or the key that its persona names. */
export function accountOf({ persona }: Pick<AgentSpec, "persona">, { name, login }: AgentProfile): string {
  const keys = persona.env.filter((variable) => login?.env.includes(variable)).sort();
  return [name, ...keys].join("+");
}

/** A secret by its name, wherever it is kept. */
export type SecretOf = (name: string) => Promise<string | undefined>;

/** The whole environment of a session: basics, what the profile asks for, what the persona names, and devflow's marks. */
export async function sessionEnv(
  { persona, run, session }: Pick<AgentSpec, "persona" | "run" | "session">,
  profile: AgentProfile,
  own: Readonly<Record<string, string | undefined>>,
  secretOf: SecretOf = async () => undefined,
): Promise<Record<string, string>> {
  const named = [...BASICS, ...persona.env].flatMap((name) =>
    own[name] === undefined ? [] : [[name, own[name]] as const],
  );
  return {
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    ...Object.fromEntries(named),
    ...(await keptKeys(persona.env, own, secretOf)),
    ...launchEnv(profile.env, own),
    DEVFLOW_RUN: run,
    DEVFLOW_SESSION: session,
  };
}

/** The keys among what a persona names that the daemon's environment does not have. */
async function keptKeys(
  names: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
  secretOf: SecretOf,
): Promise<Record<string, string>> {
  const missing = names.filter((name) => own[name] === undefined && SecretName.safeParse(name).success);
  const found = await Promise.all(missing.map(async (name) => [name, await secretOf(name)] as const));
  return Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
