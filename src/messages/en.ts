/** English. Another language is a `Messages` too: a key that it lacks does not compile. */
import { commands } from "./en/commands.ts";
import { events } from "./en/events.ts";
import { views } from "./en/views.ts";

export const en = { ...commands, ...views, ...events };

export type MessageKey = keyof typeof en;
type Messages = Readonly<Record<MessageKey, string>>;
