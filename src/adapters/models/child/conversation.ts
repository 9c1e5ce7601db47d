/**
 * The conversation of one agent as it is kept: plain values with ids of our own, because local servers give each answer the
 * same id, and arguments as objects, because a string sent back in their place is refused by some providers.
 */

export interface ToolUse {
  /** What pairs it with its result on the wire: the model's own id where that is usable. */
  id: string;
  /** Unique in the session: the key under which the tool does it once. */
  key: string;
  tool: string;
  args: Record<string, unknown>;
}

export type Message =
  /** `prompt`: what devflow asks for; `note`: devflow's words in between; `person`: a person's. */
  | { role: "user"; from: "prompt" | "person" | "note"; text: string }
  | { role: "assistant"; text: string; uses: ToolUse[] }
  | { role: "tool"; id: string; tool: string; ok: boolean; text: string };

/** What surrounds a message on the wire: role, quotes, ids. */
const ENVELOPE_BYTES = 60;

const bytesOf = (message: Message): number => {
  const said = ENVELOPE_BYTES + Buffer.byteLength(message.text);
  if (message.role !== "assistant") return said;
  const uses = message.uses.map(
    ({ tool, args }) => ENVELOPE_BYTES + tool.length + Buffer.byteLength(JSON.stringify(args)),
  );
  return uses.reduce((sum, bytes) => sum + bytes, said);
};

export const sizeOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + bytesOf(message), 0);

/** Results for the calls that were begun and never answered: a request with a call that has none is refused. */
export function patches(messages: readonly Message[]): Message[] {
  const answered = new Set(messages.flatMap((message) => (message.role === "tool" ? [message.id] : [])));
  return messages
    .flatMap((message) => (message.role === "assistant" ? message.uses : []))
    .filter(({ id }) => !answered.has(id))
    .map(({ id, tool }) => ({
      role: "tool",
      id,
      tool,
      ok: false,
      text: "This was interrupted. It may have been done in part or not at all: look before you do it again.",
    }));
}
