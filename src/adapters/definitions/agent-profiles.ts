/**
 * Agent profiles from files: those shipped with devflow, and the user's, which win. Read again when a file has changed,
 * so that a screen that devflow does not know is taught to it without a restart.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { AgentProfile } from "../../domain/agent-profile.ts";
import { Failure } from "../../domain/failure.ts";
import { systemProblem } from "../../domain/system-problem.ts";
import { type Known, nothingKnown } from "./known.ts";
import { readOne } from "./one-file.ts";

const FOLDER = "agents";
const YAML = /\.ya?ml$/;

export interface ProfileFile {
  value: AgentProfile;
  source: string;
  origin: "shipped" | "user";
}

export interface ProfileFolders {
  shipped: string;
  user: string;
  /** What need not be read. */
  known?: Known;
}

export interface AllProfiles {
  good: readonly ProfileFile[];
  /** Files that cannot be used, with file:line, and the agents that they are about: that of a user hides the shipped one. */
  broken: readonly { name: string; source: string; error: Error }[];
}

/** The profile in one file, wherever it is. Throws as above. */
export async function profileIn(source: string, known = nothingKnown): Promise<AgentProfile> {
  const text = await readFile(source, "utf8").catch((error: unknown) => {
    throw new Failure("definition.invalid", { where: source, kind: "agent", problem: systemProblem(error) });
  });
  const value = known("agent", source, text) as AgentProfile | undefined;
  return value ?? readOne(AgentProfile, source, text, "definition.invalid", "agent");
}

export function everyProfile({ shipped, user, known }: ProfileFolders): () => Promise<AllProfiles> {
  const read = new Map<string, { mark: string; value: Promise<AgentProfile> }>();

  async function valueIn(source: string): Promise<AgentProfile> {
    const { mtimeMs, size, ino } = await stat(source);
    const mark = `${mtimeMs}/${size}/${ino}`;
    const before = read.get(source);
    if (before?.mark === mark) return before.value;
    // Kept at once: forty personas ask at the same time, and reading a profile is most of what they wait for.
    const value = profileIn(source, known);
    read.set(source, { mark, value });
    value.catch(() => read.delete(source));
    return value;
  }

  async function readAll(): Promise<AllProfiles> {
    const found = new Map<string, ProfileFile>();
    const broken: AllProfiles["broken"][number][] = [];
    for (const origin of ["shipped", "user"] as const) {
      const folder = join(origin === "shipped" ? shipped : user, FOLDER);
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((one) => YAML.test(one)).sort()) {
        const source = join(folder, name);
        try {
          const value = await valueIn(source);
          found.set(value.name, { value, source, origin });
        } catch (error) {
          const name = basename(source, extname(source));
          found.delete(name);
          broken.push({ name, source, error: error instanceof Error ? error : new Error(String(error)) });
        }
      }
    }
    return { good: [...found.values()].sort((a, b) => (a.value.name < b.value.name ? -1 : 1)), broken };
  }

  /** Who asks in the same turn of the event loop is answered by one look, which begins after it: a restart asks for every session. */
  let asked: Promise<AllProfiles> | undefined;
  return () => {
    asked ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      asked = undefined;
      return readAll();
    });
    return asked;
  };
}
