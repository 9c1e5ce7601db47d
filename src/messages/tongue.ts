import type { FailureCode } from "../domain/failure.ts";
import type { NotificationWord } from "../domain/notification-words.ts";
import type { ReportWord } from "../domain/report-words.ts";
import type { MessageKey } from "./en.ts";

/** Everything that a language other than English is made of. */
export interface Tongue {
  texts: Readonly<Record<MessageKey, string>>;
  failures: Readonly<Record<FailureCode, { text: string; hint: string }>>;
  report: Readonly<Record<ReportWord, string>>;
  notification: Readonly<Record<NotificationWord, string>>;
  /** What the programs say in English in passing, in this language. */
  phrase: (said: string) => string;
  /** What the things that devflow ships are for. */
  shipped: (description: string) => string;
  /** The last touch once values are in their places, for what depends on the words around it. */
  finish: (text: string) => string;
}
