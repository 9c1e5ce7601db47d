/** Where it is written down that somebody has agreed to what devflow does. Read before each run, so it loads nothing. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
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
  return consentIn(await readFile(consentFile(state), "utf8").catch(() => ""));
}

export async function writeConsent(state: string, consent: Consent): Promise<void> {
  const path = consentFile(state);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(state, { recursive: true, mode: 0o700 });
    await writeFile(temporary, `${JSON.stringify(consent)}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (cause) {
    throw new Failure("init.not_written", { path, problem: systemProblem(cause) }, { cause });
  }
}
