/** What is installed of an agent here: where its program is, and whether somebody has logged in. Nothing is started to find out. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import type { AgentProfile } from "../../domain/agent-profile.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The absolute path of an agent's program; undefined when it is not installed. `file` is where its profile was read from. */
export async function programOf({ binary }: AgentProfile, file: string, env: Environment): Promise<string | undefined> {
  const named = binary.override === undefined ? undefined : env[binary.override];
  if (named) return (await executable(named)) ? resolve(named) : undefined;
  if (binary.command.startsWith(".")) {
    const path = resolve(dirname(file), binary.command);
    return (await executable(path)) ? path : undefined;
  }
  if (isAbsolute(binary.command)) return (await executable(binary.command)) ? binary.command : undefined;
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = join(folder, binary.command);
    if (folder !== "" && (await executable(path))) return path;
  }
  return undefined;
}

async function executable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** False only when the profile knows how a login looks and there is none. */
export async function seemsLoggedIn({ login, env: variables }: AgentProfile, env: Environment): Promise<boolean> {
  if (!login || (login.env.length === 0 && login.files.length === 0)) return true;
  if (login.env.some((name) => env[name])) return true;
  // A home of its own means a configuration of its own: devflow does not know how that one logs in.
  if (variables.pass.some((name) => name.endsWith("_HOME") && env[name])) return true;
  const there = login.files.map((path) =>
    stat(join(env.HOME ?? "", path)).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(there)).includes(true);
}

/** Whether somebody has logged in since: one of the files that a login leaves is newer. */
export async function loggedInSince({ login }: AgentProfile, env: Environment, at: number): Promise<boolean> {
  const times = (login?.files ?? []).map((path) =>
    stat(join(env.HOME ?? "", path)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  );
  return (await Promise.all(times)).some((time) => time > at);
}
