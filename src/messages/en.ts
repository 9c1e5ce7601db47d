/** English: every text for people, by its key. Another language is a record of the same keys. */
import { commands } from "./en/commands.ts";
import { events } from "./en/events.ts";
import { notify } from "./en/notify.ts";
import { person } from "./en/person.ts";
import { views } from "./en/views.ts";

export const en = { ...commands, ...views, ...events, ...person, ...notify };

export type MessageKey = keyof typeof en;
