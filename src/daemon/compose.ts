/** The one place of the daemon that knows adapters: it puts the real parts together. */
import { instanceHolder, takeInstanceLock } from "../adapters/system/instance-lock.ts";
import { pinoJournal } from "../adapters/system/pino-journal.ts";
import { Failure } from "../domain/failure.ts";
import { redactor } from "../domain/redact.ts";
import type { ComposedDaemon, ComposeOptions, DaemonParts } from "./parts.ts";

/** Variables whose values are secrets, by how they are named. */
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;

export const secretsIn = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(env).flatMap(([name, value]) => (value && SECRET_NAME.test(name) ? [value] : []));

export async function composeDaemon(_options: ComposeOptions): Promise<ComposedDaemon> {
  throw new Failure("internal", { problem: "the engine is not built in yet" });
}

export const parts: DaemonParts = {
  composeDaemon,
  openJournal: ({ file, env, echo }) => pinoJournal({ file, redact: redactor(secretsIn(env)), ...(echo && { echo }) }),
  takeInstanceLock,
  instanceHolder,
};
