/** The environment of a model agent's process: what every program needs, what its persona names, devflow's marks. */
import type { AgentSpec } from "../../ports/agent.ts";

const BASICS = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"];

export function childEnv(
  { persona, run, session }: Pick<AgentSpec, "persona" | "run" | "session">,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const named = [...BASICS, ...persona.env].flatMap((name) =>
    own[name] === undefined ? [] : [[name, own[name]] as const],
  );
  return {
    LANG: "C.UTF-8",
    ...Object.fromEntries(named),
    DEVFLOW_RUN: run,
    DEVFLOW_SESSION: session,
  };
}
