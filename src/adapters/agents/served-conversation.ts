/** The conversation of a session as the agent's own server tells it: which one it is, and all that it and its helpers said. */
import { mayBeOwn, type Served, type ServedOne, servedOnes, writtenMark } from "../../domain/conversation.ts";
import { jsonOf } from "../../domain/json-text.ts";
import { type Asking, answerAt } from "./agent-server.ts";

/** Of those that may be the session's own so many are looked through, the newest first. */
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
  const own = mayBeOwn((await listed(server, served)) ?? [], since);
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

const listed = async (server: Asking, served: Served): Promise<ServedOne[] | undefined> =>
  servedOnes(served, jsonOf((await answerAt(server, served.list)) ?? ""));

const pathOf = ({ show }: Served, id: string): string => show.replace("{conversation}", encodeURIComponent(id));
