/**
 * Conversations: where an agent keeps what was said, and what it calls each. Data in `agents/*.yaml`.
 *
 * V1. A conversation is known by a mark that stands in a prompt of devflow and nowhere else, never by being the newest: several agents of one
 *     kind work in one worktree.
 * V2. It is looked for when it is needed: after its session has ended to go on with it, before that for what it says was used. What is
 *     not found is not gone on with, and not metered.
 */
import { z } from "zod";
import { valueAt } from "./json-path.ts";
import { Arguments, Path, Variable } from "./profile-parts.ts";
import { Pattern } from "./screen-rule.ts";
import { TranscriptUsage } from "./usage-rule.ts";

const Transcript = z.strictObject({
  homes: z
    .record(Variable, z.string().max(300))
    .default({})
    .describe("Variables that name a folder, and which folder under the home directory it stands for"),
  id: Pattern.optional().describe("Group 1 is its id, in the path of its transcript"),
  idAt: Path.optional().describe("Where its id is in the transcript, or in its first line"),
  usage: TranscriptUsage.optional().describe(
    "Which of its lines say what the agent has used; left out: that of a session in a terminal is unknown",
  ),
});

const Served = z.strictObject({
  list: z.string().regex(/^\//).describe("The path that answers with its conversations, as a JSON list"),
  id: Path.describe("Where the id of each is"),
  at: Path.describe("When each was gone on with, in milliseconds since 1970"),
  of: Path.optional().describe("Where the id of the conversation is that began it: what a helper uses counts too"),
  show: z
    .string()
    .regex(/^\/.*\{conversation\}/)
    .describe("The path that answers with the messages of {conversation}, as a JSON list"),
  usage: TranscriptUsage.describe("Which messages say what the agent has used"),
});
export type Served = z.infer<typeof Served>;

const Command = z.strictObject({
  list: z.strictObject({
    args: Arguments.describe("Prints conversations as a JSON list, the newest first"),
    id: Path.describe("Where the id of each is"),
    cwd: Path.optional().describe("Where the working directory of each is"),
  }),
  show: Arguments.describe("Prints {conversation} whole"),
  served: Served.optional().describe(
    "The same from the server beside its terminal (events.server), and what was used; left out: that is unknown in a terminal",
  ),
});

export const Conversations = z.union([
  Transcript.refine(
    ({ id, idAt }) => (id === undefined) !== (idAt === undefined),
    "an id is either in the path (id) or in the file (idAt)",
  ),
  Command,
]);
export type Conversations = z.infer<typeof Conversations>;

/** The mark as it stands in a conversation that is kept as JSON. */
export const writtenMark = (mark: string): string => JSON.stringify(mark).slice(1, -1);

/** Of what an agent lists, the ids that may be wanted: those of this folder. */
export function listed({ id, cwd }: z.infer<typeof Command>["list"], said: unknown, folder: string): string[] {
  if (!Array.isArray(said)) return [];
  return said.flatMap((one: unknown) => {
    const name = textAt(one, id);
    const elsewhere = cwd !== undefined && textAt(one, cwd) !== folder;
    return name === undefined || elsewhere ? [] : [name];
  });
}

export interface ServedOne {
  id: string;
  /** When it was gone on with last; milliseconds since 1970. */
  at: number;
  /** The conversation that began it, for a helper's. */
  of: string | undefined;
}

/** What a server lists, the newest first; undefined when that is no list. */
export function servedOnes({ id, at, of }: Served, said: unknown): ServedOne[] | undefined {
  if (!Array.isArray(said)) return undefined;
  const ones = said.flatMap((one: unknown) => {
    const [name, time] = [textAt(one, id), valueAt(one, at)];
    if (name === undefined || !isConversationId(name) || typeof time !== "number") return [];
    return [{ id: name, at: time, of: of === undefined ? undefined : textAt(one, of) }];
  });
  return ones.sort((a, b) => b.at - a.at);
}

/** Those that may be a session's own: gone on with since it began, and no helper's, who may have been told the same (V1). */
export const mayBeOwn = (ones: readonly ServedOne[], since: number): ServedOne[] =>
  ones.filter(({ at, of }) => at >= since && of === undefined);

/** The text at a path of names in a value, if there is one. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = path.split(".").reduce<unknown>((at, name) => {
    return typeof at === "object" && at !== null ? Reflect.get(at, name) : undefined;
  }, value);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** An id becomes an argument of a program: what could be taken for a flag, or for more than a word, is none. */
export const isConversationId = (id: string): boolean => /^[A-Za-z0-9_][\w.:-]{0,199}$/.test(id);
