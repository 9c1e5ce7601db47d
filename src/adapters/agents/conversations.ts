/** Finds the conversation of a session where its agent keeps them: in files, or behind a command of its own. */
import { execFile } from "node:child_process";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type AgentProfile, launchArgs } from "../../domain/agent-profile.ts";
import { isConversationId, listed, textAt, writtenMark } from "../../domain/conversation.ts";
import { jsonOf } from "../../domain/json-text.ts";
import { pattern } from "../../domain/screen-rule.ts";
import type { Environment } from "./installed.ts";

/** Of the newest transcripts so many are looked through: the one that is wanted was written to just now. */
const MOST_FILES = 200;
/** Of what an agent lists, so many are asked for: each is a process. */
const MOST_ASKED = 5;
/** A longer transcript is looked through so far only. */
const MOST_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** The whole of a transcript is one JSON document for some agents; a larger one is not read for its id. */
const MOST_JSON_BYTES = 16 * 1024 * 1024;

/** The slowest agent starts in 8 s on a busy machine. */
const COMMAND_MS = 30_000;

export interface Wanted {
  profile: AgentProfile;
  /** What stands in a prompt of that conversation and nowhere else. */
  mark: string;
  cwd: string;
  program: string;
  /** As the agent has it: its home is there. */
  env: Environment;
}

/** The agent's own id of it; undefined when it cannot be gone on with. */
export async function findConversation(wanted: Wanted): Promise<string | undefined> {
  const { conversations, interactive, headless } = wanted.profile;
  if (!conversations || !(interactive.resume ?? headless?.resume)) return undefined;
  const id = "list" in conversations ? await asked(wanted, conversations) : await inFiles(wanted, conversations);
  return id !== undefined && isConversationId(id) ? id : undefined;
}

/** The file of the conversation that has one of these in it, written to since then; undefined where there is none. */
export async function findTranscript(
  { profile, env, marks }: Pick<Wanted, "profile" | "env"> & { marks: readonly string[] },
  since: number,
): Promise<string | undefined> {
  const { conversations } = profile;
  if (!conversations || "list" in conversations) return undefined;
  for (const file of await newest(transcriptsOf(profile, conversations.homes, env), since)) {
    for (const mark of marks) if (await contains(file, writtenMark(mark))) return file;
  }
  return undefined;
}

type Kept = NonNullable<AgentProfile["conversations"]>;
type InFiles = Exclude<Kept, { list: unknown }>;
type Asked = Extract<Kept, { list: unknown }>;

async function inFiles({ profile, mark, env }: Wanted, { homes, id, idAt }: InFiles): Promise<string | undefined> {
  const files = await newest(transcriptsOf(profile, homes, env));
  for (const file of files) {
    const found = id === undefined ? undefined : pattern(id).exec(file)?.[1];
    if (id !== undefined && found === undefined) continue;
    if (await contains(file, writtenMark(mark))) return found ?? (idAt && idIn(file, idAt));
  }
  return undefined;
}

/** The folder to begin in, and the names below it with * for what differs. */
function transcriptsOf({ transcripts = "" }: AgentProfile, homes: InFiles["homes"], env: Environment): string[] {
  for (const [variable, folder] of Object.entries(homes)) {
    const own = env[variable];
    const below = folder === "" ? transcripts : transcripts.slice(folder.length + 1);
    if (own && (folder === "" || transcripts.startsWith(`${folder}/`))) return [own, ...below.split("/")];
  }
  return [env.HOME ?? "", ...transcripts.split("/")];
}

async function newest([home = "", ...names]: string[], since = 0): Promise<string[]> {
  if (home === "" || names.length === 0) return [];
  let found = [home];
  for (const name of names) {
    const fits = new RegExp(`^${name.replace(/[^*\w-]/g, "\\$&").replaceAll("*", ".*")}$`);
    const below = await Promise.all(
      found.map(async (folder) => {
        if (!name.includes("*")) return [join(folder, name)];
        const there = await readdir(folder).catch(() => []);
        return there.filter((one) => fits.test(one)).map((one) => join(folder, one));
      }),
    );
    found = below.flat();
  }
  const dated = await Promise.all(
    found.map(async (file) => ({ file, at: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const here = dated.filter(({ at }) => at > since).sort((a, b) => b.at - a.at);
  return here.slice(0, MOST_FILES).map(({ file }) => file);
}

async function contains(file: string, mark: string): Promise<boolean> {
  const handle = await open(file, "r").catch(() => undefined);
  if (!handle) return false;
  const wanted = Buffer.from(mark);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    for (let kept = 0, offset = 0; offset < MOST_BYTES; ) {
      const { bytesRead } = await handle.read(chunk, kept, CHUNK_BYTES - kept, offset);
      const end = kept + bytesRead;
      if (chunk.subarray(0, end).includes(wanted)) return true;
      if (bytesRead === 0) return false;
      offset += bytesRead;
      // It may lie across two chunks.
      kept = Math.min(wanted.length - 1, end);
      chunk.copyWithin(0, end - kept, end);
    }
    return false;
  } finally {
    await handle.close();
  }
}

async function idIn(file: string, path: string): Promise<string | undefined> {
  if ((await stat(file)).size > MOST_JSON_BYTES) return undefined;
  const text = await readFile(file, "utf8");
  return [text, text.split("\n", 1)[0] ?? ""].map((json) => textAt(jsonOf(json), path)).find((id) => id !== undefined);
}

async function asked({ profile, mark, cwd, program, env }: Wanted, { list, show }: Asked): Promise<string | undefined> {
  const run = (args: Asked["show"], conversation?: string): Promise<string> =>
    output(program, launchArgs(args, { cwd, model: undefined, args: [], conversation }), {
      cwd,
      env: { ...env, ...profile.env.set },
    });
  const ids = listed(list, jsonOf(await run(list.args)), cwd).filter(isConversationId);
  for (const id of ids.slice(0, MOST_ASKED)) {
    if ((await run(show, id)).includes(writtenMark(mark))) return id;
  }
  return undefined;
}

/** What it prints; nothing when it fails. */
const output = (program: string, args: string[], where: { cwd: string; env: Environment }): Promise<string> =>
  new Promise((resolve) => {
    const limits = { timeout: COMMAND_MS, killSignal: "SIGKILL" as const, maxBuffer: MOST_BYTES };
    const child = execFile(program, args, { ...where, ...limits }, (error, stdout) => resolve(error ? "" : stdout));
    child.stdin?.end();
  });
