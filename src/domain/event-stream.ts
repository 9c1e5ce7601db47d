/**
 * The event stream of an agent beside its terminal: a server of its own on loopback, or a file that it writes. Which event means what is
 * data in `agents/*.yaml`.
 *
 * V1. It knows beginnings and ends, so what it says stands until it says something else; but no longer than the profile believes it, for
 *     an event may be lost, and not at all once it is cut off.
 * V2. An agent may have several conversations at a time. While one of them is busy, the agent is.
 * V3. Ready by its word alone is nobody: the composer has to be empty too.
 */
import { z } from "zod";
import { hasTexts, valueAt } from "./json-path.ts";
import { Argument, Path, Variable } from "./profile-parts.ts";
import { AgentState } from "./session.ts";

const Says = z.strictObject({
  where: z.record(Path, z.string()).describe("The event has these texts at these paths"),
  state: AgentState.extract(["working", "ready", "awaiting_permission", "awaiting_input"]).describe(
    "What it is from now on",
  ),
  said: Path.optional().describe("Where the event says more, for people"),
  failed: z.boolean().default(false).describe("The turn has failed; what is at `said` is why"),
});

export const EventStream = z.strictObject({
  args: z
    .array(z.array(Argument))
    .default([])
    .describe("Further arguments; {events} is a file that it is to write, {port} that of a server on loopback"),
  env: z
    .record(Variable, z.string().max(2_000))
    .default({})
    .describe("Further variables; {password} is what its server has to ask for"),
  server: z
    .strictObject({ path: z.string().regex(/^\//), user: z.string().max(80) })
    .optional()
    .describe("It has a server, which tells its events at this path, to this user. Left out: it writes {events}"),
  of: Path.optional().describe("Whose event it is: one of several conversations"),
  holds: z.int().positive().describe("How long the newest event is believed, in milliseconds"),
  says: z.array(Says).min(1).max(40).describe("In order; an event that fits none means nothing"),
});
export type EventStream = z.infer<typeof EventStream>;

export interface StreamSaid {
  state: z.infer<typeof Says>["state"];
  said: string;
  at: number;
  failed?: string;
}

/** What each conversation has said last. */
export type Heard = ReadonlyMap<string, StreamSaid>;

export const NOTHING_HEARD: Heard = new Map();

/** More conversations than an agent has at a time: whoever sends their names must not fill the memory. */
const MOST_CONVERSATIONS = 50;

/** Whether a line of JSON may be one of the events that mean something: all others need not be parsed. */
export const mayMean = ({ says }: EventStream, line: string): boolean =>
  says.some(({ where }) => Object.values(where).every((text) => line.includes(text)));

/** What is known with one more event; the same map when it means nothing. */
export function heardMore(stream: EventStream, before: Heard, event: unknown, at: number): Heard {
  const rule = stream.says.find(({ where }) => hasTexts(event, where));
  if (!rule) return before;
  const whose = stream.of === undefined ? "" : String(valueAt(event, stream.of) ?? "");
  const words = rule.said === undefined ? undefined : valueAt(event, rule.said);
  const said = [Object.values(rule.where).join(" "), ...(typeof words === "string" ? [words] : [])].join(": ");
  const last = before.get(whose);
  // The end of a turn is told after its failure, and is no other one.
  const failed = rule.failed ? said.slice(0, 500) : rule.state === "ready" ? last?.failed : undefined;
  const after = new Map(before);
  after.delete(whose);
  after.set(whose, { state: rule.state, said: said.slice(0, 500), at, ...(failed !== undefined && { failed }) });
  for (const oldest of after.keys()) {
    if (after.size <= MOST_CONVERSATIONS) break;
    after.delete(oldest);
  }
  return after;
}

const BUSIEST: readonly StreamSaid["state"][] = ["awaiting_permission", "awaiting_input", "working", "ready"];

/** What the stream says of the agent now, if anything: the busiest of its conversations, of these the newest. */
export function streamSays({ holds }: EventStream, heard: Heard, now: number): StreamSaid | undefined {
  const believed = [...heard.values()].filter(({ at }) => now - at < holds);
  for (const state of BUSIEST) {
    const newest = believed.findLast((one) => one.state === state);
    if (newest) return newest;
  }
  return undefined;
}
