/** Which version of an agent's program is installed: the program itself is asked, once for each file that it has been. */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import type { AgentProfile } from "../../domain/agent-profile.ts";
import { pattern } from "../../domain/screen-rule.ts";
import type { Environment } from "./installed.ts";

/** The slowest unpacks itself at its first start: 4 s were seen on a quiet machine. */
const TIMEOUT_MS = 20_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

const known = new Map<string, Promise<string | undefined>>();

/** Undefined when it does not say, or not in time. */
export async function programVersion(
  program: string,
  { binary, env: { set } }: AgentProfile,
  env: Environment,
  timeoutMs = TIMEOUT_MS,
): Promise<string | undefined> {
  const { mtimeMs, size } = await stat(program);
  const key = `${program}\n${mtimeMs}/${size}\n${binary.version.args.join("\n")}\n${binary.version.regex}`;
  const asked = known.get(key) ?? ask(program, binary.version, { ...env, ...set }, timeoutMs);
  known.set(key, asked);
  const version = await asked;
  if (version === undefined) known.delete(key);
  return version;
}

const ask = (
  program: string,
  { args, regex }: AgentProfile["binary"]["version"],
  env: Environment,
  timeout: number,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { env, timeout, killSignal: "SIGKILL" as const, maxBuffer: MAX_OUTPUT_BYTES };
    const child = execFile(program, args, options, (error, stdout, stderr) =>
      resolve(error ? undefined : pattern(regex).exec(`${stdout}${stderr}`.trim())?.[1]),
    );
    child.stdin?.end();
  });
