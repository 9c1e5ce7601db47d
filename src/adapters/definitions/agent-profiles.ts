/**
 * Agent profiles from files: those shipped with devflow, and the user's, which win. Read again when a file has changed,
 * so that a screen that devflow does not know is taught to it without a restart.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { AgentProfile } from "../../domain/agent-profile.ts";
import { readOne } from "./one-file.ts";

const FOLDER = "agents";
const YAML = /\.ya?ml$/;

export interface ProfileFile {
  value: AgentProfile;
  source: string;
}

/** Throws `definition.invalid` with file:line for a profile that cannot be used. */
export function agentProfiles({
  shipped,
  user,
}: {
  shipped: string;
  user: string;
}): () => Promise<readonly ProfileFile[]> {
  const read = new Map<string, { mark: string; profile: ProfileFile }>();

  async function profileIn(source: string): Promise<ProfileFile> {
    const { mtimeMs, size } = await stat(source);
    const mark = `${mtimeMs}/${size}`;
    const before = read.get(source);
    if (before?.mark === mark) return before.profile;
    const value = readOne(AgentProfile, source, await readFile(source, "utf8"), "definition.invalid", "agent");
    const profile = { value, source };
    read.set(source, { mark, profile });
    return profile;
  }

  return async () => {
    const found = new Map<string, ProfileFile>();
    for (const folder of [join(shipped, FOLDER), join(user, FOLDER)]) {
      const names = await readdir(folder).catch(() => []);
      const profiles = await Promise.all(
        names.filter((name) => YAML.test(name)).map((name) => profileIn(join(folder, name))),
      );
      for (const profile of profiles) found.set(profile.value.name, profile);
    }
    return [...found.values()];
  };
}
