/**
 * Where it is written down that somebody has agreed to what devflow does. The thin client has it too, so it loads nothing: Node's
 * promises of files come with half of its streams.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Consent, type ConsentState, consentIn } from "../domain/consent.ts";
import { Failure } from "../domain/failure.ts";
import { systemProblem } from "../domain/system-problem.ts";

export interface ConsentDesk {
  state(): Promise<ConsentState>;
  give(consent: Consent): Promise<void>;
  /** Whether the settings refuse to go on without it where nobody can be asked. */
  required(): Promise<boolean>;
}

export const consentFile = (state: string): string => join(state, "consent.json");

/** Nothing when it is not there, or not to be read: then it is asked for again. */
export async function readConsent(state: string): Promise<Consent | undefined> {
  try {
    return consentIn(readFileSync(consentFile(state), "utf8"));
  } catch {
    return undefined;
  }
}

export async function writeConsent(state: string, consent: Consent): Promise<void> {
  const path = consentFile(state);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, `${JSON.stringify(consent)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (cause) {
    throw new Failure("init.not_written", { path, problem: systemProblem(cause) }, { cause });
  }
}
