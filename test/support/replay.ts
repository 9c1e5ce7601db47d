/** Recorded screens of real agents with what they were, and what devflow says of them over time. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Moment, replay } from "../../src/adapters/agents/replay.ts";
import { emulator } from "../../src/adapters/terminals/screen.ts";
import { type AgentProfile, forVersion } from "../../src/domain/agent-profile.ts";
import { type Cast, readCast } from "../../src/domain/cast.ts";
import { exitLabel, type Label } from "../../src/domain/labels.ts";
import { type ProfileName, profile } from "./profiles.ts";

export interface Recording {
  file: string;
  /** The program, for one whose versions differ a version of it. */
  agent: string;
  version: string;
  labels: readonly Label[];
}

const FOLDER = fileURLToPath(new URL("../../fixtures/casts/", import.meta.url));

interface Index {
  casts: readonly { file: string; agent: string; package: string; marks: readonly { t: number; state: string }[] }[];
}

export const RECORDINGS: readonly Recording[] = (
  JSON.parse(readFileSync(`${FOLDER}index.json`, "utf8")) as Index
).casts.map((one) => ({
  file: one.file,
  agent: one.agent,
  version: one.package.split("@").at(-1) ?? "",
  labels: one.marks.map(({ t, state }) => ({ at: Math.round(t * 1_000), state })),
}));

export const castOf = (file: string): Cast => readCast(file, readFileSync(`${FOLDER}${file}`, "utf8"));

/** `claude2` is another version of what `claude` is. */
export const profileNameOf = ({ agent }: Recording): ProfileName => agent.replace(/2$/, "") as ProfileName;

export function replayed(recording: Recording, by?: AgentProfile): Promise<Moment[]> {
  const gone = exitLabel(recording.labels);
  return replay(castOf(recording.file), by ?? forVersion(profile(profileNameOf(recording)), recording.version), {
    emulator,
    ...(gone && { exit: { at: gone.at, exit: {} } }),
  });
}
