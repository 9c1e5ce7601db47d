/** English: every text for people, by its key. Another language is a record of the same keys. */
import { chat } from "./en/chat.ts";
import { commands } from "./en/commands.ts";
import { devflowd } from "./en/devflowd.ts";
import { events } from "./en/events.ts";
import { notify } from "./en/notify.ts";
import { person } from "./en/person.ts";
import { typed } from "./en/typed.ts";
import { views } from "./en/views.ts";

export const en = { ...commands, ...views, ...events, ...person, ...typed, ...devflowd, ...notify, ...chat };

export type MessageKey = keyof typeof en;
