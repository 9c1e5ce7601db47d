/**
 * Korean: every text for people, by its key, and every failure by its code. Loaded only when it is spoken.
 *
 * A new file of `en/` gets its counterpart in `ko/` and a name here; until then this file does not compile.
 */
import type { MessageKey } from "./en.ts";
import { chat } from "./ko/chat.ts";
import { commands } from "./ko/commands.ts";
import { devflowd } from "./ko/devflowd.ts";
import { events } from "./ko/events.ts";
import { failures } from "./ko/failures.ts";
import { josa } from "./ko/josa.ts";
import { methods } from "./ko/methods.ts";
import { notification } from "./ko/notification.ts";
import { notify } from "./ko/notify.ts";
import { person } from "./ko/person.ts";
import { phrases } from "./ko/phrases.ts";
import { report } from "./ko/report.ts";
import { shipped } from "./ko/shipped.ts";
import { typed } from "./ko/typed.ts";
import { views } from "./ko/views.ts";
import { phraseBook } from "./phrase-book.ts";
import type { Tongue } from "./tongue.ts";

const texts: Record<MessageKey, string> = {
  ...commands,
  ...views,
  ...events,
  ...person,
  ...typed,
  ...devflowd,
  ...notify,
  ...chat,
};

export const ko: Tongue = {
  texts,
  failures,
  report,
  notification,
  phrase: phraseBook(phrases),
  shipped: phraseBook({ ...shipped, ...methods }),
  finish: josa,
};
