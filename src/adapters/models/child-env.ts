/** The environment of a model agent's process: what every program needs, what its persona names, the one key, devflow's marks. */
import type { AgentSpec } from "../../ports/agent.ts";
import { KEY_VARIABLE } from "./session-protocol.ts";

const BASICS = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"];

export function childEnv(
  { persona, run, session }: Pick<AgentSpec, "persona" | "run" | "session">,
  own: Readonly<Record<string, string | undefined>>,
  key: string | undefined,
): Record<string, string> {
  const named = [...BASICS, ...persona.env].flatMap((name) =>
    own[name] === undefined ? [] : [[name, own[name]] as const],
  );
  return {
    LANG: "C.UTF-8",
    ...Object.fromEntries(named),
    ...(key !== undefined && { [KEY_VARIABLE]: key }),
    DEVFLOW_RUN: run,
    DEVFLOW_SESSION: session,
  };
}
