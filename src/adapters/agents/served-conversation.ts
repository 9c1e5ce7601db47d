/** The conversation of a session as the agent's own server tells it: which one it is, and all that it and its helpers said. */
import { isConversationId, type Served, textAt, writtenMark } from "../../domain/conversation.ts";
import { valueAt } from "../../domain/json-path.ts";
import { jsonOf } from "../../domain/json-text.ts";
import { type Asking, answerAt } from "./agent-server.ts";

/** Of those that were gone on with since the session began so many are looked through, the newest first. */
const MOST_LOOKED_THROUGH = 20;
/** So many helpers of a conversation are asked for. */
const MOST_HELPERS = 100;

/** The id of the conversation that has one of the marks in it, gone on with since then; undefined where there is none. */
export async function findServed(
  server: Asking,
  served: Served,
  marks: readonly string[],
  since: number,
): Promise<string | undefined> {
  const all = (await listed(server, served)) ?? [];
  // A helper may have been told the same.
  const own = all.filter(({ at, of }) => at >= since && of === undefined).sort((a, b) => b.at - a.at);
  for (const { id } of own.slice(0, MOST_LOOKED_THROUGH)) {
    const text = await answerAt(server, pathOf(served, id));
    if (marks.some((mark) => text?.includes(writtenMark(mark)))) return id;
  }
  return undefined;
}

/** The messages of a conversation and of those that it began; undefined when the server does not tell all of them. */
export async function servedMessages(server: Asking, served: Served, id: string): Promise<unknown[] | undefined> {
  const helpers = (await listed(server, served))?.filter(({ of }) => of === id);
  if (!helpers) return undefined;
  const all: unknown[] = [];
  for (const one of [{ id }, ...helpers.slice(0, MOST_HELPERS)]) {
    const messages = jsonOf((await answerAt(server, pathOf(served, one.id))) ?? "");
    if (!Array.isArray(messages)) return undefined;
    all.push(...messages);
  }
  return all;
}

interface Listed {
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  of: string | undefined;
}

async function listed(server: Asking, served: Served): Promise<Listed[] | undefined> {
  const said = jsonOf((await answerAt(server, served.list)) ?? "");
  if (!Array.isArray(said)) return undefined;
  return said.flatMap((one: unknown) => {
    const [id, at] = [textAt(one, served.id), valueAt(one, served.at)];
    if (id === undefined || !isConversationId(id) || typeof at !== "number") return [];
    return [{ id, at, of: served.of === undefined ? undefined : textAt(one, served.of) }];
  });
}

const pathOf = ({ show }: Served, id: string): string => show.replace("{conversation}", encodeURIComponent(id));
