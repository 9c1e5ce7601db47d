/** Where it is written down that somebody has agreed to what devflow does. */
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Consent } from "../../domain/consent.ts";
import { writeWhole } from "./whole-file.ts";

const fileIn = (state: string): string => join(state, "consent.json");

/** Nothing when it is not there, or not to be read: then it is asked for again. */
export async function readConsent(state: string): Promise<Consent | undefined> {
  try {
    return Consent.parse(JSON.parse(await readFile(fileIn(state), "utf8")));
  } catch {
    return undefined;
  }
}

export async function writeConsent(state: string, consent: Consent): Promise<void> {
  const file = fileIn(state);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeWhole(file, `${JSON.stringify(consent)}\n`, { durable: true });
}
